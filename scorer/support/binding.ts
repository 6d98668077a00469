/**
 * Are the exact facts bound to the same things? `5 wins and 3 losses` must not be supported by
 * `3 wins and 5 losses`, nor `A beat B` by `B beat A`, though every word is there.
 */
import type { TextProfile, ProfileToken } from './text-profile.ts';

const NEAR = 6;

function content(profile: TextProfile): readonly ProfileToken[] {
  return profile.tokens.filter((token) => token.weight >= 0.2);
}

/** Quantities of the claim whose neighbours the evidence has, but only far from that quantity. */
export function quantityClashes(claim: TextProfile, evidence: TextProfile): number {
  const strict = claim.quantities.filter((quantity) => quantity.strict);
  if (strict.length === 0 || evidence.quantities.length < 2) return 0;
  const evidenceTokens = content(evidence);
  const claimTokens = content(claim);
  const inQuantity = (profile: TextProfile, token: ProfileToken): boolean =>
    profile.quantities.some(({ start, end }) => token.start >= start && token.start < end);
  let clashes = 0;
  for (const quantity of strict) {
    const after = claimTokens.find(
      (token) => token.start >= quantity.end && !inQuantity(claim, token),
    );
    const before = claimTokens.findLast(
      (token) => token.end <= quantity.start && !inQuantity(claim, token),
    );
    const neighbours = [before, after].filter(
      (token) => token !== undefined && evidence.words.has(token.text),
    );
    if (neighbours.length === 0) continue;
    const places = evidence.quantities
      .filter(({ key }) => key === quantity.key)
      .map(({ start }) => evidenceTokens.findIndex((token) => token.end > start));
    if (places.length === 0) continue;
    const near = places.some((place) =>
      neighbours.some((neighbour) =>
        evidenceTokens
          .slice(Math.max(0, place - NEAR), place + NEAR + 1)
          .some((token) => token.text === neighbour?.text),
      ),
    );
    if (!near) clashes += 1;
  }
  return clashes;
}

const PASSIVE = /\bby\b|被|由/u;

/** Pairs of names with a shared word between them that stand the other way round in the evidence. */
export function roleClashes(claim: TextProfile, evidence: TextProfile): number {
  if (PASSIVE.test(claim.text) !== PASSIVE.test(evidence.text)) return 0;
  const names = claim.tokens
    .map((token, index) => ({ token, index }))
    .filter(({ token }) => token.name);
  const place = (text: string): number[] =>
    evidence.tokens.flatMap((token, index) => (token.text === text ? [index] : []));
  let clashes = 0;
  for (let index = 0; index + 1 < names.length; index += 1) {
    const left = names[index];
    const right = names[index + 1];
    if (left === undefined || right === undefined || left.token.text === right.token.text) continue;
    const between = claim.tokens
      .slice(left.index + 1, right.index)
      .filter((token) => token.weight >= 0.2 && evidence.words.has(token.text));
    if (between.length === 0 || between.length > 4) continue;
    const lefts = place(left.token.text);
    const rights = place(right.token.text);
    if (lefts.length !== 1 || rights.length !== 1) continue;
    const verbs = place(between[0]?.text ?? '');
    const [a, b] = [lefts[0] ?? 0, rights[0] ?? 0];
    if (a > b && a - b <= 12 && verbs.some((verb) => verb > b && verb < a)) clashes += 1;
  }
  return clashes;
}

/** Longest common subsequence of two token lists: pairs of indices, in order. */
function commonPlaces(
  left: readonly ProfileToken[],
  right: readonly ProfileToken[],
): (readonly [number, number])[] {
  const width = right.length + 1;
  const table = new Uint16Array((left.length + 1) * width);
  for (let i = left.length - 1; i >= 0; i -= 1)
    for (let j = right.length - 1; j >= 0; j -= 1)
      table[i * width + j] =
        left[i]?.text === right[j]?.text
          ? (table[(i + 1) * width + j + 1] ?? 0) + 1
          : Math.max(table[(i + 1) * width + j] ?? 0, table[i * width + j + 1] ?? 0);
  const pairs: (readonly [number, number])[] = [];
  for (let i = 0, j = 0; i < left.length && j < right.length;) {
    if (left[i]?.text === right[j]?.text) {
      pairs.push([i, j]);
      i += 1;
      j += 1;
    } else if ((table[(i + 1) * width + j] ?? 0) >= (table[i * width + j + 1] ?? 0)) i += 1;
    else j += 1;
  }
  return pairs;
}

const LONGEST_TABLE = 60_000;
const GAP = 6;

/**
 * Places where a sentence that follows its evidence word by word says something else in the place of a
 * name, a number or (in scripts without spaces, where names look like other words) of two characters.
 */
export function substitutionClashes(claim: TextProfile, evidence: TextProfile): number {
  if (claim.tokens.length * evidence.tokens.length > LONGEST_TABLE) return 0;
  const pairs = commonPlaces(claim.tokens, evidence.tokens);
  let clashes = 0;
  pairs.push([claim.tokens.length, evidence.tokens.length]);
  let [i, j] = [-1, -1];
  for (const [nextI, nextJ] of pairs) {
    const mine = claim.tokens.slice(i + 1, nextI).filter((token) => token.weight > 0.2);
    const theirs = evidence.tokens.slice(j + 1, nextJ).filter((token) => token.weight > 0.2);
    const inside = i >= 0 && nextI < claim.tokens.length;
    [i, j] = [nextI, nextJ];
    // A long gap in the evidence is something left out, not something replaced.
    if (mine.length === 0 || theirs.length === 0 || theirs.length > GAP) continue;
    const foreign = mine.filter((token) => !evidence.words.has(token.text) || isExact(token));
    const lost = theirs.filter((token) => !claim.words.has(token.text));
    if (foreign.some(isExact) && lost.some(isExact)) clashes += 1;
    else if (inside && foreign.length > 0 && lost.some((token) => token.name)) clashes += 1;
    else if (
      inside &&
      foreign.filter((token) => token.unspaced).length >= 2 &&
      lost.filter((token) => token.unspaced).length >= 2
    )
      clashes += 1;
  }
  return clashes;
}

function isExact(token: ProfileToken): boolean {
  return token.name || /\d/u.test(token.text);
}
