/**
 * Gradient-boosted regression trees (Friedman 2001), evaluated: the sum of the leaves that a row
 * reaches. The rooms keep their weights as JSON, each in its own form; `eval/lab/trees` grows them.
 */

/** A split (`l` when `row[f] <= t`, else `r`) or a leaf's value. */
export type TreeNode =
  | { readonly f: number; readonly t: number; readonly l: TreeNode; readonly r: TreeNode }
  | number;

export interface BoostedTrees {
  /** The score before the first tree. */
  readonly base: number;
  readonly trees: readonly TreeNode[];
}

/** Whether a value read from a file is a tree over so many features. */
export function isTree(value: unknown, features: number): value is TreeNode {
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || value === null) return false;
  const { f, t, l, r } = value as Readonly<Record<string, unknown>>;
  const split = Number.isInteger(f) && Number(f) >= 0 && Number(f) < features;
  return split && typeof t === 'number' && isTree(l, features) && isTree(r, features);
}

/** The raw sum for one row of features: log-odds for models grown with the logistic loss. */
export function evaluateTrees(model: BoostedTrees, row: ArrayLike<number>): number {
  let sum = model.base;
  for (const tree of model.trees) {
    let node = tree;
    while (typeof node !== 'number') node = (row[node.f] ?? 0) <= node.t ? node.l : node.r;
    sum += node;
  }
  return sum;
}

export function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-value));
}
