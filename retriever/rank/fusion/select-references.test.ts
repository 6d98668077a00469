import { describe, expect, test } from 'vitest';
import {
  selectReferences,
  type SelectablePassage,
  type SelectOptions,
} from './select-references.ts';

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
  document,
  text: texts[at % texts.length] ?? '',
  words: 14,
  publishedAt,
  scores: [score],
});
const narrow = { maxReferences: 5, maxWords: 400, join: false, mostPerPage: 2, recent: false };
const broad = { ...narrow, join: true, mostPerPage: 5 };
const chosen = (list: readonly SelectablePassage[], options: SelectOptions): number[][] =>
  selectReferences(list, options).map(({ passages }) => [...passages]);

describe('selectReferences', () => {
  test('one fact: best first, at most two from one page, each by itself', () => {
    const list = [passage(0, 0, 0.2), passage(1, 0, 0.9), passage(2, 0, 0.8), passage(3, 1, 0.1)];
    expect(chosen(list, narrow)).toEqual([[1], [2], [3]]);
  });

  test('the only page may give more', () => {
    const list = [passage(0, 0, 0.4), passage(1, 0, 0.3), passage(2, 0, 0.2)];
    expect(chosen(list, narrow)).toEqual([[0], [1], [2]]);
  });

  test('a copy on another page is dropped', () => {
    const list = [passage(0, 0, 0.4), passage(4, 1, 0.3), passage(2, 2, 0.2)];
    expect(chosen(list, narrow)).toEqual([[0], [2]]);
  });

  test('the newer source leads among near-equals when the question is about now', () => {
    const old = passage(0, 0, 0.6, '2019-01-01');
    const recent = passage(1, 1, 0.55, '2026-01-01');
    const unrelated = passage(2, 2, 0.1, '2026-06-01');
    const list = [old, recent, unrelated];
    expect(chosen(list, narrow)).toEqual([[0], [1], [2]]);
    expect(chosen(list, { ...narrow, recent: true })).toEqual([[1], [0], [2]]);
  });

  test('the whole matter: neighbours are one reference, in the order of the page', () => {
    const list = [passage(0, 0, 0.5), passage(1, 0, 0.9), passage(2, 1, 0.7), passage(3, 1, 0.1)];
    expect(chosen(list, { ...broad, maxWords: 42 })).toEqual([[0, 1], [2]]);
  });

  test('neighbours on two pages stay apart', () => {
    expect(chosen([passage(0, 0, 0.9), passage(1, 1, 0.8)], broad)).toEqual([[0], [1]]);
  });

  test('words and references are bounded; a passage longer than all is taken when it is the first', () => {
    const long = { ...passage(0, 0, 0.9), words: 900 };
    expect(chosen([long, passage(1, 1, 0.8)], broad)).toEqual([[0]]);
    const list = [passage(0, 0, 0.9), passage(1, 1, 0.8), passage(2, 2, 0.7)];
    expect(chosen(list, { ...broad, maxReferences: 2 })).toEqual([[0], [1]]);
  });

  test('the parts of a question take turns', () => {
    const list = [
      { ...passage(0, 0, 0), scores: [0.9, 0.2, 0.9] },
      { ...passage(1, 1, 0), scores: [0.8, 0.1, 0.1] },
      { ...passage(2, 2, 0), scores: [0.1, 0.6, 0.2] },
    ];
    const two = { ...broad, maxReferences: 2 };
    expect(
      chosen(list, two)
        .flat()
        .toSorted((a, b) => a - b),
    ).toEqual([0, 2]);
    const whole = list.map((one) => ({ ...one, scores: one.scores.slice(0, 1) }));
    expect(
      chosen(whole, two)
        .flat()
        .toSorted((a, b) => a - b),
    ).toEqual([0, 1]);
  });
});
