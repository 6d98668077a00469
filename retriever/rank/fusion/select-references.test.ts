import { describe, expect, test } from 'vitest';
import { selectReferences, type SelectablePassage } from './select-references.ts';

const texts = [
  'The bridge opened to traffic in the spring of 1890 after eight years of work.',
  'The tower has four hundred steps and a small café at the very top.',
  'Ferries cross the river every twenty minutes on all days but Sunday.',
  'Local bakers sell rye bread at the market near the old town hall.',
];
const passage = (
  at: number,
  document: number,
  score: number,
  publishedAt: string | null = null,
): SelectablePassage => ({
  passage: at,
  document,
  text: texts[at % texts.length] ?? '',
  publishedAt,
  score,
});
const chosen = (list: readonly SelectablePassage[], recent = false): number[] =>
  selectReferences(list, { maxReferences: 5, recent }).map((one) => one.passage);

describe('selectReferences', () => {
  test('best first, at most two from one page', () => {
    expect(
      chosen([passage(0, 0, 0.2), passage(1, 0, 0.9), passage(2, 0, 0.8), passage(3, 1, 0.1)]),
    ).toEqual([1, 2, 3]);
  });

  test('the only page may give more', () => {
    expect(chosen([passage(0, 0, 0.4), passage(1, 0, 0.3), passage(2, 0, 0.2)])).toEqual([0, 1, 2]);
  });

  test('a copy on another page is dropped', () => {
    expect(chosen([passage(0, 0, 0.4), passage(4, 1, 0.3), passage(2, 2, 0.2)])).toEqual([0, 2]);
  });

  test('the newer source leads among near-equals when the question is about now', () => {
    const old = passage(0, 0, 0.6, '2019-01-01');
    const recent = passage(1, 1, 0.55, '2026-01-01');
    const unrelated = passage(2, 2, 0.1, '2026-06-01');
    expect(chosen([old, recent, unrelated])).toEqual([0, 1, 2]);
    expect(chosen([old, recent, unrelated], true)).toEqual([1, 0, 2]);
  });
});
