/**
 * Checks what a model wrote, unit by unit: a sentence that the references support gets its citations, the
 * others come with the sentence of the references that is closest to them, word for word.
 */
import type { Citation, Reference } from '../../src/core/nouns.ts';
import type { SupportVerdict, Verdict } from '../../src/core/seams.ts';
import type { CrossEncoder } from '../../src/runtime/cross-encoder/cross-encoder.ts';
import { coverage } from '../support/align.ts';
import { checkClaims } from '../support/check-claims.ts';
import { antonymClashes, negationClashes } from '../support/polarity.ts';
import { checkQuantities } from '../support/quantities.ts';
import { profileOf } from '../support/text-profile.ts';
import type { LooseSentence } from './assemble.ts';
import { closestQuotation } from './cite.ts';
import { cleanSentence } from './draft-sentences.ts';
import { prepareReferences, type PreparedReference } from './prepared-reference.ts';
import { textFragmentUrl } from './text-fragment-url.ts';
import { findVerbatim } from './verbatim.ts';

interface WrittenUnit {
  readonly text: string;
  readonly form: 'sentence' | 'item' | 'code';
}

export interface CheckWrittenInput {
  readonly question: string;
  readonly units: readonly WrittenUnit[];
  /** Sentences of the same answer before the first unit. */
  readonly before: readonly string[];
  readonly references: readonly Reference[];
}

export interface CheckedUnit {
  readonly verdict: Verdict;
  readonly support: number;
  /** The unit with its citations; null unless it is supported. */
  readonly sentence: LooseSentence | null;
  /** Where it is not: what the references say that comes closest; null when nothing does. */
  readonly quotation: LooseSentence | null;
}

/** Items with fewer words than this are names and the like: they have to be there word for word. */
const BARE_WORDS = 5;
/** At most so many places are cited for a sentence. */
const MOST_CITATIONS = 3;

/**
 * One result a unit, in their order.
 * @throws FootnoteError `cancelled`, `timeout`
 */
export async function checkWritten(
  { question, units, before, references }: CheckWrittenInput,
  crossEncoder: Pick<CrossEncoder, 'support' | 'supportOdds'> | null,
  options: { readonly signal: AbortSignal },
): Promise<readonly CheckedUnit[]> {
  const prepared = prepareReferences(references);
  // A line that only announces what follows says nothing by itself.
  const texts = units.map(({ text, form }) =>
    form === 'code' ? text : /[:：]\s*$/u.test(text) ? '' : cleanSentence(text, true),
  );
  const said = [...before];
  const sides = texts.map(takenSide);
  const claims = sides.map(({ claim: shown }) => {
    const claim = shown.replace(/`/gu, '');
    const own = { claim, question, before: [...said] };
    said.push(claim);
    return own;
  });
  const verdicts = await checkClaims(claims, references, crossEncoder, options);
  return units.map(({ form }, index): CheckedUnit => {
    const { side, claim: text } = sides[index] ?? { side: '', claim: '' };
    const verdict = verdicts[index];
    if (text === '' || verdict === undefined) return nothing('no-claim');
    if (form === 'code') return code(text, prepared);
    const words = text.split(/\s+/u).length;
    if (form === 'item' && words < BARE_WORDS && !/\p{Script=Han}/u.test(text)) {
      return bareItem(text, prepared);
    }
    const found = judged(text, verdict, prepared);
    if (side === '' || found.sentence === null) return found;
    return { ...found, sentence: { ...found.sentence, text: withSide(side, text, question) } };
  });
}

const SIDE = /^(yes|no|ja|nein|oui|non|sí|是的?|不是|不|没有)(?:\s*[,，.。!！;；:：]\s*)(?=.{8})/iu;
const NO_SIDE = /^(?:no|nein|non|不是|不|没有)$/iu;

/** "Yes, it does": the side that is taken, and what is claimed for it. */
function takenSide(text: string): { readonly side: string; readonly claim: string } {
  const [lead = '', side = ''] = SIDE.exec(text) ?? [];
  const rest = text.slice(lead.length);
  return { side, claim: side === '' ? text : rest.charAt(0).toUpperCase() + rest.slice(1) };
}

/**
 * A "Yes" stays before a statement that neither denies nor turns round what was asked, a "No" before one
 * that does; else the statement speaks for itself.
 */
function withSide(side: string, claim: string, question: string): string {
  const asked = profileOf(question);
  const said = profileOf(claim);
  const turned = negationClashes(said, asked) + antonymClashes(said, asked) > 0;
  if (NO_SIDE.test(side) !== turned) return claim;
  const gap = /\p{Script=Han}/u.test(side) ? '，' : ', ';
  const [first = ''] = claim;
  // Names and "I" keep their capital; a plain article or pronoun does not.
  const lower = /^(?:The|A|An|It|They|He|She|This|That|There)\b/u.test(claim);
  return `${side}${gap}${lower ? first.toLowerCase() : first}${claim.slice(first.length)}`;
}

const nothing = (verdict: Verdict): CheckedUnit => ({
  verdict,
  support: 0,
  sentence: null,
  quotation: null,
});

function judged(
  text: string,
  { verdict, support, evidence }: SupportVerdict,
  references: readonly PreparedReference[],
): CheckedUnit {
  const profile = profileOf(text);
  const citations = evidence.slice(0, MOST_CITATIONS).flatMap((span): Citation[] => {
    const found = references[span.reference];
    return found === undefined ? [] : [citation(found, span.start, span.end, support)];
  });
  if (verdict === 'supported' && citations.length > 0) {
    return { verdict, support, sentence: { text, citations }, quotation: null };
  }
  if (verdict === 'no-claim') return nothing(verdict);
  const closest = closestQuotation(profile, references);
  const kept = closest !== null && carries(closest.text, text) ? closest : null;
  return { verdict, support, sentence: null, quotation: kept };
}

/** Does the quotation say the gist of what was written: most of its words, or one of its numbers? */
function carries(quotation: string, written: string): boolean {
  const wanted = profileOf(written);
  const given = profileOf(quotation);
  const { share } = coverage(wanted, given);
  const numbers = wanted.quantities.length > 0;
  const missing = checkQuantities(wanted.quantities, given.quantities).missing.length;
  return share >= 0.5 || (numbers && missing === 0 && share >= 0.45);
}

/** Code is shown only as it stands in a reference. */
function code(text: string, references: readonly PreparedReference[]): CheckedUnit {
  const place = verbatimPlace(text, references);
  if (place === null) return nothing('unsupported');
  const sentence = { text: `\`\`\`\n${text}\n\`\`\``, citations: [place] };
  return { verdict: 'supported', support: 1, sentence, quotation: null };
}

function bareItem(text: string, references: readonly PreparedReference[]): CheckedUnit {
  const place = verbatimPlace(text, references);
  if (place === null) return nothing('unsupported');
  return {
    verdict: 'supported',
    support: 1,
    sentence: { text, citations: [place] },
    quotation: null,
  };
}

function verbatimPlace(text: string, references: readonly PreparedReference[]): Citation | null {
  for (const reference of references) {
    const span = findVerbatim(text, reference);
    if (span !== null) return citation(reference, span.start, span.end, 1);
  }
  return null;
}

function citation(
  { reference, text }: PreparedReference,
  start: number,
  end: number,
  support: number,
): Citation {
  const quote = text.slice(start, end);
  return {
    reference: reference.number,
    quote,
    start,
    end,
    url: textFragmentUrl(reference.url, quote),
    support: Math.round(support * 1_000) / 1_000,
  };
}
