/**
 * Features of "does this text entail this claim?", all computed from aligned words and exact facts;
 * the order is that of the weights file.
 */
import { antonymClashes, negationClashes } from './polarity.ts';
import { coverage, longestRun, pairOrder } from './align.ts';
import { checkQuantities } from './quantities.ts';
import { knowsName, profileOf, type TextProfile, type ProfileToken } from './text-profile.ts';
import { splitSentences } from '../../src/core/sentences.ts';

export const SUPPORT_FEATURES = [
  'bestSentence',
  'bestWindow',
  'whole',
  'topThree',
  'pairOrderWindow',
  'pairOrderWhole',
  'longestRun',
  'quantitiesMissingWindow',
  'quantitiesMissingWhole',
  'quantities',
  'namesMissingWindow',
  'namesMissingWhole',
  'names',
  'negationClashes',
  'antonymClashes',
  'claimLength',
  'referenceLength',
  'windowSentences',
  'heaviestUncovered',
  'uncoveredRun',
  'unweighted',
  'idfWindow',
  'idfWhole',
  'nounsAtEnd',
] as const;

/** A window of whole sentences of one reference. */
export interface Window {
  readonly reference: number;
  readonly start: number;
  readonly end: number;
  readonly sentences: number;
  readonly share: number;
  readonly profile: TextProfile;
}

export interface ReferenceProfile {
  readonly text: string;
  readonly whole: TextProfile;
  readonly sentences: readonly {
    readonly start: number;
    readonly end: number;
    readonly profile: TextProfile;
  }[];
}

/** Longer references are cut here: a claim's evidence is near the top, and time must stay bounded. */
const MAX_REFERENCE_CHARACTERS = 40_000;

/** Reads a reference's sentences once, for many claims. */
export function profileReference(text: string): ReferenceProfile {
  const kept = text.slice(0, MAX_REFERENCE_CHARACTERS);
  return {
    text: kept,
    whole: profileOf(kept),
    sentences: splitSentences(kept).map(({ start, end }) => ({
      start,
      end,
      profile: profileOf(kept.slice(start, end)),
    })),
  };
}

const WIDEST = 3;

/** Best windows of one to three neighbouring sentences, best first, at most `limit`. */
export function bestWindows(
  claim: TextProfile,
  references: readonly ReferenceProfile[],
  limit: number,
): Window[] {
  const singles: Window[] = [];
  references.forEach((reference, index) => {
    for (const sentence of reference.sentences) {
      const { share } = coverage(claim, sentence.profile);
      if (share > 0.05)
        singles.push({
          reference: index,
          start: sentence.start,
          end: sentence.end,
          sentences: 1,
          share,
          profile: sentence.profile,
        });
    }
  });
  singles.sort((a, b) => b.share - a.share || a.reference - b.reference || a.start - b.start);
  const windows: Window[] = singles.slice(0, limit);
  // Only the neighbourhood of good sentences can make a better window.
  for (const single of singles.slice(0, 6)) {
    const reference = references[single.reference];
    if (reference === undefined) continue;
    const place = reference.sentences.findIndex((sentence) => sentence.start === single.start);
    for (let width = 2; width <= WIDEST; width += 1) {
      for (let from = Math.max(0, place - width + 1); from <= place; from += 1) {
        const first = reference.sentences[from];
        const last = reference.sentences[from + width - 1];
        if (first === undefined || last === undefined) continue;
        const profile = profileOf(reference.text.slice(first.start, last.end));
        const { share } = coverage(claim, profile);
        // Another sentence has to pay for itself.
        if (share >= single.share + 0.06 * (width - 1))
          windows.push({
            reference: single.reference,
            start: first.start,
            end: last.end,
            sentences: width,
            share,
            profile,
          });
      }
    }
  }
  return windows
    .sort(
      (a, b) =>
        b.share - 0.04 * b.sentences - (a.share - 0.04 * a.sentences) ||
        a.reference - b.reference ||
        a.start - b.start,
    )
    .slice(0, limit);
}

/** Weights of the claim's tokens by how rare they are among the references' sentences. */
function idfWeights(claim: TextProfile, references: readonly ReferenceProfile[]): number[] {
  const sentences = references.flatMap((reference) => reference.sentences);
  return claim.tokens.map((token) => {
    const has = sentences.reduce(
      (count, { profile }) => count + (profile.words.has(token.text) ? 1 : 0),
      0,
    );
    return token.weight * Math.log(1 + (sentences.length + 1) / (has + 0.5));
  });
}

export interface SupportFacts {
  readonly features: readonly number[];
  /** Windows that carry the support, best first. */
  readonly windows: readonly Window[];
  /** A number, date or proper name of the claim stands in none of the texts. */
  readonly factMissing: boolean;
  /** A number or date of the claim stands in none of the texts. */
  readonly quantityMissing: boolean;
  /** The same for the best window alone. */
  readonly factMissingInWindow: boolean;
}

/**
 * Names of a text, folded; quantities are not names, nor are initials of words that the text itself
 * spells out (`input capture (IC)`): the words are judged instead.
 */
export function namesOf(claim: TextProfile): string[] {
  const inQuantity = (start: number): boolean =>
    claim.quantities.some((quantity) => start >= quantity.start && start < quantity.end);
  return claim.tokens
    .filter((token) => token.name && !inQuantity(token.start) && !isSpeltOut(claim, token))
    .map((token) => token.text);
}

/** Two to six capitals in brackets behind words that begin with those letters. */
function isSpeltOut({ text }: TextProfile, { start, end }: ProfileToken): boolean {
  const letters = text.slice(start, end);
  if (!/^\p{Lu}{2,6}s?$/u.test(letters) || !/[(（]$/u.test(text.slice(0, start))) return false;
  const initials = letters.replace(/s$/u, '').toLowerCase();
  const before = text
    .slice(Math.max(0, start - 120), start)
    .toLowerCase()
    .split(/[^\p{L}]+/u)
    .filter((word) => word !== '' && !/^(?:of|the|and|for|in|on|to)$/u.test(word))
    .map((word) => word.charAt(0))
    .join('');
  return before.endsWith(initials);
}

/** All features of a claim against its references. */
export function supportFacts(
  claim: TextProfile,
  references: readonly ReferenceProfile[],
  /** All that the references say, titles too; default: their texts together. */
  together?: TextProfile,
): SupportFacts {
  const windows = bestWindows(claim, references, 4);
  const best = windows[0];
  const empty = profileOf('');
  const window = best?.profile ?? empty;
  const whole =
    together ??
    (references.length === 1
      ? (references[0]?.whole ?? empty)
      : profileOf(references.map(({ text }) => text).join('\n\n')));
  const covered = coverage(claim, window);
  const wholeCovered = coverage(claim, whole);
  const single = windows.reduce(
    (most, { sentences, share }) => (sentences === 1 ? Math.max(most, share) : most),
    0,
  );
  const topThree = profileOf(
    windows
      .slice(0, 3)
      .map(({ profile }) => profile.text)
      .join('\n'),
  );
  const idf = idfWeights(claim, references);
  const inWindow = checkQuantities(claim.quantities, window.quantities);
  const inWhole = checkQuantities(claim.quantities, whole.quantities);
  const names = namesOf(claim);
  const lacking = (evidence: TextProfile): number =>
    names.filter((name) => !knowsName(name, evidence)).length;
  const namesWindow = lacking(window);
  const namesWhole = lacking(whole);
  let heaviest = 0;
  let run = 0;
  let longest = 0;
  let plain = 0;
  covered.covered.forEach((value, index) => {
    const token = claim.tokens[index];
    if (token === undefined) return;
    plain += value;
    if (value < 0.5) heaviest = Math.max(heaviest, token.weight);
    run = value < 0.5 && token.weight > 0.2 ? run + token.weight : token.weight < 0.2 ? run : 0;
    longest = Math.max(longest, run);
  });
  const content = claim.tokens.filter((token) => token.weight > 0.2);
  const tail = content.slice(-3);
  const features = [
    single,
    covered.share,
    wholeCovered.share,
    coverage(claim, topThree).share,
    pairOrder(claim, window),
    pairOrder(claim, whole),
    longestRun(claim, window),
    inWindow.missing.length,
    inWhole.missing.length,
    inWindow.demanded,
    namesWindow,
    namesWhole,
    names.length,
    negationClashes(claim, window),
    antonymClashes(claim, window),
    Math.log(1 + claim.weight),
    Math.log(1 + whole.weight),
    best?.sentences ?? 0,
    heaviest,
    longest,
    claim.tokens.length === 0 ? 0 : plain / claim.tokens.length,
    coverage(claim, window, idf).share,
    coverage(claim, whole, idf).share,
    tail.length === 0 ? 0 : tail.filter(({ text }) => window.words.has(text)).length / tail.length,
  ];
  return {
    features,
    windows,
    factMissing: inWhole.missing.length > 0 || namesWhole > 0,
    quantityMissing: inWhole.missing.length > 0,
    factMissingInWindow: inWindow.missing.length > 0 || namesWindow > 0,
  };
}
