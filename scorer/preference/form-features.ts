/**
 * How an answer is made beside what it holds: whether it copies the question, keeps an asked number of
 * points, opens with a phrase, and how it uses its references. Shares and flags, so that none grows
 * with length alone; measured on the answer's substance (see `preference-features.ts`).
 */
import { splitSentences } from '../../src/core/sentences.ts';
import { terms } from '../../src/core/tokens.ts';

export const FORM_FEATURES = [
  'copiedPairs',
  'copiedFours',
  'newShare',
  'newWords',
  'askedCount',
  'openingPhrase',
  'modelSpeaks',
  'exclamations',
  'questions',
  'digits',
  'wordLength',
  'sentencesPerWord',
  'contrast',
  'conclusion',
  'addressesReader',
  'capitals',
  'quotationMarks',
  'causes',
  'examples',
  'brackets',
  'closestReference',
  'closestIsTopical',
  'topicalReferenceUsed',
  'knownToReferences',
  'pairsOfReferences',
  'foursOfReferences',
  'placeOfClosest',
  'firstReferenceUsed',
  'referencesUsed',
  'firstSentenceKnown',
  'firstSentenceTopical',
  'leastKnownSentence',
  'mostTopicalSentence',
  'placeOfMostTopical',
  'topicalMean',
] as const;

const COUNT =
  /\b(one|two|three|four|five|six|seven|eight|nine|ten|\d{1,2})\s+(?:\w+\s+){0,2}?\w+s\b/iu;
const COUNT_WORDS = ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'];
const ITEM = /^[^\S\n]*(?:[-*•]|\d{1,2}[.)])\s/gmu;
const OPENING =
  /^\s*(?:sure|certainly|of course|absolutely|here (?:is|are)|here['’]s|great|as an ai|thank)/iu;
const MODEL =
  /as an ai|language model|i (?:can['’]t|cannot|am not able|don['’]t have)|i['’]m sorry/iu;
/** A reference is used when it holds more than this share of the answer's words. */
const USED = 0.35;
const MOST_REFERENCES = 12;
const MOST_REFERENCE_CHARACTERS = 6_000;

function runs(words: readonly string[], length: number): string[] {
  return words.slice(length - 1).map((_, index) => words.slice(index, index + length).join(' '));
}

function share<T>(list: readonly T[], known: ReadonlySet<T>): number {
  return list.filter((one) => known.has(one)).length / Math.max(1, list.length);
}

function argmax(list: readonly number[]): number {
  return list.reduce((best, value, index) => (value > (list[best] ?? 0) ? index : best), 0);
}

/** -1 where points were counted out and are not as many as asked, 1 where they are, else 0. */
function askedCount(question: string, text: string): number {
  const word = COUNT.exec(question)?.[1]?.toLowerCase();
  const items = text.match(ITEM)?.length ?? 0;
  if (word === undefined || items === 0) return 0;
  const wanted = /\d/u.test(word) ? Number(word) : COUNT_WORDS.indexOf(word) + 1;
  return items === wanted ? 1 : -1;
}

/** In the order of `FORM_FEATURES`; `text` is the answer's substance. */
export function formFeatures(
  question: string,
  text: string,
  references: readonly { readonly title?: string | undefined; readonly text: string }[],
): number[] {
  const asked = terms(question);
  const answer = terms(text);
  const askedSet = new Set(asked);
  const answerSet = new Set(answer);
  const fresh = [...answerSet].filter((word) => !askedSet.has(word)).length;
  const count = Math.max(1, answer.length);
  const matches = (pattern: RegExp): number => text.match(pattern)?.length ?? 0;
  const flag = (pattern: RegExp): number => (pattern.test(text) ? 1 : 0);
  const sentences = splitSentences(text).map(({ start, end }) => terms(text.slice(start, end)));
  return [
    share(runs(answer, 2), new Set(runs(asked, 2))),
    share(runs(answer, 4), new Set(runs(asked, 4))),
    fresh / Math.max(1, answerSet.size),
    Math.log(1 + fresh),
    askedCount(question, text),
    flag(OPENING),
    flag(MODEL),
    matches(/[!！]/gu) / count,
    matches(/[?？]/gu) / Math.sqrt(count),
    matches(/\d/gu) / Math.max(1, text.length),
    answer.reduce((sum, word) => sum + word.length, 0) / count,
    sentences.length / count,
    flag(/\b(?:however|although|but|note that|it is important)\b/iu),
    flag(/\b(?:overall|in conclusion|in summary)\b|总之|综上/iu),
    flag(/\byour?\b/iu),
    matches(/\p{Lu}\p{Ll}+/gu) / count,
    matches(/["“]/gu) / count,
    matches(/\b(?:because|since|therefore|due to|so that|caus\w+)\b|因为|所以|由于/giu) /
      Math.sqrt(count),
    matches(/\b(?:for example|such as|e\.g|including)\b|例如|比如/giu) / Math.sqrt(count),
    matches(/[(（]/gu) / count,
    ...referenceUse(askedSet, answer, sentences, references),
  ];
}

function referenceUse(
  asked: ReadonlySet<string>,
  answer: readonly string[],
  sentences: readonly (readonly string[])[],
  references: readonly { readonly title?: string | undefined; readonly text: string }[],
): number[] {
  if (references.length === 0) return Array.from<number>({ length: 15 }).fill(0);
  const texts = references
    .slice(0, MOST_REFERENCES)
    .map(({ title, text }) => terms(`${title ?? ''} ${text.slice(0, MOST_REFERENCE_CHARACTERS)}`));
  const words = [...new Set(answer)];
  const used = texts.map((text) => share(words, new Set(text)));
  const topical = texts.map((text) => share([...asked], new Set(text)));
  const all = new Set(texts.flat());
  const closest = argmax(used);
  const topic = argmax(topical);
  const first = (sentences[0] ?? []).filter((word) => !asked.has(word));
  const known = sentences.map((sentence) => share([...new Set(sentence)], all));
  const about = sentences.map((sentence) => share([...asked], new Set(sentence)));
  return [
    used[closest] ?? 0,
    closest === topic ? 1 : 0,
    used[topic] ?? 0,
    share(words, all),
    share(runs(answer, 2), new Set(texts.flatMap((text) => runs(text, 2)))),
    share(runs(answer, 4), new Set(texts.flatMap((text) => runs(text, 4)))),
    // References come in an order of relevance; behind the fifth place it says nothing more.
    Math.min(5, closest),
    used[0] ?? 0,
    Math.min(5, used.filter((value) => value > USED).length),
    share(first, all),
    share([...asked], new Set(sentences[0] ?? [])),
    Math.min(1, ...known),
    Math.max(0, ...about),
    Math.min(8, argmax(about)),
    about.reduce((sum, value) => sum + value, 0) / Math.max(1, about.length),
  ];
}
