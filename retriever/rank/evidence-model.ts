/**
 * The trained models: which sentence holds the answer, and whether any does. Weights are in
 * `evidence-model.json`, written by `training/train-evidence.ts`; one set with the embedder's
 * similarities, one with words alone.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { evaluateTrees, sigmoid, type BoostedTrees } from '../../src/core/boosted-trees.ts';
import { FootnoteError } from '../../src/core/errors.ts';
import { packageRoot } from '../../src/core/package-root.ts';
import { ANSWERABILITY_FEATURES, answerabilityFeatures } from './answerability.ts';
import type { CollectedEvidence } from './collect-evidence.ts';
import { FEATURE_NAMES } from './evidence-features.ts';
import { fromTreeArrays, treeArraysSchema } from './tree-arrays.ts';

const partSchema = z.strictObject({
  trees: treeArraysSchema,
  calibration: z.strictObject({ bias: z.number(), slope: z.number() }),
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
    const path = join(packageRoot, 'retriever/rank/evidence-model.json');
    const parsed = fileSchema.safeParse(JSON.parse(readFileSync(path, 'utf8')));
    if (!parsed.success)
      throw new FootnoteError('model-invalid', `${path}: ${parsed.error.message}`);
    this.#part = parsed.data[kind];
    this.#trees = fromTreeArrays(this.#part.trees, FEATURE_NAMES);
    if (this.#part.answerability.features.join() !== ANSWERABILITY_FEATURES.join()) {
      throw new FootnoteError('model-invalid', `${path}: trained on other features; train again`);
    }
  }

  /** Probability, for each candidate sentence, that it holds the answer. */
  probabilities(evidence: CollectedEvidence): number[] {
    const { bias, slope } = this.#part.calibration;
    return evidence.rows.map((row) => sigmoid(bias + slope * evaluateTrees(this.#trees, row)));
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
