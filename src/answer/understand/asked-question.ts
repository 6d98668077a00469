/** The one understanding of what is asked: kind, parts, and the words that are searched for. */
import type { AskedQuestion } from '../../core/question-kind.ts';
import { plainQuestion } from './plain-question.ts';
import { questionKind } from './question-kind.ts';
import { questionParts } from './question-parts.ts';

/** A longer text is no question to be taken apart, but a matter with a question at its end. */
const LONGEST = 400;

/** Pure; rules for English and Chinese first, and the asking words of de, fr, es, it and ja. */
export function askedQuestion(question: string): AskedQuestion {
  if (question.length > LONGEST) return { text: question, ...questionKind(question), parts: [] };
  const text = plainQuestion(question);
  const whole = questionKind(text);
  const parts = questionParts(text, whole.kind).map((part) => ({
    text: part,
    kind: questionKind(part).kind,
  }));
  // Of several questions the first says what kind of answer is expected first.
  const first = parts[0];
  const kind =
    first === undefined || whole.kind === 'comparison' || first.kind === 'keywords'
      ? whole.kind
      : first.kind;
  return { text, kind, keywordsOnly: whole.keywordsOnly, parts };
}

/**
 * The parts that are searched for and covered one by one. The sides of a comparison are not: what sets
 * them apart is found by the question as a whole.
 */
export function separateParts({ kind, parts }: AskedQuestion): string[] {
  return kind === 'comparison' ? [] : parts.map(({ text }) => text);
}
