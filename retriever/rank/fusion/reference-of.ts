/** One reference out of neighbouring passages of a page, with its evidence and answer span. */
import type { Document, EvidenceSentence, Reference } from '../../../src/core/nouns.ts';
import type { Judged } from './judge-parts.ts';
import type { SelectedReference } from './select-references.ts';

interface Placed {
  readonly document: Document;
  /** Offsets into the document's text. */
  readonly start: number;
  readonly end: number;
  readonly headingPath: readonly string[];
}

/** Sentences of one passage, and of each further one that was joined to it. */
const MOST_EVIDENCE = 6;
const MORE_EVIDENCE = 2;
const MOST_JOINED_EVIDENCE = 14;

/** @param passages all that were judged, in their order */
export function referenceOf(
  { passages: places }: SelectedReference,
  number: number,
  passages: readonly Placed[],
  judged: Pick<Judged, 'evidence' | 'scores' | 'probabilities' | 'pairScores'>,
): Reference {
  const first = passages[places[0] ?? -1] as Placed;
  const last = passages[places.at(-1) ?? -1] as Placed;
  const { document, headingPath } = first;
  const text = document.text.slice(first.start, last.end);
  /** Where a passage begins in the reference. */
  const shift = (at: number): number => (passages[at]?.start ?? first.start) - first.start;
  const within = new Set(places);
  const sentences = judged.evidence.candidates.flatMap((candidate, at): EvidenceSentence[] => {
    if (!within.has(candidate.passage)) return [];
    const start = shift(candidate.passage) + candidate.start;
    const end = shift(candidate.passage) + candidate.end;
    const score = judged.probabilities[at] ?? 0;
    return [{ reference: number, start, end, text: candidate.text, score }];
  });
  const most = Math.min(MOST_JOINED_EVIDENCE, MOST_EVIDENCE + MORE_EVIDENCE * (places.length - 1));
  return {
    number,
    url: document.url,
    title: document.title,
    site: document.site,
    language: document.language,
    publishedAt: document.publishedAt,
    fetchedAt: document.fetchedAt,
    text,
    headingPath,
    score: bestOf(places.map((at) => judged.scores[at]?.evidence ?? null)),
    evidence: sentences.sort((a, b) => b.score - a.score).slice(0, most),
    ...answerSpan(places, judged, shift),
  };
}

/** Of the passage that the cross-encoder holds likeliest to have the answer. */
function answerSpan(
  places: readonly number[],
  judged: Pick<Judged, 'pairScores'>,
  shift: (at: number) => number,
): Pick<Reference, 'answerSpan'> {
  const read = places.flatMap((at) => {
    const pair = judged.pairScores.get(at);
    return pair === undefined ? [] : [{ at, pair }];
  });
  const [best] = read.toSorted((a, b) => b.pair.answerable - a.pair.answerable);
  if (best === undefined) return {};
  const { at, pair } = best;
  return {
    answerSpan: {
      start: shift(at) + pair.start,
      end: shift(at) + pair.end,
      span: pair.spanProbability,
      none: pair.nullProbability,
      answerable: pair.answerable,
    },
  };
}

const bestOf = (values: readonly (number | null)[]): number | null => {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.max(...known);
};
