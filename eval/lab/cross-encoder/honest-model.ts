/** Reads the sentence models of `honest-evidence.ts`, which have not seen the cross-encoder's held-out pages. */
import { sigmoid } from '../../../src/core/boosted-trees.ts';
import { answerabilityFeatures } from '../../../retriever/rank/evidence/answerability.ts';
import type { CollectedEvidence } from '../../../retriever/rank/evidence/collect-evidence.ts';
import { FEATURE_NAMES } from '../../../retriever/rank/evidence/evidence-features.ts';
import { combinedScores } from '../../../retriever/rank/evidence/evidence-model.ts';
import {
  MATCH_FEATURES,
  matchSchema,
  matchScores,
} from '../../../retriever/rank/words/match-score.ts';
import { fromTreeArrays, treeArraysSchema } from '../../../retriever/rank/evidence/tree-arrays.ts';

export interface HonestModel {
  /** Probability for each candidate sentence that it holds the answer. */
  readonly probabilities: (evidence: CollectedEvidence) => number[];
  /** 0..1, from the probabilities. */
  readonly answerability: (evidence: CollectedEvidence, probabilities: readonly number[]) => number;
}

/** @param file the parsed JSON */
export function honestModel(
  file: Readonly<Record<string, unknown>>,
  kind: 'dense' | 'lexical',
): HonestModel {
  const part = file[kind] as {
    match: unknown;
    trees: unknown;
    calibration: { bias: number; slope: number; level: number };
    answerability?: { bias: number; weights: number[] };
  };
  const match = matchSchema.parse(part.match);
  const names = [...FEATURE_NAMES, ...MATCH_FEATURES];
  const trees = fromTreeArrays(treeArraysSchema.parse(part.trees), names);
  const { bias, slope, level } = part.calibration;
  return {
    probabilities: (evidence) => {
      const vectors = kind === 'dense' ? evidence.vectors : null;
      const result = combinedScores(
        trees,
        evidence.rows,
        matchScores(match, evidence.rows, vectors),
      );
      return result.scores.map((score) => sigmoid(bias + slope * score + level * result.level));
    },
    answerability: (evidence, probabilities) =>
      sigmoid(
        answerabilityFeatures(evidence, probabilities).reduce(
          (sum, value, at) => sum + value * (part.answerability?.weights[at] ?? 0),
          part.answerability?.bias ?? 0,
        ),
      ),
  };
}
