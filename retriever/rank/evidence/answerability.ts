/** Do the passages hold an answer at all? Features of the best evidence, for a logistic model. */
import type { CollectedEvidence } from './collect-evidence.ts';
import { FEATURE_NAMES } from './evidence-features.ts';

export const ANSWERABILITY_FEATURES = [
  'best',
  'second',
  'sum',
  'coverage',
  'coverageBestPassage',
  'topCoverage',
  'tokenCoverage',
  'similarity',
  'names',
  'numbersKept',
  'kindMatch',
  'unseenTerms',
  'unspaced',
  'none',
  'topSimilarity',
  'rareMiss',
  'longestRun',
  'coverageLed',
  // Characters and words say different things: the same again, for sentences of Han characters only.
  'unspacedBest',
  'unspacedSimilarity',
  'unspacedTopSimilarity',
  'unspacedCoverage',
  'unspacedTopCoverage',
  'unspacedTokenCoverage',
  'unspacedUnseen',
  'unspacedRun',
] as const;

const at = (name: (typeof FEATURE_NAMES)[number]): number => FEATURE_NAMES.indexOf(name);
const COLUMN = {
  coverage: at('coverageWithTitle'),
  tokens: at('tokenCoverage'),
  similarity: at('similarity'),
  names: at('names'),
  numbers: at('numbersKept'),
  kind: at('kindMatch'),
  unspaced: at('unspaced'),
  topSimilarity: at('topSimilarity'),
  rareMiss: at('rareMiss'),
  longestRun: at('longestRun'),
  led: at('coverageLed'),
};

/**
 * One row of `ANSWERABILITY_FEATURES`.
 * @param probabilities of the candidates, in their order
 */
export function answerabilityFeatures(
  evidence: CollectedEvidence,
  probabilities: readonly number[],
): number[] {
  const order = probabilities
    .map((_, index) => index)
    .sort((a, b) => (probabilities[b] ?? 0) - (probabilities[a] ?? 0));
  const [first, second] = order;
  const odds = (index: number | undefined): number => {
    const p = Math.min(
      1 - 1e-6,
      Math.max(1e-6, index === undefined ? 0 : (probabilities[index] ?? 0)),
    );
    return Math.log(p / (1 - p));
  };
  const none = probabilities.reduce((product, p) => product * (1 - p), 1);
  const top = first === undefined ? undefined : evidence.rows[first];
  const best = first === undefined ? undefined : evidence.candidates[first];
  const column = (index: number): number => top?.[index] ?? 0;
  const { terms } = evidence.question;
  const size = evidence.index.size;
  const unseenIdf = Math.log(1 + (size + 0.5) / 0.5) - 1e-9;
  const unseen = terms.filter((term) => evidence.index.idf(term) >= unseenIdf).length;
  const unseenShare = unseen / Math.max(1, terms.length);
  const dense = (index: number): number => (evidence.similarities === null ? 0 : column(index));
  const topCoverage = Math.max(0, ...evidence.coverage);
  const han = column(COLUMN.unspaced);
  return [
    odds(first),
    odds(second),
    Math.log(1e-4 + 1 - none),
    column(COLUMN.coverage),
    best === undefined ? 0 : (evidence.coverage[best.passage] ?? 0),
    topCoverage,
    column(COLUMN.tokens),
    dense(COLUMN.similarity),
    column(COLUMN.names),
    column(COLUMN.numbers),
    column(COLUMN.kind),
    unseenShare,
    column(COLUMN.unspaced),
    first === undefined ? 1 : 0,
    dense(COLUMN.topSimilarity),
    column(COLUMN.rareMiss),
    column(COLUMN.longestRun),
    column(COLUMN.led),
    han * odds(first),
    han * dense(COLUMN.similarity),
    han * dense(COLUMN.topSimilarity),
    han * column(COLUMN.coverage),
    han * topCoverage,
    han * column(COLUMN.tokens),
    han * unseenShare,
    han * column(COLUMN.longestRun),
  ];
}
