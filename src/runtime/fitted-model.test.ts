import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { packageRoot } from '../core/package-root.ts';
import { checkFeatures, readFittedModel } from './fitted-model.ts';

const folder = mkdtempSync(join(tmpdir(), 'footnote-fitted-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
const schema = z.strictObject({ features: z.array(z.string()), weights: z.array(z.number()) });
const load = (content: string) => {
  const path = join(folder, 'model.json');
  writeFileSync(path, content);
  return readFittedModel(path, schema, ({ features, weights }) => [
    { fitted: features, own: ['length', 'names'], weights: [weights] },
  ]);
};

describe('readFittedModel', () => {
  it('gives a model that was fitted to the program’s features', () => {
    const model = { features: ['length', 'names'], weights: [1, 2] };
    expect(load(JSON.stringify(model))).toEqual(model);
  });

  it.each([
    [
      'the same in another order',
      { features: ['names', 'length'], weights: [1, 2] },
      /feature 0 is names in the file and length/u,
    ],
    ['one fewer', { features: ['length'], weights: [1] }, /feature 1 is none in the file/u],
    ['one more', { features: ['length', 'names', 'age'], weights: [1, 2, 3] }, /feature 2 is age/u],
    [
      'too few weights',
      { features: ['length', 'names'], weights: [1] },
      /1 weights for 2 features/u,
    ],
    ['another form', { features: ['length', 'names'] }, /weights/u],
  ])('refuses %s', (_, model, reason) => {
    expect(() => load(JSON.stringify(model))).toThrow(
      expect.objectContaining({ code: 'model-invalid', message: expect.stringMatching(reason) }),
    );
  });

  it('refuses what is no JSON, and what is not there', () => {
    expect(() => load('{')).toThrow(expect.objectContaining({ code: 'model-invalid' }));
    expect(() => readFittedModel('no/such.json', schema, () => [])).toThrow(
      expect.objectContaining({ code: 'model-invalid' }),
    );
  });
});

/** Each model in the repository names its features, so that its loader can compare them. */
const nameLists = (value: unknown): string[][] => {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, one]) =>
    key === 'features' && Array.isArray(one) ? [one as string[]] : nameLists(one),
  );
};

it.each([
  ['scorer/support/support-weights.json', 1],
  ['scorer/preference/preference-weights.json', 1],
  ['scorer/preference/read-preference-weights.json', 1],
  ['scorer/selection/answerable-weights.json', 2],
  ['retriever/rank/fusion-model.json', 3],
  ['retriever/rank/evidence-model.json', 6],
  ['retriever/extract/block-model.json', 1],
])('%s names its features', (file, lists) => {
  const found = nameLists(JSON.parse(readFileSync(join(packageRoot, file), 'utf8')));
  expect(found).toHaveLength(lists);
  for (const names of found) {
    expect(new Set(names).size).toBe(names.length);
    const own = [...names].reverse();
    expect(() => checkFeatures(file, { fitted: names, own })).toThrow(/fit the model again/u);
  }
});
