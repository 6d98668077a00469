import { describe, expect, it } from 'vitest';
import { fromTreeArrays, toTreeArrays } from './tree-arrays.ts';

const names = ['a', 'b'];
const model = {
  base: 0.25,
  trees: [{ f: 1, t: 2, l: -1, r: { f: 0, t: 0, l: 4, r: 8 } }, 3],
};
const arrays = {
  features: names,
  base: 0.25,
  trees: [
    { feature: [1, 0], threshold: [2, 0], left: [-1, -2], right: [1, -3], leaf: [-1, 4, 8] },
    { feature: [], threshold: [], left: [], right: [], leaf: [3] },
  ],
};

describe('tree arrays', () => {
  it('hold the same trees both ways', () => {
    expect(toTreeArrays(model, names)).toEqual(arrays);
    expect(fromTreeArrays(arrays, names)).toEqual(model);
  });

  it.each([
    ['other features', { ...arrays, features: ['a', 'c'] }],
    ['a loop', { ...arrays, trees: [{ ...arrays.trees[0]!, right: [0, -3] }] }],
    ['a leaf too many', { ...arrays, trees: [{ ...arrays.trees[0]!, right: [1, -4] }] }],
    ['a node too many', { ...arrays, trees: [{ ...arrays.trees[0]!, right: [2, -3] }] }],
    ['an unknown feature', { ...arrays, trees: [{ ...arrays.trees[0]!, feature: [1, 2] }] }],
  ])('are refused with %s', (_, file) => {
    expect(() => fromTreeArrays(file, names)).toThrow(
      expect.objectContaining({ code: 'model-invalid' }),
    );
  });
});
