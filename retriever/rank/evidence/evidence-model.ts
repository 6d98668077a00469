/**
 * The trained models: which sentence holds the answer, and whether any does. Weights are in
 * `evidence-model.json`, written by `training/train-evidence.ts`; one set with the embedder's
 * similarities, one with words alone.
 */
import { z } from 'zod';
import { evaluateTrees, sigmoid, type BoostedTrees } from '../../../src/core/boosted-trees.ts';
import { readFittedModel } from '../../../src/runtime/fitted-model.ts';
import { ANSWERABILITY_FEATURES, answerabilityFeatures } from './answerability.ts';
import type { CollectedEvidence } from './collect-evidence.ts';
import { FEATURE_NAMES } from './evidence-features.ts';
import { MATCH_FEATURES, matchSchema, matchScores, withMatch } from '../words/match-score.ts';
import { fromTreeArrays, treeArraysSchema } from './tree-arrays.ts';

const partSchema = z.strictObject({
  match: matchSchema,
  trees: treeArraysSchema,
  calibration: z.strictObject({ bias: z.number(), slope: z.number(), level: z.number() }),
  answerability: z.strictObject({
    features: z.array(z.string()),
    bias: z.number(),
    weights: z.array(z.number()),
  }),
});
const fileSchema = z.strictObject({ dense: partSchema, lexical: partSchema });

export class EvidenceModel {
  readonly #trees: BoostedTrees;
  readonly #part: z.infer<typeof partSchema>;

  /** @throws FootnoteError `model-invalid` when the file does not fit this program */
  constructor(kind: 'dense' | 'lexical') {
    const file = readFittedModel('retriever/rank/evidence-model.json', fileSchema, (model) => {
      const { match, answerability } = model[kind];
      return [
        {
          fitted: match.features,
          own: FEATURE_NAMES,
          weights: [match.mean, match.deviation, match.weights],
        },
        {
          fitted: answerability.features,
          own: ANSWERABILITY_FEATURES,
          weights: [answerability.weights],
        },
      ];
    });
    this.#part = file[kind];
    this.#trees = fromTreeArrays(this.#part.trees, [...FEATURE_NAMES, ...MATCH_FEATURES]);
  }

  /** Probability, for each candidate sentence, that it holds the answer. */
  probabilities(evidence: CollectedEvidence): number[] {
    const { match, calibration } = this.#part;
    const matched = matchScores(match, evidence.rows, evidence.vectors);
    const { scores, level } = combinedScores(this.#trees, evidence.rows, matched);
    return scores.map((score) =>
      sigmoid(calibration.bias + calibration.slope * score + calibration.level * level),
    );
  }

  /** 0..1: do the passages hold an answer to the question? */
  answerability(evidence: CollectedEvidence, probabilities: readonly number[]): number {
    const { bias, weights } = this.#part.answerability;
    return sigmoid(
      answerabilityFeatures(evidence, probabilities).reduce(
        (sum, value, at) => sum + value * (weights[at] ?? 0),
        bias,
      ),
    );
  }
}

/**
 * The trees and the match score together: what orders the candidates, and the level of the match
 * scores (their log-sum-exp), which tells how they compare with other questions'.
 */
export function combinedScores(
  trees: BoostedTrees,
  rows: readonly Float64Array[],
  matched: readonly number[],
): { readonly scores: number[]; readonly level: number } {
  const most = Math.max(...matched);
  const level =
    matched.length === 0
      ? 0
      : most + Math.log(matched.reduce((sum, score) => sum + Math.exp(score - most), 0));
  const scores = withMatch(rows, matched).map(
    (row, at) => evaluateTrees(trees, row) + (matched[at] ?? 0),
  );
  return { scores, level };
}
