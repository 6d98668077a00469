/**
 * The learned decision: is this block content? Gradient-boosted trees over `blockFeatures`. The
 * weights are data (`block-model.json`), made by `training/train-block-model.ts`.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  evaluateTrees,
  sigmoid,
  type BoostedTrees,
  type TreeNode,
} from '../../src/core/boosted-trees.ts';
import { packageRoot } from '../../src/core/package-root.ts';

/** As the file keeps it. */
export interface BlockTrees {
  readonly bias: number;
  /** A tree as a flat list of nodes `[feature, threshold, left, right]`; a leaf is `[-1, value, 0, 0]`. */
  readonly trees: readonly (readonly number[])[];
}

const MODEL_PATH = 'retriever/extract/block-model.json';
let loaded: BoostedTrees | undefined;

/** The weights in the repository, read once. */
function loadBlockModel(): BoostedTrees {
  if (loaded === undefined) {
    const file = JSON.parse(readFileSync(join(packageRoot, MODEL_PATH), 'utf8')) as BlockTrees;
    loaded = { base: file.bias, trees: file.trees.map((tree) => nodeAt(tree, 0)) };
  }
  return loaded;
}

function nodeAt(tree: readonly number[], index: number): TreeNode {
  const [f = -1, t = 0, left = 0, right = 0] = tree.slice(index * 4, index * 4 + 4);
  return f === -1 ? t : { f, t, l: nodeAt(tree, left), r: nodeAt(tree, right) };
}

/** Probability that each block of a page is content, in the blocks' order. */
export function contentProbabilities(
  rows: readonly Float32Array[],
  model: BoostedTrees = loadBlockModel(),
): readonly number[] {
  return rows.map((row) => sigmoid(evaluateTrees(model, row)));
}
