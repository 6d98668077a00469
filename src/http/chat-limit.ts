/** `max_tokens` of the chat API, kept in whole sentences: a cut sentence would have lost its marks. */
import type { Answer, CitedSentence } from '../core/nouns.ts';

/** The tokenizers of small models make fewer tokens than this of running text in any script. */
const BYTES_PER_TOKEN = 3;

/** @param maxTokens null: no limit */
export function exceedsTokens(text: string, maxTokens: number | null): boolean {
  return maxTokens !== null && Buffer.byteLength(text) > maxTokens * BYTES_PER_TOKEN;
}

/**
 * The answer's first sentences, with their marks, that stay within a number of tokens; always the first,
 * since clients limit a title or a test call to fewer tokens than a sentence has.
 */
export function answerWithin(
  { answer, sentences }: Pick<Answer, 'answer' | 'sentences'>,
  maxTokens: number | null,
): {
  readonly content: string;
  readonly sentences: readonly CitedSentence[];
  /** False when a sentence was left out. */
  readonly whole: boolean;
} {
  const ends = [...sentences.slice(1).map(({ start }) => start), answer.length];
  const kept = ends.findIndex((end) => exceedsTokens(answer.slice(0, end).trimEnd(), maxTokens));
  if (kept < 0) return { content: answer, sentences, whole: true };
  if (ends.length === 1) return { content: answer, sentences, whole: true };
  const count = Math.max(1, kept);
  return {
    content: answer.slice(0, ends[count - 1]),
    sentences: sentences.slice(0, count),
    whole: false,
  };
}
