import { describe, expect, it } from 'vitest';
import { draftOf } from '../../../src/core/draft-of.ts';
import type { EvalRecord } from '../../run/eval-record.ts';
import { ablationTables } from './ablation-tables.ts';
import { VARIANTS } from './variants.ts';

const drafts = [
  ...Array.from({ length: 8 }, (_, at) => draftOf(`g${at}`)),
  draftOf('quote', 'extractive'),
];
const judged = (name: string): string[] =>
  VARIANTS.find((variant) => variant.name === name)
    ?.drafts(drafts)
    .map(({ text }) => text) ?? [];

describe('variants', () => {
  it('take nested subsets of one run’s drafts', () => {
    expect(judged('best of 2')).toEqual(['g0', 'g1', 'quote']);
    expect(judged('best of 8')).toHaveLength(9);
    expect(judged('drafts alone, best of 4')).toEqual(['g0', 'g1', 'g2', 'g3']);
    expect(judged('quotations alone')).toEqual(['quote']);
  });

  it('are averaged by language, what n drafts add apart from the systems', () => {
    const record = (group: string, correct: number, preference: number): EvalRecord => ({
      id: 'x',
      group,
      question: 'Q?',
      gold: ['a'],
      answer: null,
      error: null,
      metrics: { correct, preference },
      labels: { language: 'en' },
    });
    const tables = ablationTables([
      record('best of 1', 0, 1),
      record('best of 1', 1, 2),
      record('best of 2', 1, 3),
      record('first-draft', 0, 0),
      record('no-scorer', 1, 1),
    ]);
    const added = tables['en: what each further draft adds'];
    expect(Object.keys(added ?? {})).toEqual(['best of 1', 'best of 2', 'first-draft']);
    expect(added?.['best of 1']).toMatchObject({
      questions: 2,
      correct: 0.5,
      'preference score': 1.5,
    });
    expect(Object.keys(tables['en: systems'] ?? {})).toEqual([
      'best of 2',
      'first-draft',
      'no-scorer',
    ]);
  });
});
