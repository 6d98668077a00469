/**
 * Evaluates small boosted trees kept as JSON: a sum of regression trees over a feature vector
 * (Friedman 2001). Only evaluation is needed at run time; `scorer/training` grows them.
 */

/** A split (`left` when `features[feature] <= threshold`) or a leaf. */
export type TreeNode =
  | { readonly f: number; readonly t: number; readonly l: TreeNode; readonly r: TreeNode }
  | number;

export interface BoostedTrees {
  readonly features: readonly string[];
  readonly base: number;
  readonly trees: readonly TreeNode[];
}

/** The raw sum (log-odds for a classifier, a score for a ranker). */
export function evaluateTrees(model: BoostedTrees, features: readonly number[]): number {
  let sum = model.base;
  for (const tree of model.trees) {
    let node = tree;
    while (typeof node !== 'number') {
      node = (features[node.f] ?? 0) <= node.t ? node.l : node.r;
    }
    sum += node;
  }
  return sum;
}

export function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-value));
}
