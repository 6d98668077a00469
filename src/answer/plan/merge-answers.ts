/** Answers to the questions of a plan, with one list of references for all of them. */
import type { AnswerReference, Document, TimingsMs } from '../../core/nouns.ts';
import type { AnswerBody, LooseSentence } from '../answer-body.ts';
import { keepNumbers } from '../present/keep-numbers.ts';

/** The parts' bodies as one, but for the sentences, which the plan chooses. */
export interface MergedAnswers extends Omit<AnswerBody, 'sentences'> {
  /** The sentences of each answer, their citations numbered by the one list. */
  readonly sentences: readonly (readonly LooseSentence[])[];
}

/** @param earlier numbers that pages have in the conversation so far */
export function mergeAnswers(
  answers: readonly AnswerBody[],
  earlier: ReadonlyMap<string, number>,
  most: number,
): MergedAnswers {
  // What is cited comes first: the rest is only kept as far as there is room.
  const cited = (answer: AnswerBody): Set<number> =>
    new Set(answer.sentences.flatMap((one) => one.citations.map(({ reference }) => reference)));
  const isUsed = answers.map((answer) => cited(answer));
  const key = ({ url, text }: AnswerReference): string => `${url}\n${text}`;
  const chosen = new Map<string, AnswerReference>();
  for (const used of [true, false]) {
    for (const [index, answer] of answers.entries()) {
      for (const reference of answer.references) {
        if (isUsed[index]?.has(reference.number) !== used || chosen.has(key(reference))) continue;
        if (used || chosen.size < most) chosen.set(key(reference), reference);
      }
    }
  }
  const list = [...chosen.values()];
  const numbers = keepNumbers(
    list.map(({ url }) => url),
    earlier,
  );
  const numbered = list
    .map((reference, index) => ({ ...reference, number: numbers[index] ?? index + 1 }))
    .sort((a, b) => a.number - b.number);
  const numberOf = new Map(numbered.map((reference) => [key(reference), reference.number]));
  const sentences = answers.map((answer) =>
    answer.sentences.map((sentence) => ({
      ...sentence,
      citations: sentence.citations.flatMap((citation) => {
        const reference = answer.references[citation.reference - 1];
        const number = reference === undefined ? undefined : numberOf.get(key(reference));
        return number === undefined ? [] : [{ ...citation, reference: number }];
      }),
    })),
  );
  const sum = (read: (answer: AnswerBody) => number): number =>
    answers.reduce((total, answer) => total + read(answer), 0);
  const stages = ['search', 'fetch', 'extract', 'rank', 'generate', 'score', 'total'] as const;
  const read = new Map<string, Document>();
  for (const document of answers.flatMap((answer) => answer.read)) read.set(document.url, document);
  return {
    abstained: false,
    score: null,
    steps: [],
    alternatives: [],
    read: [...read.values()],
    references: numbered,
    sentences,
    usage: {
      prompt_tokens: sum(({ usage }) => usage.prompt_tokens),
      completion_tokens: sum(({ usage }) => usage.completion_tokens),
    },
    timings_ms: Object.fromEntries(
      stages.map((stage) => [stage, sum(({ timings_ms }) => timings_ms[stage])]),
    ) as unknown as TimingsMs,
    model: answers.at(-1)?.model ?? 'extractive',
    warnings: withoutRepeats(answers.flatMap(({ warnings }) => warnings)),
  };
}

/** What opening a model reported comes with each part. */
function withoutRepeats(warnings: AnswerBody['warnings']): AnswerBody['warnings'] {
  const known = new Set<string>();
  return warnings.filter(({ code, message }) => {
    const key = `${code} ${message}`;
    return !known.has(key) && known.add(key);
  });
}
