/**
 * What of a question its best evidence lacks, as numbers. Near-miss questions (a year, a name or a word
 * exchanged) look right to ranking and cross-encoder; what gives them away is the exchanged word itself.
 */
import { splitSentences } from '../../src/core/sentences.ts';
import type { EvidenceSentence, Reference } from '../../src/core/nouns.ts';
import {
  answerTypeFeatures,
  wantedAnswer,
  type WantedAnswer,
} from '../../src/core/wanted-answer.ts';
import { coverage, pairOrder } from '../support/align.ts';
import { namesOf } from '../support/features.ts';
import { antonymClashes } from '../support/polarity.ts';
import { checkQuantities, type Quantity } from '../support/quantities.ts';
import { knowsName, profileOf, type TextProfile } from '../support/text-profile.ts';

/** What of the question the best evidence lacks: by words alone, whoever ranked. */
export const WORD_FEATURES = [
  'numbersMissing',
  'numbersMissingInPassage',
  'namesMissing',
  'namesMissingInPassage',
  'ordinalClash',
  'covered',
  'coveredInPassage',
  'heaviestMissing',
  'missingAnywhere',
  'antonyms',
  'denied',
  'pairs',
  'pairsInPassage',
  'measured',
  'counted',
] as const;

const ORDINAL =
  /\b(?:I{1,3}|IV|VI{0,3}|IX|XI{0,3}|XIV|XV|XVI)\b(?!\s*(?:am|was|have|had|did|do|will|would)\b)|\b(?:first|second|third|fourth|fifth|sixth|last|only)\b/gu;

/** Numerals and ordinals of a text that `quantities` reads as no demand: `World War I`, `the first`. */
export function ordinalsOf(text: string): RegExpExecArray[] {
  return [...text.matchAll(ORDINAL)];
}

/** The best sentence of all references, and its reference. */
export function bestEvidence(
  references: readonly Reference[],
): { readonly sentence: EvidenceSentence; readonly reference: Reference } | null {
  let best: { sentence: EvidenceSentence; reference: Reference } | null = null;
  for (const reference of references) {
    for (const sentence of reference.evidence) {
      if (best === null || sentence.score > best.sentence.score) best = { sentence, reference };
    }
  }
  return best;
}

/** What the cross-encoder points at in a reference; empty where it was not read. */
export function spanOf({ answerSpan, text }: Reference): string {
  return answerSpan === undefined ? '' : text.slice(answerSpan.start, answerSpan.end);
}

const words = (text: string): Set<string> =>
  new Set(
    profileOf(text).tokens.flatMap(({ text: word, weight, pair }) =>
      weight > 0.2 ? [pair ?? word] : [],
    ),
  );

/** Do two spans say the same, at least one of them whole? */
export function sameSpan(a: string, b: string): boolean {
  const [one, other] = [words(a), words(b)];
  const [small, large] = one.size <= other.size ? [one, other] : [other, one];
  if (small.size === 0) return false;
  let shared = 0;
  for (const word of small) if (large.has(word)) shared += 1;
  return shared / small.size >= 0.67;
}

/**
 * How much of a text's words the profiles have together (`share`, 0..1), the highest weight of a word that
 * none has, and the sum of those weights.
 * @param granted a range of the question that counts as said
 */
export function missingOf(
  question: TextProfile,
  by: readonly TextProfile[],
  granted: WantedAnswer['named'] = null,
): { share: number; heaviest: number; sum: number } {
  const covers = by.map((one) => coverage(question, one).covered);
  let total = 0;
  let kept = 0;
  let heaviest = 0;
  question.tokens.forEach(({ weight, start }, at) => {
    const value =
      granted !== null && start >= granted.start && start < granted.end
        ? 1
        : Math.max(0, ...covers.map((covered) => covered[at] ?? 0));
    total += weight;
    kept += weight * value;
    if (value < 0.5) heaviest = Math.max(heaviest, weight);
  });
  return { share: total === 0 ? 1 : kept / total, heaviest, sum: total - kept };
}

/** Exact quantities that a question states; `哪一世紀` asks for one. */
export function statedQuantities({ text, quantities }: TextProfile): Quantity[] {
  return quantities.filter(
    ({ strict, start }) => strict && !/[哪那几幾何某第]$/u.test(text.slice(0, start)),
  );
}

/** The sentence that ends at or before `offset`; empty for the first. It often names what the next one is about. */
function sentenceBefore(text: string, offset: number): string {
  const last = splitSentences(text.slice(0, offset)).at(-1);
  return last === undefined ? '' : text.slice(last.start, last.end);
}

/** One row of `WORD_FEATURES`. */
export function wordFeatures(questionText: string, references: readonly Reference[]): number[] {
  const question = profileOf(questionText);
  const best = bestEvidence(references);
  const sentence = profileOf(best?.sentence.text ?? '');
  const before = profileOf(
    best === null ? '' : sentenceBefore(best.reference.text, best.sentence.start),
  );
  const passage = profileOf(best?.reference.text ?? '');
  const title = profileOf(best?.reference.title ?? '');
  const everything = references.map(({ text, title: name }) => profileOf(`${name}\n${text}`));
  const asked = statedQuantities(question);
  const names = namesOf(question);
  const lacking = (by: readonly TextProfile[]): number =>
    names.filter((name) => !by.some((one) => knowsName(name, one))).length;
  const without = (by: readonly TextProfile[]): number =>
    checkQuantities(
      asked,
      by.flatMap(({ quantities }) => quantities),
    ).missing.length;
  const wanted = wantedAnswer(questionText, '');
  const [measured = 0, worded = 0, counted = 0] = answerTypeFeatures(wanted, sentence.text);
  // `How deep` is said by `Its greatest depth is 1,642 metres`.
  const granted = measured > 0 && worded > 0 ? wanted.named : null;
  const inPassage = missingOf(question, [passage, title], granted);
  const saidOrdinals = new Set(
    ordinalsOf(`${title.text} ${sentence.text}`).map(([ordinal]) => ordinal),
  );
  const denies = ({ tokens }: TextProfile): boolean => tokens.some(({ negation }) => negation);
  return [
    without([sentence, title]),
    without([passage, title]),
    lacking([sentence, before, title]),
    lacking([passage, title]),
    ordinalsOf(questionText).some(([ordinal]) => !saidOrdinals.has(ordinal)) ? 1 : 0,
    missingOf(question, [sentence, before, title], granted).share,
    inPassage.share,
    inPassage.heaviest,
    missingOf(question, everything, granted).sum,
    antonymClashes(question, sentence),
    denies(question) && !denies(sentence) ? 1 : 0,
    pairOrder(question, sentence),
    pairOrder(question, passage),
    measured,
    counted,
  ];
}

/** Is the text of a script without spaces, for the most part? */
export function isUnspaced(text: string): boolean {
  const { tokens } = profileOf(text);
  return tokens.filter(({ unspaced }) => unspaced).length * 2 >= tokens.length;
}
