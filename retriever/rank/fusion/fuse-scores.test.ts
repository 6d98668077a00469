import { expect, test } from 'vitest';
import { FusionModel, type FusedPassage } from './fuse-scores.ts';

const model = new FusionModel();
const pair = (relevance: number, answerable: number) => ({
  relevance,
  answerable,
  spanProbability: answerable > 0 ? 0.8 : 0.01,
  nullProbability: answerable > 0 ? 0.05 : 0.95,
});
const passages: FusedPassage[] = [
  { base: 1, pair: pair(-2, -4) },
  { base: 0.5, pair: pair(3, 3) },
  { base: 0.9, pair: null },
  { base: -3, pair: null },
];

test('what the cross-encoder prefers comes first, what was not read comes after what was', () => {
  const scores = model.passages(passages);
  const order = scores.map((_, at) => at).toSorted((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0));
  expect(order).toEqual([1, 0, 2, 3]);
  expect(scores.every((score) => Number.isFinite(score))).toBe(true);
});

test('the sentence that the span points to gains, and others keep their order', () => {
  const [pointed = 0, beside = 0, elsewhere = 0] = model.sentences(
    [
      { passage: 1, probability: 0.3, mass: 0.9 },
      { passage: 1, probability: 0.3, mass: 0 },
      { passage: 0, probability: 0.3, mass: 0 },
    ],
    passages,
  );
  expect(pointed).toBeGreaterThan(beside);
  expect(beside).toBeGreaterThanOrEqual(elsewhere);
});

test('an answer is likelier where the cross-encoder sees one', () => {
  const sentence = { passage: 0, probability: 0.5, mass: 0.8 };
  const one = (answerable: number): FusedPassage[] => [{ base: 0, pair: pair(1, answerable) }];
  const seen = model.answerable(0.6, [sentence], [0.8], one(4));
  const unseen = model.answerable(0.6, [{ ...sentence, mass: 0 }], [0.2], one(-5));
  expect(seen).toBeGreaterThan(unseen);
  expect(model.answerable(0, [], [], [])).toBeLessThan(0.5);
});

test('nothing to rank', () => {
  expect(model.passages([])).toEqual([]);
  expect(model.sentences([], [])).toEqual([]);
});
