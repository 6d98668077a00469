/**
 * A smooth score beside the trees: a linear sum of the standardised features, and the similarity of
 * question and sentence with each dimension of the embedding weighted as learnt. Trained with a
 * softmax over the candidates of a question (`training/fit-match.ts`), so it is a score for order;
 * the trees and the calibration make a probability of it.
 */
import { z } from 'zod';
import { standardised, type EvidenceVectors } from '../evidence/relative-features.ts';

const numbers = z.array(z.number());

export const matchSchema = z.strictObject({
  features: z.array(z.string()),
  mean: numbers,
  deviation: numbers,
  weights: numbers,
  /** Without an embedder all three are empty. */
  questionMean: numbers,
  sentenceMean: numbers,
  diagonal: numbers,
});

export type MatchModel = z.infer<typeof matchSchema>;

/** What the trees get besides the features. */
export const MATCH_FEATURES = ['match', 'matchGap', 'matchZ'] as const;

/** Standardised features are cut here: what training never saw must not decide alone. */
const MOST_DEVIATIONS = 4;
/** Centred unit vectors are short; this makes a diagonal of ones a fair start. */
export const VECTOR_SCALE = 9;

/** One score a row. */
export function matchScores(
  model: MatchModel,
  rows: readonly ArrayLike<number>[],
  vectors: EvidenceVectors | null,
): number[] {
  const { weights, diagonal, questionMean, sentenceMean } = model;
  // The question's side and the diagonal are the same for all sentences.
  const asked = diagonal.map(
    (weight, k) => weight * VECTOR_SCALE * ((vectors?.question[k] ?? 0) - (questionMean[k] ?? 0)),
  );
  return rows.map((row, at) => {
    let score = 0;
    weights.forEach((weight, feature) => {
      if (weight !== 0) score += weight * standard(model, row, feature);
    });
    const sentence = vectors?.sentences[at];
    if (sentence !== undefined) {
      for (let k = 0; k < asked.length; k += 1) {
        score += (asked[k] ?? 0) * ((sentence[k] ?? 0) - (sentenceMean[k] ?? 0));
      }
    }
    return score;
  });
}

/** One feature of a row in standard deviations from its mean, cut at `MOST_DEVIATIONS`. */
export function standard(
  model: Pick<MatchModel, 'mean' | 'deviation'>,
  row: ArrayLike<number>,
  feature: number,
): number {
  const value =
    ((row[feature] ?? 0) - (model.mean[feature] ?? 0)) / (model.deviation[feature] ?? 1);
  return Math.max(-MOST_DEVIATIONS, Math.min(MOST_DEVIATIONS, value));
}

/** The rows with `MATCH_FEATURES` behind them: what the trees see. */
export function withMatch(
  rows: readonly Float64Array[],
  scores: readonly number[],
): Float64Array[] {
  const best = Math.max(...scores);
  const z = standardised(scores);
  return rows.map((row, at) =>
    Float64Array.from([...row, scores[at] ?? 0, (scores[at] ?? 0) - best, z[at] ?? 0]),
  );
}
