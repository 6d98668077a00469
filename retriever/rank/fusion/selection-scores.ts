/**
 * What passages are chosen by, in 0..1. For one fact the cascade's own score; where the whole matter is
 * wanted, words and cascade alike, and a passage beside a good one counts for more: an explanation seldom
 * keeps to one passage.
 */
import { sigmoid } from '../../../src/core/boosted-trees.ts';
import { standardised } from '../evidence/relative-features.ts';

interface Scored {
  readonly document: number;
  readonly bm25: number;
  /** Of the cascade; log-odds, about. */
  readonly score: number;
}

/**
 * What the better neighbour's score adds, one passage away and two. Chosen on `docs-dev` and `real-web-dev`
 * (vital nuggets .75 and .90 with a half for the next alone, .78 and .92 with these).
 */
const NEIGHBOURS = [1, 0.5] as const;

/** @param passages of all pages, page by page, in the order of the page */
export function selectionScores(passages: readonly Scored[], broad: boolean): number[] {
  if (!broad) return passages.map(({ score }) => sigmoid(score / 2));
  const words = standardised(passages.map(({ bm25 }) => bm25));
  const cascade = standardised(passages.map(({ score }) => score));
  const own = passages.map((_, at) => (words[at] ?? 0) + (cascade[at] ?? 0));
  const beside = (at: number, distance: number): number => {
    const known = [at - distance, at + distance].map((other) =>
      passages[other]?.document === passages[at]?.document ? (own[other] ?? 0) : 0,
    );
    return Math.max(0, ...known);
  };
  const grown = own.map((value, at) =>
    NEIGHBOURS.reduce((sum, weight, near) => sum + weight * beside(at, near + 1), value),
  );
  const best = grown.reduce((most, value) => Math.max(most, value), -Infinity);
  // The same scale as above, so that a bonus for recency means the same: the best are near 1.
  return grown.map((value) => sigmoid((value - best) / 2 + 2));
}
