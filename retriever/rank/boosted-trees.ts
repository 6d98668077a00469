/**
 * Gradient-boosted regression trees (Friedman 2001), evaluated: the sum of the trees' leaves. Models
 * are small JSON files that `training/train-evidence.ts` writes.
 */
import { z } from 'zod';
import { FootnoteError } from '../../src/core/errors.ts';

/**
 * A tree as flat arrays over its inner nodes. Node `i` goes to `left[i]` when
 * `features[i] <= threshold[i]`, else to `right[i]`; a negative target `-k - 1` is leaf `k`.
 */
const tree = z.strictObject({
  feature: z.array(z.number().int().min(0)),
  threshold: z.array(z.number()),
  left: z.array(z.number().int()),
  right: z.array(z.number().int()),
  leaf: z.array(z.number()).min(1),
});

export const boostedTreesSchema = z.strictObject({
  features: z.array(z.string()),
  base: z.number(),
  trees: z.array(tree),
});

export type Tree = z.infer<typeof tree>;
export type BoostedTrees = z.infer<typeof boostedTreesSchema>;

/** Sum of the leaves that one row reaches: log-odds for models trained with the logistic loss. */
export function evaluateTrees(model: BoostedTrees, row: ArrayLike<number>): number {
  let score = model.base;
  for (const { feature, threshold, left, right, leaf } of model.trees) {
    let node = feature.length === 0 ? -1 : 0;
    while (node >= 0) {
      node =
        ((row[feature[node] ?? 0] ?? 0) <= (threshold[node] ?? 0) ? left[node] : right[node]) ?? -1;
    }
    score += leaf[-node - 1] ?? 0;
  }
  return score;
}

/**
 * Checks a model read from JSON: its features must be the program's own, and every tree must only
 * point forwards, so that evaluation ends.
 * @throws FootnoteError `model-invalid`
 */
export function checkTrees(value: unknown, features: readonly string[]): BoostedTrees {
  const parsed = boostedTreesSchema.safeParse(value);
  if (!parsed.success) throw new FootnoteError('model-invalid', `trees: ${parsed.error.message}`);
  const model = parsed.data;
  if (model.features.join() !== features.join()) {
    throw new FootnoteError('model-invalid', 'trees: trained on other features; train again');
  }
  for (const { feature, left, right, leaf } of model.trees) {
    for (const [node, target] of [...left.entries(), ...right.entries()]) {
      const valid = target < 0 ? -target <= leaf.length : target > node && target < feature.length;
      if (!valid) throw new FootnoteError('model-invalid', 'trees: a branch leads nowhere');
    }
    if (feature.some((index) => index >= features.length)) {
      throw new FootnoteError('model-invalid', 'trees: unknown feature');
    }
  }
  return model;
}

export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
