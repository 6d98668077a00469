/**
 * The cross-encoder's input: `<s> question </s></s> title: passage </s>`, XLM-R's form of a pair. For support
 * the claim stands where the question does.
 */
import type { E5Tokenizer } from '../e5/e5-tokenizer.ts';

/** Longest sequence; what is over is cut off the passage's end. */
export const MOST_TOKENS = 256;
/** Longest question or claim, in tokens. */
const MOST_QUESTION_TOKENS = 72;
const MOST_TITLE_TOKENS = 24;

export interface PairTokens {
  readonly ids: readonly number[];
  /** Place of the passage's first token (after the title) and the one after its last. */
  readonly from: number;
  readonly to: number;
  /** Code units of the passage, for the tokens `from` to `to`. */
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

/** @param most longest sequence in tokens, at most `MOST_TOKENS` */
export function pairTokens(
  tokenizer: E5Tokenizer,
  question: string,
  passage: { readonly title: string; readonly text: string },
  most: number = MOST_TOKENS,
): PairTokens {
  const { bos, eos } = tokenizer;
  const ids = [
    bos,
    ...tokenizer.encode(question).slice(0, MOST_QUESTION_TOKENS),
    eos,
    eos,
    ...(passage.title === ''
      ? []
      : tokenizer.encode(`${passage.title}:`).slice(0, MOST_TITLE_TOKENS)),
  ];
  const from = ids.length;
  const tokens = tokenizer.encodeWithOffsets(passage.text);
  const kept = tokens.ids.slice(0, Math.max(0, Math.min(most, MOST_TOKENS) - from - 1));
  return {
    ids: [...ids, ...kept, eos],
    from,
    to: from + kept.length,
    starts: tokens.starts.slice(0, kept.length),
    ends: tokens.ends.slice(0, kept.length),
  };
}
