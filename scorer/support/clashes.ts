/**
 * Exact rules on a claim and the sentence that says nearly the same: where they differ in a direction, a
 * negation, a bound, a certainty or a scope, the claim does not follow, however many words they share.
 */
import { coverage } from './align.ts';
import { denials, opposites } from './polarity.ts';
import type { TextProfile, ProfileToken } from './text-profile.ts';
import { swapClashes } from './swap.ts';

/** `contradicts`: both cannot hold. Else the claim says more than the sentence does. */
export interface Clash {
  readonly kind: 'opposite' | 'negation' | 'swap' | 'bound' | 'certainty' | 'scope' | 'only';
  readonly contradicts: boolean;
}

/** Weighted share of the claim's words that a sentence has to have before these rules can speak. */
const LEAST_SHARE = 0.72;
/** The same the other way round, where what is denied must be the sentence and not a part of it. */
const LEAST_BACK = 0.5;
/** Tokens of a sentence; what is longer is a list or a listing. */
const LONGEST = 60;
/** "It fails when …" is "it only works if not …". */
const WEAKLY_DENIED = /\b(?:fail\w*|lack\w*|den(?:y|ies|ied)|unable|unless|only if)\b/iu;

/** A sentence that covers nearly as much of the claim as the best one has its say as well. */
const NEARLY = 0.12;

/**
 * What the claim clashes with, unless a sentence that says as much of it does not clash.
 * @param sentences single sentences of the references, those that cover most of the claim first
 */
export function clashesOf(
  claim: TextProfile,
  sentences: readonly { readonly share: number; readonly profile: TextProfile }[],
): Clash[] {
  const best = sentences[0]?.share ?? 0;
  const found = sentences
    .filter(({ share }) => share >= best - NEARLY)
    .map(({ profile }) => clashesWith(claim, profile));
  return found.every((list) => list.length > 0) ? (found[0] ?? []) : [];
}

/** The clashes between a claim and one sentence (or a few) of the evidence. */
function clashesWith(claim: TextProfile, evidence: TextProfile): Clash[] {
  if (claim.tokens.length === 0 || shareWithoutOpposites(claim, evidence) < LEAST_SHARE) return [];
  const clashes: Clash[] = [];
  const add = (kind: Clash['kind'], contradicts: boolean): void => {
    clashes.push({ kind, contradicts });
  };
  const opposite = hasOpposite(claim, evidence);
  const alike = shareWithoutOpposites(evidence, claim) >= LEAST_BACK;
  const negation =
    alike &&
    !WEAKLY_DENIED.test(claim.text + evidence.text) &&
    (deniesOther(claim, evidence) || deniesOther(evidence, claim));
  const swap =
    Math.max(claim.tokens.length, evidence.tokens.length) <= LONGEST &&
    swapClashes(claim, evidence) > 0;
  // "Lund bought it from Anselm" is "Anselm sold it to Lund"; "not open" is "closed".
  const never = /\bnever\b/iu.test(claim.text) !== /\bnever\b/iu.test(evidence.text);
  if (opposite && !swap && (never || !negation)) add('opposite', true);
  if (negation && !opposite) add('negation', true);
  if (swap && !opposite) add('swap', true);
  const bound = boundClash(claim, evidence);
  if (bound !== null) add('bound', bound);
  if (losesWord(claim, evidence, UNCERTAIN, UNCERTAIN)) add('certainty', false);
  if (losesWord(claim, evidence, LIMITED, QUANTIFIED)) add('scope', false);
  if (ONLY.test(claim.text) && !ONLY.test(evidence.text)) add('only', false);
  return clashes;
}

/** A word whose opposite stands in the evidence is no gap: it is what the rule looks for. */
function shareWithoutOpposites(claim: TextProfile, evidence: TextProfile): number {
  const { covered } = coverage(claim, evidence);
  let total = 0;
  let sum = 0;
  claim.tokens.forEach((token, index) => {
    const isOpposed =
      opposites(token.text).some((one) => evidence.words.has(one)) ||
      (token.pair !== null && opposites(token.pair).some((one) => evidence.pairs.has(one)));
    if (isOpposed) return;
    total += token.weight;
    sum += token.weight * (covered[index] ?? 0);
  });
  return total === 0 ? 0 : sum / total;
}

/** Words after which these tokens are looked for, on both sides, to be sure that the place is the same. */
const NEAR = 3;

function neighbours({ tokens }: TextProfile, from: number, to: number): Set<string> {
  return new Set(
    [...tokens.slice(Math.max(0, from - NEAR), from), ...tokens.slice(to, to + NEAR)]
      .filter(({ weight }) => weight > 0.2)
      .map(({ text }) => text),
  );
}

function hasOpposite(claim: TextProfile, evidence: TextProfile): boolean {
  return claim.tokens.some((token, index) => {
    for (const term of [token.text, ...(token.pair === null ? [] : [token.pair])]) {
      const size = term === token.pair ? 2 : 1;
      const found = opposites(term);
      if (found.length === 0 || has(evidence, term)) continue;
      for (const opposite of found) {
        if (has(claim, opposite)) continue;
        const place = evidence.tokens.findIndex(
          (one) => one.text === opposite || one.pair === opposite,
        );
        if (place < 0) continue;
        const mine = neighbours(claim, index, index + size);
        const theirs = neighbours(evidence, place, place + size);
        if ([...mine].some((word) => theirs.has(word))) return true;
      }
    }
    return false;
  });
}

function has(profile: TextProfile, term: string): boolean {
  return profile.words.has(term) || profile.pairs.has(term);
}

/** The first denies what the second says without denying it. */
function deniesOther(denying: TextProfile, other: TextProfile): boolean {
  const theirs = denials(other);
  return denials(denying).some((group) => {
    if (group.length === 0 || !group.every((word) => other.words.has(word))) return false;
    // Denied there as well, if in other words: the last word of the group is enough.
    return !theirs.some((one) => one.some((word) => group.includes(word)));
  });
}

const LOWER =
  /(?:\bat least|\bmore than|\bover|\babove|\bexceed\w*|\bno (?:less|fewer) than|\bminimum(?: of)?|至少|超过|超過|多于|多於|不少于|不低于|逾)\s*[$€£]?$/iu;
const UPPER =
  /(?:\bat most|\bup to|\bless than|\bfewer than|\bunder|\bbelow|\bno more than|\bmaximum(?: of)?|至多|最多|不到|不足|少于|少於|低于|低於|不超过|不超過)\s*[$€£]?$/iu;

/** true: the bounds are opposite; false: a bound was dropped or made up; null: they agree. */
function boundClash(claim: TextProfile, evidence: TextProfile): boolean | null {
  const boundOf = ({ text }: TextProfile, start: number): 'lower' | 'upper' | null => {
    const before = text.slice(Math.max(0, start - 24), start);
    return LOWER.test(before) ? 'lower' : UPPER.test(before) ? 'upper' : null;
  };
  for (const mine of claim.quantities) {
    const same = evidence.quantities.filter(
      ({ key, unit }) =>
        key === mine.key && (unit === null || mine.unit === null || unit === mine.unit),
    );
    if (same.length === 0) continue;
    const own = boundOf(claim, mine.start);
    const theirs = same.map(({ start }) => boundOf(evidence, start));
    if (theirs.includes(own)) continue;
    return own !== null && !theirs.includes(null);
  }
  return null;
}

/** What is not said to be so: possible, planned, reported. */
const UNCERTAIN =
  /^(?:may|might|could|would|plan|plans|planned|planning|expect|expected|expects|propos\w+|possibl\w+|perhaps|probabl\w+|likely|alleged\w*|reportedly|rumou?red|intend\w*|hop(?:e|es|ed|ing)|attempt\w*|tr(?:y|ies|ied)|可能|也许|也許|或许|或許|计划|計劃|预计|預計|拟|擬|据说|據說|疑似|打算|希望)$/iu;
/** What holds of some only, or not always. */
const LIMITED =
  /^(?:most|some|many|several|few|usually|often|sometimes|mostly|mainly|largely|generally|typically|almost|nearly|rarely|partly|partially|大多|多数|多數|部分|有些|一些|通常|常常|经常|經常|有时|有時|几乎|幾乎)$/iu;
const QUANTIFIED =
  /^(?:most|some|many|several|few|certain|usually|often|sometimes|mostly|mainly|largely|generally|typically|almost|nearly|rarely|partly|partially|can|may|might|could|common\w*|frequent\w*|number|majority|大多|多数|多數|部分|有些|一些|通常|常常|经常|經常|有时|有時|几乎|幾乎|可以|可能)$/iu;
const ONLY = /\b(?:only|sole|solely|exclusively|unique|uniquely)\b|唯一|仅|僅|只/iu;

/** The evidence limits a word that the claim has too, and the claim lost the limit. */
function losesWord(
  claim: TextProfile,
  evidence: TextProfile,
  limits: RegExp,
  kept: RegExp,
): boolean {
  const source = (
    { text }: TextProfile,
    token: ProfileToken,
    two: boolean,
    next?: ProfileToken,
  ): string => text.slice(token.start, two ? (next?.end ?? token.end) : token.end);
  const isLimit = (profile: TextProfile, index: number, pattern: RegExp): boolean => {
    const token = profile.tokens[index];
    if (token === undefined) return false;
    return pattern.test(source(profile, token, token.pair !== null, profile.tokens[index + 1]));
  };
  const places = (profile: TextProfile, pattern: RegExp): number[] =>
    profile.tokens.flatMap((_, index) => (isLimit(profile, index, pattern) ? [index] : []));
  const mine = places(claim, kept);
  if (mine.length > 0) return false;
  return places(evidence, limits).some((place) => {
    const size = evidence.tokens[place]?.pair === null ? 1 : 2;
    const next = evidence.tokens
      .slice(place + size, place + size + 4)
      .find(({ weight }) => weight > 0.2);
    return next !== undefined && claim.words.has(next.text);
  });
}
