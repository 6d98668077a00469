/**
 * The learned decision: is this block content? Gradient-boosted trees over `blockFeatures`. The
 * weights are data (`block-model.json`), made by
 * `eval/lab/block-model/train-block-model.ts`.
 */
import { z } from 'zod';
import { sigmoid } from '../../src/core/boosted-trees.ts';
import { readFittedModel } from '../../src/runtime/fitted-model.ts';
import { BLOCK_FEATURES } from './block-features.ts';
import { CONTAINER_FEATURES } from './container-features.ts';

/** As the file keeps it. */
export interface BlockTrees {
  readonly bias: number;
  /** A tree as a flat list of nodes `[feature, threshold, left, right]`; a leaf is `[-1, value, 0, 0]`. */
  readonly trees: readonly (readonly number[])[];
}

const MODEL_PATH = 'retriever/extract/block-model.json';
/** The columns of a row, in their order. */
export const MODEL_FEATURES: readonly string[] = [...BLOCK_FEATURES, ...CONTAINER_FEATURES];

const modelSchema = z.strictObject({
  features: z.array(z.string()),
  bias: z.number(),
  trees: z.array(z.array(z.number())),
});

/** All trees in four flat arrays: 800 blocks through nested objects took three times as long (measured). */
interface PackedTrees {
  readonly bias: number;
  readonly roots: Int32Array;
  /** -1: a leaf, whose value stands in `threshold`. */
  readonly feature: Int32Array;
  readonly threshold: Float64Array;
  readonly left: Int32Array;
  readonly right: Int32Array;
}

let loaded: PackedTrees | undefined;

/**
 * The weights in the repository, read once.
 * @throws FootnoteError `model-invalid` when they are of other features
 */
function loadBlockModel(): PackedTrees {
  loaded ??= pack(
    readFittedModel(MODEL_PATH, modelSchema, ({ features }) => [
      { fitted: features, own: MODEL_FEATURES },
    ]),
  );
  return loaded;
}

function pack({ bias, trees }: BlockTrees): PackedTrees {
  const size = trees.reduce((sum, tree) => sum + tree.length / 4, 0);
  const packed: PackedTrees = {
    bias,
    roots: new Int32Array(trees.length),
    feature: new Int32Array(size),
    threshold: new Float64Array(size),
    left: new Int32Array(size),
    right: new Int32Array(size),
  };
  let next = 0;
  trees.forEach((tree, index) => {
    const root = next;
    packed.roots[index] = root;
    for (let at = 0; at < tree.length; at += 4, next += 1) {
      packed.feature[next] = tree[at] ?? -1;
      packed.threshold[next] = tree[at + 1] ?? 0;
      packed.left[next] = root + (tree[at + 2] ?? 0);
      packed.right[next] = root + (tree[at + 3] ?? 0);
    }
  });
  return packed;
}

/** Probability that each block of a page is content, in the blocks' order. */
export function contentProbabilities(
  rows: readonly Float32Array[],
  trees?: BlockTrees,
): readonly number[] {
  const model = trees === undefined ? loadBlockModel() : pack(trees);
  return rows.map((row) => sigmoid(evaluate(model, row)));
}

function evaluate(model: PackedTrees, row: Float32Array): number {
  const { roots, feature, threshold, left, right } = model;
  let sum = model.bias;
  for (let tree = 0; tree < roots.length; tree += 1) {
    let node = roots[tree] ?? 0;
    for (let f = feature[node] ?? -1; f >= 0; f = feature[node] ?? -1) {
      node = (row[f] ?? 0) <= (threshold[node] ?? 0) ? (left[node] ?? 0) : (right[node] ?? 0);
    }
    sum += threshold[node] ?? 0;
  }
  return sum;
}
