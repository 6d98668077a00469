/** A run of whole sentences around a spot of a text, within a number of tokens. */
import { splitSentences } from '../../../src/core/sentences.ts';
import type { E5Tokenizer } from '../../../src/runtime/e5/e5-tokenizer.ts';

export interface FocusedWindow {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * Grows to the left and right by chance while it fits, so that the spot stands anywhere in the window.
 * @param spot half open, in code units of `text`; its sentences are always within
 */
export function focusedWindow(
  text: string,
  spot: readonly [number, number],
  tokenizer: E5Tokenizer,
  mostTokens: number,
  random: () => number,
): FocusedWindow {
  const sentences = splitSentences(text);
  const sizes = sentences.map(({ start, end }) => tokensOf(text.slice(start, end), tokenizer));
  let first = sentences.findIndex(({ end }) => end > spot[0]);
  let last = sentences.findLastIndex(({ start }) => start < spot[1]);
  if (first < 0 || last < first) return { start: 0, end: text.length, text };
  let left = mostTokens;
  for (let at = first; at <= last; at += 1) left -= sizes[at] ?? 0;
  for (;;) {
    const before = first > 0 && (sizes[first - 1] ?? 0) <= left;
    const after = last + 1 < sentences.length && (sizes[last + 1] ?? 0) <= left;
    if (!before && !after) break;
    if (before && (!after || random() < 0.5)) {
      first -= 1;
      left -= sizes[first] ?? 0;
    } else {
      last += 1;
      left -= sizes[last] ?? 0;
    }
  }
  const start = sentences[first]?.start ?? 0;
  const end = sentences[last]?.end ?? text.length;
  return { start, end, text: text.slice(start, end) };
}

const known = new Map<string, number>();

/** The same sentences are counted for many questions. */
function tokensOf(sentence: string, tokenizer: E5Tokenizer): number {
  const count = known.get(sentence) ?? tokenizer.encode(sentence).length;
  known.set(sentence, count);
  return count;
}
