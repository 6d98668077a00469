/** From the span head's logits to the answer's place in a passage. */
import type { PairTokens } from './pair-tokens.ts';

/** Longest answer, in tokens. */
const MOST_ANSWER_TOKENS = 48;

export interface AnswerSpan {
  /** The likeliest answer's place in the passage, code units, half open; empty where there is no passage. */
  readonly start: number;
  readonly end: number;
  /** Probability of its first token times that of its last, beside "no answer here". */
  readonly spanProbability: number;
  /** Probability that the answer is not here, by the same head. */
  readonly nullProbability: number;
  /** Where tokens of the passage begin, and the probability that the answer begins with them. */
  readonly tokenStarts: readonly number[];
  readonly startProbabilities: readonly number[];
}

/** @param spans [S, 2] logits; place 0 (`<s>`) stands for "not here", as in SQuAD 2 (Devlin et al. 2019) */
export function answerSpan(tokens: PairTokens, spans: Float32Array, text: string): AnswerSpan {
  const { from, to, starts, ends } = tokens;
  const start = softmax(spans, 0, from, to);
  const end = softmax(spans, 1, from, to);
  let best = -1;
  let first = 0;
  let last = 0;
  for (let a = 0; a < to - from; a += 1) {
    const p = start.tokens[a] ?? 0;
    // Nothing that begins here can win.
    if (p <= best) continue;
    for (let b = a; b < Math.min(to - from, a + MOST_ANSWER_TOKENS); b += 1) {
      const both = p * (end.tokens[b] ?? 0);
      if (both > best) [best, first, last] = [both, a, b];
    }
  }
  const span = trimmed(text, starts[first] ?? 0, best < 0 ? 0 : (ends[last] ?? 0));
  return {
    ...span,
    spanProbability: Math.max(0, best),
    nullProbability: start.none * end.none,
    tokenStarts: starts,
    startProbabilities: start.tokens,
  };
}

function softmax(
  spans: Float32Array,
  side: 0 | 1,
  from: number,
  to: number,
): { readonly none: number; readonly tokens: number[] } {
  const logits = [spans[side] ?? 0];
  for (let at = from; at < to; at += 1) logits.push(spans[2 * at + side] ?? 0);
  const most = Math.max(...logits);
  const weights = logits.map((logit) => Math.exp(logit - most));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const [none = 1, ...tokens] = weights.map((weight) => weight / sum);
  return { none, tokens };
}

/** Without the spaces, stops and commas that a token may carry along. */
function trimmed(text: string, start: number, end: number): { start: number; end: number } {
  let [from, to] = [start, end];
  while (from < to && /[\s,.;:，。；：、]/u.test(text.charAt(from))) from += 1;
  while (from < to && /[\s,;:，。；：、]/u.test(text.charAt(to - 1))) to -= 1;
  // A full stop after a word ends the sentence; inside "U.S." it belongs to the answer.
  if (text.charAt(to - 1) === '.' && !text.slice(from, to - 1).includes('.')) to -= 1;
  return from < to ? { start: from, end: to } : { start, end };
}
