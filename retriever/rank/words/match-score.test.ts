import { expect, test } from 'vitest';
import { matchScores, withMatch, type MatchModel } from './match-score.ts';

const model: MatchModel = {
  features: ['a', 'b'],
  mean: [1, 0],
  deviation: [2, 1],
  weights: [3, 0.5],
  questionMean: [0, 0.1],
  sentenceMean: [0.2, 0],
  diagonal: [1, 2],
};

test('features are standardised, weighted and cut, dimensions are weighted', () => {
  // (3 - 1) / 2 * 3 + 1 * 0.5
  expect(matchScores(model, [[3, 1]], null)[0]).toBeCloseTo(3.5, 6);
  // Far out of what training saw: at most four deviations.
  expect(matchScores(model, [[1000, 0]], null)[0]).toBeCloseTo(12, 6);
  const vectors = {
    question: Float32Array.from([0.6, 0.8]),
    sentences: [Float32Array.from([1, 0]), Float32Array.from([0, 1])],
  };
  const [first, second] = matchScores(
    model,
    [
      [1, 0],
      [1, 0],
    ],
    vectors,
  );
  expect(first).toBeCloseTo(9 * (0.6 * 0.8 + 2 * 0.7 * 0), 5);
  expect(second).toBeCloseTo(9 * (0.6 * -0.2 + 2 * 0.7 * 1), 5);
});

test('the trees see the score, its gap to the best and its place among all', () => {
  const rows = withMatch([Float64Array.of(7), Float64Array.of(8)], [1, 3]);
  expect(rows.map((row) => [...row])).toEqual([
    [7, 1, -2, -1],
    [8, 3, 0, 1],
  ]);
});
