import type { AnswerReference, Reference } from '../../core/nouns.ts';

/** Evidence sentences shown of one reference. */
const SHOWN_EVIDENCE = 3;

/** A reference in the contract's field names. */
export function publicReference(reference: Reference): AnswerReference {
  return {
    number: reference.number,
    url: reference.url,
    title: reference.title,
    site: reference.site,
    published_at: reference.publishedAt,
    fetched_at: reference.fetchedAt,
    text: reference.text,
    score: reference.score,
    evidence: reference.evidence.slice(0, SHOWN_EVIDENCE).map(({ start, end }) => ({ start, end })),
  };
}
