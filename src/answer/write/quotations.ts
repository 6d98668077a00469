/** Sentences of the references as sentences of an answer, each with what it leans on. */
import type { Citation, Reference } from '../../core/nouns.ts';
import { splitSentences } from '../../core/sentences.ts';
import { countWords } from '../../core/tokens.ts';
import type { LooseSentence } from '../answer-body.ts';
import { leans } from './points.ts';

/** A whole sentence: captions, menus, questions and code are no quotations. */
const PROSE = /^["“‘«「]?[\p{Lu}\p{Lo}\d][\s\S]*[.!。！]["”’»」)）]*$/u;
const CODE = /[$|{}<>#=]|\[\d+\]/u;
const LONGEST_WORDS = 60;

type LinkTo = (url: string, quote: string) => string;

/** The sentence at a place of a reference; one that says "it" brings the sentence before it. */
function quotationAt(
  reference: Reference,
  place: { readonly start: number; readonly end: number },
  linkTo: LinkTo,
): LooseSentence | null {
  const { text, number, url } = reference;
  let { start } = place;
  if (leans(text.slice(start, place.end))) {
    const before = splitSentences(text).findLast(({ end }) => end <= place.start);
    // Only of the same paragraph.
    if (before === undefined || /\n\s*\n/u.test(text.slice(before.end, place.start))) return null;
    ({ start } = before);
  }
  const quote = text.slice(start, place.end);
  const shown = quote.replace(/\s+/gu, ' ').trim();
  if (!PROSE.test(shown) || CODE.test(shown) || leans(shown)) return null;
  if (countWords(shown) > LONGEST_WORDS) return null;
  const citation: Citation = {
    reference: number,
    quote,
    start,
    end: place.end,
    url: linkTo(url, quote),
    support: 1,
  };
  return { text: shown, citations: [citation] };
}

/** The ranker's best sentences over all references, best first. */
export function bestQuotations(
  references: readonly Reference[],
  most: number,
  linkTo: LinkTo,
): LooseSentence[] {
  return references
    .flatMap((reference) => reference.evidence.map((one) => ({ reference, one })))
    .toSorted((a, b) => b.one.score - a.one.score)
    .slice(0, most)
    .flatMap(({ reference, one }) => quotationAt(reference, one, linkTo) ?? []);
}

/** Quotations as they were offered, each with what it leans on. */
export function withContext(
  quotations: readonly LooseSentence[],
  references: readonly Reference[],
  linkTo: LinkTo,
): LooseSentence[] {
  return quotations.flatMap(({ citations: [citation] }) => {
    const reference = references.find(({ number }) => number === citation?.reference);
    if (citation === undefined || reference === undefined) return [];
    return quotationAt(reference, citation, linkTo) ?? [];
  });
}
