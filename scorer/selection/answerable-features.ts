/**
 * What is known when the product decides whether to answer, as numbers: how sure ranking and reader are,
 * and what of the question the best evidence lacks. Near-miss questions (a year, a name or a word
 * exchanged) look right to both; what gives them away is the exchanged word itself.
 */
import type { EvidenceSentence, Reference } from '../../src/core/nouns.ts';
import { coverage } from '../support/align.ts';
import { namesOf } from '../support/features.ts';
import { antonymClashes } from '../support/polarity.ts';
import { checkQuantities, readQuantities } from '../support/quantities.ts';
import { knowsName, read, type Reading } from '../support/reading.ts';
import { wantedKind } from './wanted-kind.ts';

export const ANSWERABLE_FEATURES = [
  'odds',
  'size',
  'answerable',
  'answerableMargin',
  'notNone',
  'span',
  'evidence',
  'evidenceGap',
  'agreeing',
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
  'kindFits',
  'spanInQuestion',
  'unspaced',
  'unspacedCovered',
] as const;

const logit = (p: number): number => {
  const safe = Math.min(1 - 1e-4, Math.max(1e-4, p));
  return Math.log(safe / (1 - safe));
};
/** The reader's logit for a passage that it did not read. */
const UNREAD = -4;
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

/** What the reader points at in a reference; empty where it was not read. */
export function spanOf({ reading, text }: Reference): string {
  return reading === undefined ? '' : text.slice(reading.start, reading.end);
}

const words = (text: string): Set<string> =>
  new Set(
    read(text).tokens.flatMap(({ text: word, weight, pair }) =>
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
 * How much of a text's words the readings have together (`share`, 0..1), the highest weight of a word that
 * none has, and the sum of those weights.
 */
export function missingOf(
  question: Reading,
  by: readonly Reading[],
): { share: number; heaviest: number; sum: number } {
  const covers = by.map((one) => coverage(question, one).covered);
  let total = 0;
  let kept = 0;
  let heaviest = 0;
  question.tokens.forEach(({ weight }, at) => {
    const value = Math.max(0, ...covers.map((covered) => covered[at] ?? 0));
    total += weight;
    kept += weight * value;
    if (value < 0.5) heaviest = Math.max(heaviest, weight);
  });
  return { share: total === 0 ? 1 : kept / total, heaviest, sum: total - kept };
}

/**
 * One row of `ANSWERABLE_FEATURES`.
 * @param answerability 0..1, of the ranking; null where it has none
 * @param pages how many were read
 */
export function answerableFeatures(
  questionText: string,
  references: readonly Reference[],
  answerability: number | null,
  pages: number,
): number[] {
  const question = read(questionText);
  const best = bestEvidence(references);
  const sentence = read(best?.sentence.text ?? '');
  const passage = read(best?.reference.text ?? '');
  const title = read(best?.reference.title ?? '');
  const everything = references.map(({ text, title: name }) => read(`${name}\n${text}`));
  const answerable = references
    .map(({ reading }) => reading?.answerable ?? UNREAD)
    .sort((a, b) => b - a);
  const scores = references
    .flatMap(({ evidence }) => evidence.map(({ score }) => score))
    .sort((a, b) => b - a);
  const reading = best?.reference.reading;
  const span = best === null ? '' : spanOf(best.reference);
  const asked = question.quantities.filter(({ strict }) => strict);
  const names = namesOf(question);
  const lacking = (by: readonly Reading[]): number =>
    names.filter((name) => !by.some((one) => knowsName(name, one))).length;
  const without = (by: readonly Reading[]): number =>
    checkQuantities(
      asked,
      by.flatMap(({ quantities }) => quantities),
    ).missing.length;
  const inSentence = missingOf(question, [sentence, title]);
  const inPassage = missingOf(question, [passage, title]);
  const unspaced =
    question.tokens.filter((token) => token.unspaced).length * 2 >= question.tokens.length ? 1 : 0;
  const ordinals = ordinalsOf(questionText).map(([one]) => one);
  const said = `${best?.reference.title ?? ''} ${best?.sentence.text ?? ''}`;
  const saidOrdinals = new Set(ordinalsOf(said).map(([one]) => one));
  return [
    logit(answerability ?? 0.5),
    Math.log2(1 + pages),
    reading?.answerable ?? UNREAD,
    (answerable[0] ?? UNREAD) - Math.max(UNREAD, answerable[1] ?? UNREAD),
    Math.log(1e-2 + 1 - (reading?.none ?? 1)),
    Math.log(1e-2 + (reading?.span ?? 0)),
    logit(scores[0] ?? 0),
    logit(scores[0] ?? 0) - logit(scores[1] ?? 0),
    Math.min(
      2,
      references.filter((one) => one !== best?.reference && sameSpan(span, spanOf(one))).length,
    ),
    without([sentence, title]),
    without([passage, title]),
    lacking([sentence, title]),
    lacking([passage, title]),
    ordinals.some((one) => !saidOrdinals.has(one)) ? 1 : 0,
    inSentence.share,
    inPassage.share,
    inPassage.heaviest,
    missingOf(question, everything).sum,
    antonymClashes(question, sentence),
    question.tokens.some(({ negation }) => negation) &&
    !sentence.tokens.some(({ negation }) => negation)
      ? 1
      : 0,
    kindFits(questionText, span),
    span === '' ? 0 : missingOf(read(span), [question]).share,
    unspaced,
    unspaced * inSentence.share,
  ];
}

/** 1: what the reader points at is of the kind that is asked for; -1: it is not; 0: any would do. */
function kindFits(question: string, span: string): number {
  const wanted = wantedKind(question);
  if (wanted === 'any' || span === '') return 0;
  const quantities = readQuantities(span);
  if (wanted === 'date') {
    return quantities.some(({ key }) => /^(?:month|decade|century):|^n:\d{3,4}$/u.test(key))
      ? 1
      : -1;
  }
  if (wanted === 'number') return quantities.length > 0 ? 1 : -1;
  return /\p{Lu}|\p{Script=Han}/u.test(span) ? 1 : -1;
}
