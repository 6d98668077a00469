/** Boosted trees as `evidence-model.json` keeps them: flat arrays, which are half as long as nested nodes. */
import { z } from 'zod';
import type { BoostedTrees, TreeNode } from '../../../src/core/boosted-trees.ts';
import { FootnoteError } from '../../../src/core/errors.ts';
import { checkFeatures } from '../../../src/runtime/fitted-model.ts';

/**
 * A tree as flat arrays over its inner nodes. Node `i` goes to `left[i]` when
 * `features[i] <= threshold[i]`, else to `right[i]`; a negative target `-k - 1` is leaf `k`.
 */
const treeSchema = z.strictObject({
  feature: z.array(z.number().int().min(0)),
  threshold: z.array(z.number()),
  left: z.array(z.number().int()),
  right: z.array(z.number().int()),
  leaf: z.array(z.number()).min(1),
});

export const treeArraysSchema = z.strictObject({
  features: z.array(z.string()),
  base: z.number(),
  trees: z.array(treeSchema),
});

export type TreeArrays = z.infer<typeof treeArraysSchema>;

/**
 * The trees of a file: its features must be the program's own, and every branch must lead forwards.
 * @throws FootnoteError `model-invalid`
 */
export function fromTreeArrays(model: TreeArrays, features: readonly string[]): BoostedTrees {
  checkFeatures('trees', { fitted: model.features, own: features });
  const trees = model.trees.map(({ feature, threshold, left, right, leaf }) => {
    const follow = (target: number | undefined, from: number): TreeNode => {
      if (target !== undefined && target < 0) {
        const value = leaf[-target - 1];
        if (value !== undefined) return value;
      } else if (target !== undefined && target > from) {
        const f = feature[target];
        const t = threshold[target];
        if (f !== undefined && f < features.length && t !== undefined) {
          return { f, t, l: follow(left[target], target), r: follow(right[target], target) };
        }
      }
      throw new FootnoteError('model-invalid', 'trees: a branch leads nowhere');
    };
    return follow(feature.length === 0 ? -1 : 0, -1);
  });
  return { base: model.base, trees };
}

/** The way back, for training. */
export function toTreeArrays(model: BoostedTrees, features: readonly string[]): TreeArrays {
  const trees = model.trees.map((root) => {
    const arrays: TreeArrays['trees'][number] = {
      feature: [],
      threshold: [],
      left: [],
      right: [],
      leaf: [],
    };
    const write = (tree: TreeNode): number => {
      if (typeof tree === 'number') return -arrays.leaf.push(tree);
      const node = arrays.feature.push(tree.f) - 1;
      arrays.threshold.push(tree.t);
      arrays.left.push(0);
      arrays.right.push(0);
      arrays.left[node] = write(tree.l);
      arrays.right[node] = write(tree.r);
      return node;
    };
    write(root);
    return arrays;
  });
  return { features: [...features], base: model.base, trees };
}
