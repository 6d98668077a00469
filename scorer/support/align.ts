/**
 * How much of a claim a text covers, word by word: exact stems count full, near forms in part, and
 * characters of scripts without spaces count when they stand in a pair (or longer run) that both have.
 */
import type { TextProfile, ProfileToken } from './text-profile.ts';

export interface Coverage {
  /** 0..1, weighted share of the claim that the text covers. */
  readonly share: number;
  /** For each token of the claim, 0..1. */
  readonly covered: readonly number[];
}

function tokenCoverage(claim: TextProfile, index: number, evidence: TextProfile): number {
  const token = claim.tokens[index] as ProfileToken;
  if (token.unspaced) {
    if (token.pair !== null && evidence.pairs.has(token.pair)) return 1;
    const before = claim.tokens[index - 1]?.pair;
    if (before !== undefined && before !== null && evidence.pairs.has(before)) return 1;
    const alone = token.pair === null && (before === undefined || before === null);
    return evidence.words.has(token.text) ? (alone || token.weight < 0.2 ? 1 : 0.35) : 0;
  }
  if (evidence.words.has(token.text)) return 1;
  if (token.text.length >= 6 && evidence.prefixes.has(token.text.slice(0, 5))) return 0.7;
  return 0;
}

/** Weighted coverage of `claim` by `evidence`; `weights` overrides the tokens' own (idf). */
export function coverage(
  claim: TextProfile,
  evidence: TextProfile,
  weights?: readonly number[],
): Coverage {
  let total = 0;
  let sum = 0;
  const covered = claim.tokens.map((token, index) => {
    const weight = weights?.[index] ?? token.weight;
    const value = tokenCoverage(claim, index, evidence);
    total += weight;
    sum += weight * value;
    return value;
  });
  return { share: total === 0 ? 0 : sum / total, covered };
}

/** Length of the longest run of claim tokens that stands in the evidence in the same order, as a share. */
export function longestRun(claim: TextProfile, evidence: TextProfile): number {
  const places = new Map<string, number[]>();
  evidence.tokens.forEach((token, index) => {
    const list = places.get(token.text);
    if (list === undefined) places.set(token.text, [index]);
    else if (list.length < 60) list.push(index);
  });
  let best = 0;
  let previous = new Map<number, number>();
  for (const token of claim.tokens) {
    const current = new Map<number, number>();
    for (const place of places.get(token.text) ?? []) {
      const length = (previous.get(place - 1) ?? 0) + 1;
      current.set(place, length);
      if (length > best) best = length;
    }
    previous = current;
  }
  return claim.tokens.length === 0 ? 0 : best / claim.tokens.length;
}

/** Share of the claim's neighbouring word pairs that the evidence has within a distance of three. */
export function pairOrder(claim: TextProfile, evidence: TextProfile): number {
  const places = new Map<string, number[]>();
  evidence.tokens.forEach((token, index) => {
    if (token.weight < 0.2) return;
    const list = places.get(token.text);
    if (list === undefined) places.set(token.text, [index]);
    else if (list.length < 60) list.push(index);
  });
  const content = claim.tokens.filter((token) => token.weight >= 0.2);
  if (content.length < 2) return content.length === 1 && places.has(content[0]?.text ?? '') ? 1 : 0;
  let kept = 0;
  for (let index = 0; index + 1 < content.length; index += 1) {
    const left = places.get(content[index]?.text ?? '') ?? [];
    const right = places.get(content[index + 1]?.text ?? '') ?? [];
    if (left.some((a) => right.some((b) => b > a && b - a <= 4))) kept += 1;
  }
  return kept / (content.length - 1);
}
