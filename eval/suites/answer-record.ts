/** One evaluated question: what was asked, what came out, and the figures drawn from it. */
import type { Answer } from '../../src/core/nouns.ts';
import { countWords } from '../../src/core/tokens.ts';
import { contains, containsNormalised, tokenF1 } from '../metrics/correctness.ts';

export interface EvalQuestion {
  readonly id: string;
  readonly language: string;
  readonly question: string;
  /** Empty: the right behaviour is to abstain. */
  readonly answers: readonly string[];
  /** URL of the page that holds the answer, where known. */
  readonly goldUrl?: string | undefined;
}

export interface AnswerRecord {
  readonly id: string;
  readonly group: string;
  readonly question: string;
  readonly gold: readonly string[];
  readonly answer: Answer | null;
  /** The problem, when no answer came. */
  readonly error: string | null;
  readonly metrics: Readonly<Record<string, number>>;
}

/**
 * - `contains`: WebGLM's case-sensitive containment; `correct`: the same after normalisation
 * - `first`: `correct` within the first sentence; `in_references`: within any reference
 * - `cited`: share of sentences that carry a citation; `verbatim`: every quote is exactly its span
 * - `words`: two Han characters count as one
 */
export function recordAnswer(
  group: string,
  question: EvalQuestion,
  answer: Answer | null,
  error: string | null,
): AnswerRecord {
  const gold = question.answers;
  const base = { id: question.id, group, question: question.question, gold, answer, error };
  if (answer === null) return { ...base, metrics: { failed: 1 } };
  const spoken = answer.sentences.map(({ text }) => text).join(' ');
  const yes = (value: boolean): number => (value ? 1 : 0);
  const citations = answer.sentences.flatMap((sentence) => sentence.citations);
  const exact = citations.every(({ reference, quote, start, end }) => {
    const found = answer.references.find(({ number }) => number === reference);
    return quote !== '' && found?.text.slice(start, end) === quote;
  });
  const words = countWords(spoken);
  return {
    ...base,
    metrics: {
      failed: 0,
      abstained: yes(answer.abstained),
      ...(gold.length === 0
        ? {}
        : {
            contains: yes(!answer.abstained && contains(spoken, gold)),
            correct: yes(!answer.abstained && containsNormalised(spoken, gold)),
            first: yes(
              !answer.abstained && containsNormalised(answer.sentences[0]?.text ?? '', gold),
            ),
            token_f1: answer.abstained ? 0 : tokenF1(spoken, gold),
            in_references: yes(
              answer.references.some(({ text }) => containsNormalised(text, gold)),
            ),
            in_first_reference: yes(containsNormalised(answer.references[0]?.text ?? '', gold)),
          }),
      ...(question.goldUrl === undefined
        ? {}
        : { gold_page: yes(answer.references.some(({ url }) => url === question.goldUrl)) }),
      ...(answer.abstained
        ? {}
        : {
            cited:
              answer.sentences.filter((sentence) => sentence.citations.length > 0).length /
              Math.max(1, answer.sentences.length),
            words,
          }),
      verbatim: yes(exact),
      overhead_ms: answer.timings_ms.extract + answer.timings_ms.rank,
    },
  };
}
