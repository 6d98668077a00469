/**
 * From a draft to a cited answer: each sentence is bound to the smallest quote that supports it on its
 * own; a sentence without one gives way to the closest sentence of the references, word for word, or
 * is cut. What is left can be checked by reading the quotes alone.
 */
import type { Citation, CitedAnswer, Draft, Reference } from '../../src/core/nouns.ts';
import { coverage } from '../support/align.ts';
import { bestWindows, type Window } from '../support/features.ts';
import { checkQuantities } from '../support/quantities.ts';
import { profileOf, type TextProfile } from '../support/text-profile.ts';
import type { SecondOpinions } from '../support/second-opinion.ts';
import { assemble, type LooseSentence } from './assemble.ts';
import { cleanSentence, draftSentences, type DraftSentence } from './draft-sentences.ts';
import { evidenceScore, prepareReferences, type PreparedReference } from './prepared-reference.ts';
import { CITE_AT, quoteSupport } from './quote-support.ts';
import { textFragmentUrl } from './text-fragment-url.ts';
import { findVerbatim } from './verbatim.ts';
import { stripMarks } from './citation-marks.ts';

export interface CiteContext {
  readonly question: string;
  /** BCP 47 primary subtag of the answer. */
  readonly language: string;
  /** What the cross-encoder says of sentences and quotes; left out: features alone judge. */
  readonly opinions?: SecondOpinions | undefined;
}

/** Least coverage for a sentence of the references to stand in for an unsupported one. */
const NEAR_AT = 0.45;
/** Sentences with less content than this are bare answers (`October 1973.`), read with the question. */
const BARE_WEIGHT = 3;
/** Least share of the question that the sentence around a bare answer has to cover. */
const BARE_QUESTION_SHARE = 0.5;
/** A second citation must support nearly as well, alone. */
const SECOND_AT = 0.75;
const DENIES =
  /\b(?:if|unless|false|falsely|den(?:y|ies|ied)|alleg\w*|rumou?r\w*|myth|hoax|incorrect\w*|supposedly|not|never|hypothe\w*|mistak\w*)\b|如果|假如|谣|謠|并非|並非|否认|否認|传说|傳說|误以|誤以|不实|不實|虚构|虛構/iu;

interface Found {
  readonly prepared: PreparedReference;
  readonly start: number;
  readonly end: number;
  readonly support: number;
  /** Sentences that the quote spans. */
  readonly sentences: number;
  /** Orders equals: hint, the ranker's evidence, reference number. */
  readonly merit: number;
}

/** Cites a draft. See `citePrepared` to cite several drafts against the same references. */
export function cite(
  draft: Draft,
  references: readonly Reference[],
  context: CiteContext,
): CitedAnswer {
  return citePrepared(draft, prepareReferences(references), context);
}

/**
 * Every citation's reference is one of those given, its quote is `reference.text.slice(start, end)`,
 * and every sentence kept has at least one. The answer may be empty.
 */
export function citePrepared(
  draft: Draft,
  references: readonly PreparedReference[],
  context: CiteContext,
): CitedAnswer {
  const question = profileOf(context.question);
  const kept: LooseSentence[] = [];
  const profiles: TextProfile[] = [];
  for (const sentence of draftSentences(draft, references.length)) {
    const cited = citeSentence(sentence, references, question, context.opinions);
    if (cited === null) continue;
    const profile = profileOf(cited.text);
    if (profiles.some((earlier) => repeats(profile, earlier))) continue;
    kept.push(cited);
    profiles.push(profile);
  }
  return assemble(draft, kept);
}

/** Does the sentence say nothing that the earlier one did not? */
export function repeats(sentence: TextProfile, earlier: TextProfile): boolean {
  return (
    coverage(sentence, earlier).share >= 0.85 &&
    checkQuantities(sentence.quantities, earlier.quantities).missing.length === 0
  );
}

function citeSentence(
  sentence: DraftSentence,
  references: readonly PreparedReference[],
  question: TextProfile,
  opinions: SecondOpinions | undefined,
): LooseSentence | null {
  const profile = profileOf(sentence.text);
  const found =
    profile.weight < BARE_WEIGHT
      ? [...verbatim(sentence, references, true), ...bareAnswer(sentence, references, question)]
      : [...verbatim(sentence, references), ...aligned(profile, sentence, references, opinions)];
  const chosen = choose(found);
  if (chosen.length > 0) return { text: sentence.text, citations: chosen.map(citationOf) };
  return profile.weight < BARE_WEIGHT ? null : closestQuotation(profile, references);
}

/** Best first; one per reference, at most two, the second only when it is as good as alone. */
function choose(found: readonly Found[]): Found[] {
  const sorted = found
    .filter(({ support }) => support >= CITE_AT)
    .sort((a, b) => worth(b) - worth(a) || b.merit - a.merit);
  const [first] = sorted;
  if (first === undefined) return [];
  const second = sorted.find(
    ({ prepared, support }) => prepared !== first.prepared && support >= SECOND_AT,
  );
  return second === undefined ? [first] : [first, second];
}

/** A wider quote has to be clearly better: the smallest span that supports is the one to show. */
function worth({ support, sentences }: Found): number {
  return support - 0.06 * (sentences - 1);
}

function merit(prepared: PreparedReference, start: number, hints: readonly number[]): number {
  const { number } = prepared.reference;
  return (hints.includes(number) ? 2 : 0) + evidenceScore(prepared, start) - number * 1e-3;
}

/** Places where a reference says the sentence word for word (`wholeOnly`: and nothing else with it). */
function verbatim(
  sentence: DraftSentence,
  references: readonly PreparedReference[],
  wholeOnly = false,
): Found[] {
  return references.flatMap((prepared) => {
    const span = findVerbatim(sentence.text, prepared);
    if (span === null) return [];
    const around = prepared.profile.sentences.find(
      ({ start, end }) => start <= span.start && span.start < end,
    );
    const before = around === undefined ? '' : prepared.text.slice(around.start, span.start);
    const after =
      around === undefined ? '' : prepared.text.slice(span.end, Math.max(span.end, around.end));
    // "It is false that …": the words are there, the statement is not.
    if (DENIES.test(before) || DENIES.test(after)) return [];
    if (wholeOnly && /[\p{L}\p{N}]/u.test(before + stripMarks(after).text)) return [];
    return [
      {
        prepared,
        ...span,
        support: 1,
        sentences: 1,
        merit: merit(prepared, span.start, sentence.hints),
      },
    ];
  });
}

function aligned(
  profile: TextProfile,
  sentence: DraftSentence,
  references: readonly PreparedReference[],
  opinions: SecondOpinions | undefined,
): Found[] {
  return references.flatMap((prepared) =>
    bestWindows(profile, [prepared.profile], 3).map((window) => ({
      prepared,
      start: window.start,
      end: window.end,
      support: quoteSupport(profile, window, prepared.title, opinions),
      sentences: window.sentences,
      merit: merit(prepared, window.start, sentence.hints),
    })),
  );
}

/** A bare answer is supported by a sentence that holds it and is about the question. */
function bareAnswer(
  sentence: DraftSentence,
  references: readonly PreparedReference[],
  question: TextProfile,
): Found[] {
  return references.flatMap((prepared) =>
    prepared.profile.sentences.flatMap(({ start, end, profile }) => {
      const inside = {
        text: prepared.text.slice(start, end),
        plain: slicePlain(prepared, start, end),
      };
      if (DENIES.test(inside.text) || findVerbatim(sentence.text, inside) === null) return [];
      const own = coverage(question, profile).covered;
      const named = coverage(question, prepared.title).covered;
      let total = 0;
      let sum = 0;
      question.tokens.forEach((token, index) => {
        total += token.weight;
        sum += token.weight * Math.max(own[index] ?? 0, named[index] ?? 0);
      });
      const share = total === 0 ? 0 : sum / total;
      if (share < BARE_QUESTION_SHARE) return [];
      return [
        {
          prepared,
          start,
          end,
          support: 0.4 + 0.59 * share,
          sentences: 1,
          merit: merit(prepared, start, sentence.hints),
        },
      ];
    }),
  );
}

function slicePlain(
  prepared: PreparedReference,
  start: number,
  end: number,
): PreparedReference['plain'] {
  const from = prepared.plain.offsets.findIndex((offset) => offset >= start);
  let to = prepared.plain.offsets.findIndex((offset) => offset >= end);
  if (to < 0) to = prepared.plain.text.length;
  return {
    text: prepared.plain.text.slice(from, to),
    offsets: prepared.plain.offsets.slice(from, to + 1).map((offset) => offset - start),
  };
}

/** The closest sentence of the references, as it stands there, in place of an unsupported one. */
export function closestQuotation(
  profile: TextProfile,
  references: readonly PreparedReference[],
): LooseSentence | null {
  let best: {
    readonly window: Window;
    readonly prepared: PreparedReference;
    readonly value: number;
  } | null = null;
  for (const prepared of references) {
    for (const window of bestWindows(profile, [prepared.profile], 3)) {
      if (window.sentences !== 1 || window.share < NEAR_AT) continue;
      const value = window.share + 0.3 * evidenceScore(prepared, window.start);
      if (best === null || value > best.value) best = { window, prepared, value };
    }
  }
  if (best === null) return null;
  return quoteSentence(best.prepared, best.window.start, best.window.end);
}

/** A sentence of a reference as a sentence of an answer: footnote marks out, quote exact, support 1. */
function quoteSentence(
  prepared: PreparedReference,
  start: number,
  end: number,
): LooseSentence | null {
  const text = cleanSentence(stripMarks(prepared.text.slice(start, end)).text);
  if (text === '' || /[?？]$/u.test(text)) return null;
  return { text, citations: [citationOf({ prepared, start, end, support: 1 })] };
}

function citationOf({
  prepared,
  start,
  end,
  support,
}: Pick<Found, 'prepared' | 'start' | 'end' | 'support'>): Citation {
  const quote = prepared.text.slice(start, end);
  return {
    reference: prepared.reference.number,
    quote,
    start,
    end,
    url: textFragmentUrl(prepared.reference.url, quote),
    support: Math.round(support * 1000) / 1000,
  };
}
