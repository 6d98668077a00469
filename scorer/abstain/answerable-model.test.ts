/** The decision to answer: what ranking believes, and what the question's own words say against it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Reference } from '../../src/core/nouns.ts';
import { WORD_FEATURES, wordFeatures } from './answerable-features.ts';
import { AnswerableModel } from './answerable-model.ts';

const folder = mkdtempSync(join(tmpdir(), 'footnote-answerable-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
const model = new AnswerableModel();
const text =
  'French regular army reinforcements arrived in New France in May 1756, led by Major General Louis-Joseph de Montcalm.';
const reference: Reference = {
  number: 1,
  url: 'https://example.org/',
  title: 'French and Indian War',
  site: 'example.org',
  language: 'en',
  publishedAt: null,
  fetchedAt: '2026-11-23T00:00:00Z',
  text,
  score: 1,
  evidence: [{ reference: 1, start: 0, end: text.length, text, score: 0.6 }],
};
const of = (question: string, answerability = 0.5): number =>
  model.probability(question, [reference], answerability, 10);

describe('the decision to answer', () => {
  it('grows with what the ranking believes', () => {
    const question = 'Who led New France reinforcements in 1756?';
    const steps = [0.01, 0.2, 0.5, 0.8, 0.99].map((belief) => of(question, belief));
    expect(steps).toEqual(steps.toSorted((a, b) => a - b));
    expect(of(question, 0.9)).toBeGreaterThan(model.threshold(question));
    expect(of(question, 0.001)).toBeLessThan(model.threshold(question));
  });

  it.each([
    ['a year', 'Who led New France reinforcements in 1765?'],
    ['a name', 'Who led New Spain reinforcements in 1756?'],
    ['a negation', "Who didn't lead New France reinforcements in 1756?"],
  ])('is less sure when %s is exchanged', (_, question) => {
    expect(of(question)).toBeLessThan(of('Who led New France reinforcements in 1756?'));
  });

  it('has a number for every feature, without references too', () => {
    for (const references of [[], [reference]]) {
      const row = wordFeatures('谁在1756年率领援军？', references);
      expect(row).toHaveLength(WORD_FEATURES.length);
      expect(row.every((value) => Number.isFinite(value))).toBe(true);
    }
  });

  it('refuses weights of other features', () => {
    const path = join(folder, 'weights.json');
    const part = { features: ['other'], bias: 0, weights: [1] };
    writeFileSync(
      path,
      JSON.stringify({ words: part, decision: part, threshold: 0.5, unspacedThreshold: 0.5 }),
    );
    expect(() => new AnswerableModel(path)).toThrow(/fit the model again/u);
  });
});
