import { describe, expect, it } from 'vitest';
import { evaluateTrees, sigmoid, type BoostedTrees } from '../../../src/core/boosted-trees.ts';
import { growTrees } from './grow-trees.ts';
import { seededRandom } from './seeded-random.ts';

const OPTIONS = {
  rounds: 40,
  depth: 3,
  rate: 0.3,
  l2: 1,
  minHessian: 1,
  featureShare: 1,
  seed: 3,
  base: 0,
};

/** Rows of two features in 0..1 and noise in a third; the label is an exclusive or of the first two. */
const random = seededRandom(1);
const rows = Array.from({ length: 600 }, () => [random(), random(), random()]);
const labels = rows.map(([a = 0, b = 0]) => (a > 0.5 === b > 0.5 ? 0 : 1));
const logistic = (scores: Float64Array, g: Float64Array, h: Float64Array): void => {
  labels.forEach((label, row) => {
    const p = sigmoid(scores[row] ?? 0);
    g[row] = p - label;
    h[row] = p * (1 - p);
  });
};
const right = (model: BoostedTrees): number =>
  rows.filter((row, at) => evaluateTrees(model, row) > 0 === (labels[at] === 1)).length /
  rows.length;

describe('growTrees', () => {
  it('learns what no single feature tells', () => {
    expect(right(growTrees(rows, logistic, OPTIONS))).toBeGreaterThan(0.97);
  });

  it('learns from samples of rows and features, and the same each time', () => {
    const options = { ...OPTIONS, rowShare: 0.5, featureShare: 0.7 };
    const model = growTrees(rows, logistic, options);
    expect(right(model)).toBeGreaterThan(0.9);
    expect(growTrees(rows, logistic, options)).toEqual(model);
    expect(growTrees(rows, logistic, { ...options, seed: 4 })).not.toEqual(model);
  });

  it('splits on allowed features only, and falls or rises only where told to', () => {
    const model = growTrees(rows, logistic, { ...OPTIONS, allowed: (feature) => feature !== 0 });
    for (const row of rows) {
      expect(evaluateTrees(model, [0, ...row.slice(1)])).toBe(
        evaluateTrees(model, [1, ...row.slice(1)]),
      );
    }
    const rising = growTrees(rows, logistic, { ...OPTIONS, directions: [1, 0, 0] });
    for (const [, b = 0, c = 0] of rows) {
      const scores = [0, 0.25, 0.45, 0.55, 0.75, 1].map((a) => evaluateTrees(rising, [a, b, c]));
      expect(scores.toSorted((x, y) => x - y)).toEqual(scores);
    }
  });
});
