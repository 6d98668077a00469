import { describe, expect, it } from 'vitest';
import { evaluateTrees, sigmoid, type BoostedTrees } from './boosted-trees.ts';

const model: BoostedTrees = {
  base: 0.5,
  trees: [{ f: 1, t: 2, l: -1, r: { f: 0, t: 0, l: 4, r: 8 } }, 0.25],
};

describe('evaluateTrees', () => {
  it.each([
    [[0, 2], -0.25],
    [[0, 3], 4.75],
    [[1, 3], 8.75],
    // A feature that the row does not have counts as 0.
    [[7], -0.25],
  ])('sums the leaves that %j reaches', (row, score) => {
    expect(evaluateTrees(model, row)).toBe(score);
    expect(evaluateTrees(model, Float64Array.from(row))).toBe(score);
  });

  it('gives log-odds that sigmoid turns into a probability', () => {
    expect(sigmoid(0)).toBe(0.5);
    expect(sigmoid(Math.log(3))).toBeCloseTo(0.75, 12);
  });
});
