/**
 * The learned decision: is this block content? Gradient-boosted trees over `blockFeatures`. The
 * weights are data (`block-model.json`), made by `training/train-block-model.ts`.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/core/package-root.ts';

/** A tree as a flat list of nodes `[feature, threshold, left, right]`; a leaf is `[-1, value, 0, 0]`. */
type Tree = readonly number[];

export interface BoostedTrees {
  /** Log-odds before the first tree. */
  readonly bias: number;
  readonly trees: readonly Tree[];
}

const MODEL_PATH = 'retriever/extract/block-model.json';
let loaded: BoostedTrees | undefined;

/** The weights in the repository, read once. */
function loadBlockModel(): BoostedTrees {
  loaded ??= JSON.parse(readFileSync(join(packageRoot, MODEL_PATH), 'utf8')) as BoostedTrees;
  return loaded;
}

/** Probability of the positive class for one row. */
function predictTrees(model: BoostedTrees, row: ArrayLike<number>): number {
  let score = model.bias;
  for (const tree of model.trees) {
    let node = 0;
    while (tree[node] !== -1) {
      const goesLeft = (row[tree[node] ?? 0] ?? 0) <= (tree[node + 1] ?? 0);
      node = ((goesLeft ? tree[node + 2] : tree[node + 3]) ?? 0) * 4;
    }
    score += tree[node + 1] ?? 0;
  }
  return 1 / (1 + Math.exp(-score));
}

/** Probability that each block of a page is content, in the blocks' order. */
export function contentProbabilities(
  rows: readonly Float32Array[],
  model: BoostedTrees = loadBlockModel(),
): readonly number[] {
  return rows.map((row) => predictTrees(model, row));
}
