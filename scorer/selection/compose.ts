/**
 * Builds the answers to choose among from the cited drafts. Measured on frozen-web questions, the
 * ranker's best sentence, word for word, holds the gold answer more often than what a small model
 * writes from it (.83 to .66 in English): so a generated sentence has to earn the lead. It does where
 * it rests on that very sentence and keeps every name and number in it that the question lacks. Where
 * the ranker is unsure, the answer goes on with what else the drafts found.
 */
import type { CitedAnswer, Draft, Reference } from '../../src/core/nouns.ts';
import { countWords } from '../../src/core/tokens.ts';
import { assemble, type LooseSentence } from '../citation/assemble.ts';
import { repeats } from '../citation/cite.ts';
import { coverage } from '../support/align.ts';
import { namesOf } from '../support/features.ts';
import { profileOf, type TextProfile } from '../support/text-profile.ts';

/** Longest composed answer in words (two unspaced characters are one word). */
const COMPOSED_WORDS = 60;
/** Above this probability of the ranker the best sentence stands alone. */
const SURE_AT = 0.6;
/** A further sentence has to be at least so likely, as a share of the best one's probability. */
const NEAR_SHARE = 0.3;
/** Scripts without spaces do not show names: there, so much of what the sentence adds must be kept. */
const KEEPS_SHARE = 0.8;

/**
 * Does `lead` say every name and number of `quote` that the question does not hold already?
 * In scripts without spaces: nearly everything that the quote adds to the question.
 */
export function keepsFacts(lead: TextProfile, quote: TextProfile, question: TextProfile): boolean {
  const names = namesOf(quote).filter((name) => !question.words.has(name));
  if (names.some((name) => !lead.words.has(name))) return false;
  const numbers = quote.quantities.filter(
    ({ key }) => !question.quantities.some((known) => known.key === key),
  );
  if (numbers.some(({ key }) => !lead.quantities.some((mine) => mine.key === key))) return false;
  const unspaced = quote.tokens.filter((token) => token.unspaced).length;
  if (unspaced * 2 < quote.tokens.length) return true;
  const asked = coverage(quote, question).covered;
  const said = coverage(quote, lead).covered;
  let total = 0;
  let kept = 0;
  quote.tokens.forEach((token, index) => {
    const fresh = token.weight * (1 - (asked[index] ?? 0));
    total += fresh;
    kept += fresh * (said[index] ?? 0);
  });
  return total === 0 || kept / total >= KEEPS_SHARE;
}

/**
 * @param cited cited drafts, best first within their kind
 * @returns composed answers, none empty; the drafts themselves where nothing is quoted
 */
export function composeAnswers(
  cited: readonly CitedAnswer[],
  references: readonly Reference[],
  question: TextProfile,
): CitedAnswer[] {
  const extractive = cited.filter(({ draft }) => draft.kind === 'extractive');
  const quotes = distinct(extractive.flatMap(({ sentences }) => sentences));
  const generated = cited.filter(({ draft }) => draft.kind === 'generated');
  const [best, ...rest] = quotes;
  const quotation = extractive[0]?.draft;
  if (best === undefined || quotation === undefined) return [...generated];
  const likely = evidenceScore(best, references);
  const profile = profileOf(best.text);
  const onBest = generated.filter(
    ({ sentences: [first] }) => first !== undefined && sameSpan(first, best),
  );
  const leads = onBest.flatMap(({ draft, sentences: [first] }) =>
    first !== undefined && keepsFacts(profileOf(first.text), profile, question)
      ? [{ draft, sentence: first }]
      : [],
  );
  const elsewhere = generated
    .filter((one) => !onBest.includes(one))
    .flatMap(({ sentences: [first] }) => first ?? []);
  const near = rest.filter((quote) => evidenceScore(quote, references) >= NEAR_SHARE * likely);
  const further = (likely > SURE_AT ? [] : [...elsewhere, ...near]).map(profileSentence);
  return [...leads, { draft: quotation, sentence: best }].map(({ draft, sentence }) =>
    continued(draft, profileSentence(sentence), further),
  );
}

interface ProfiledSentence {
  readonly sentence: LooseSentence;
  readonly profile: TextProfile;
  readonly words: number;
}

function profileSentence(sentence: LooseSentence): ProfiledSentence {
  return { sentence, profile: profileOf(sentence.text), words: countWords(sentence.text) };
}

/** The lead, and what of the further sentences says something new and fits. */
function continued(
  draft: Draft,
  lead: ProfiledSentence,
  further: readonly ProfiledSentence[],
): CitedAnswer {
  const kept = [lead];
  let words = lead.words;
  for (const next of further) {
    const known = ({ profile }: ProfiledSentence): boolean =>
      repeats(next.profile, profile) || repeats(profile, next.profile);
    if (words + next.words > COMPOSED_WORDS || kept.some(known)) continue;
    kept.push(next);
    words += next.words;
  }
  const sentences = kept.map(({ sentence }) => sentence);
  const text = sentences.map((one) => one.text).join(' ');
  return assemble(kept.length === 1 ? draft : { ...draft, kind: 'combined', text }, sentences);
}

function distinct(sentences: readonly LooseSentence[]): LooseSentence[] {
  const seen = new Set<string>();
  return sentences.filter(({ text }) => {
    if (seen.has(text)) return false;
    seen.add(text);
    return true;
  });
}

function sameSpan(one: LooseSentence, other: LooseSentence): boolean {
  return one.citations.some((mine) =>
    other.citations.some(
      (theirs) =>
        mine.reference === theirs.reference && mine.start < theirs.end && theirs.start < mine.end,
    ),
  );
}

/** The ranker's probability that the sentence holds the answer. */
function evidenceScore(sentence: LooseSentence, references: readonly Reference[]): number {
  const [citation] = sentence.citations;
  if (citation === undefined) return 0;
  const evidence = references.find(({ number }) => number === citation.reference)?.evidence ?? [];
  return Math.max(
    0,
    ...evidence
      .filter(({ start, end }) => start < citation.end && citation.start < end)
      .map(({ score }) => score),
  );
}
