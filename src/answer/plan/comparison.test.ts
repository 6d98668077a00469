import { describe, expect, it } from 'vitest';
import type { Answer } from '../../core/nouns.ts';
import { comparisonIn, conclusion, sideQuestion } from './comparison.ts';
import { figureOf } from './figure-of.ts';
import { nearestQuantity, quantitiesIn, withUnit } from './measured-quantity.ts';
import { namedBy, twoHopsIn } from './two-hops.ts';

describe('comparisonIn', () => {
  it.each([
    [
      'Is Lake Baikal deeper than Lake Tanganyika?',
      'How deep is Lake Baikal?',
      'How deep is Lake Tanganyika?',
    ],
    [
      'Which is taller, Olympus Mons or Mount Everest?',
      'How high is Olympus Mons?',
      'How high is Mount Everest?',
    ],
    ['Which mountain is higher: K2 or Mont Blanc?', 'How high is K2?', 'How high is Mont Blanc?'],
    [
      'How much longer is the Grand Canal than the Panama Canal?',
      'How long is the Grand Canal?',
      'How long is the Panama Canal?',
    ],
    ['Who is older, Marie Curie or Albert Einstein?', /born.*Curie|Curie.*born/u, /Einstein/u],
    ['玉山和珠穆朗玛峰哪个更高？', '玉山有多高？', '珠穆朗玛峰有多高？'],
    ['京杭大运河比巴拿马运河长吗？', '京杭大运河有多长？', '巴拿马运河有多长？'],
  ])('reads %s', (question, x, y) => {
    const comparison = comparisonIn(question);
    expect(comparison).not.toBeNull();
    if (comparison === null) return;
    const sides = [sideQuestion(comparison, 'x'), sideQuestion(comparison, 'y')];
    for (const [index, expected] of [x, y].entries()) {
      if (typeof expected === 'string') expect(sides[index]).toBe(expected);
      else expect(sides[index]).toMatch(expected);
    }
  });

  it.each([
    'Is the universe older than it looks?',
    'How deep is Lake Baikal?',
    'Why is K2 harder to climb than Everest?',
    'Is tea better than coffee?',
    '比萨斜塔有多高？',
  ])('leaves %s alone', (question) => {
    expect(comparisonIn(question)).toBeNull();
  });

  it('concludes by the measure, in the asked direction', () => {
    const deeper = comparisonIn('Is Lake Tanganyika deeper than Lake Baikal?');
    if (deeper === null) throw new Error('not read');
    const [t, b] = [
      { value: 1470, text: '1,470 m' },
      { value: 1642, text: '1,642 m' },
    ];
    expect(conclusion(deeper, t, b, null)).toBe(
      'No: Lake Baikal (1,642 m) is deeper than Lake Tanganyika (1,470 m).',
    );
    const older = comparisonIn('Who is older, Curie or Einstein?');
    if (older === null) throw new Error('not read');
    expect(
      conclusion(older, { value: 1867, text: '1867' }, { value: 1879, text: '1879' }, null),
    ).toBe('Curie (1867) is older than Einstein (1879).');
  });
});

describe('quantitiesIn', () => {
  it.each([
    ['It is 1,642 metres deep.', 'length', [1642]],
    ['at 21.9 km, or 13.6 miles', 'length', [21_900, 21_887.0784]],
    ['玉山主峰海拔3952公尺', 'length', [3952]],
    ['全长1794千米', 'length', [1_794_000]],
    ['about 2.1 million people', 'count', [2_100_000]],
    ['人口约1400万', 'count', [14_000_000]],
    ['born in 1867, died in 1934', 'year', [1867, 1934]],
    ['公元前221年统一', 'year', [-221]],
    ['weighs 100 g', 'mass', [0.1]],
    ['covers 31,722 km2', 'area', [31_722e6]],
    ['covers 31,722 km2', 'length', []],
  ] as const)('finds those of %s', (sentence, dimension, values) => {
    const found = quantitiesIn(sentence, dimension).map(({ value }) => value);
    expect(found).toHaveLength(values.length);
    for (const [index, value] of values.entries()) expect(found[index]).toBeCloseTo(value, 3);
  });

  it('takes the one beside the word that names it', () => {
    const sentence = 'The lake is 636 km long and up to 1,642 m deep.';
    expect(nearestQuantity(sentence, 'length', /deep/u)?.text).toBe('1,642 m');
    expect(nearestQuantity(sentence, 'length', /long/u)?.text).toBe('636 km');
  });
});

describe('figureOf', () => {
  const TEXT =
    'Olympus Mons rises about 21.9 kilometres above the reference level. ' +
    'Around the edge there is a cliff that is up to 8 kilometres high. It is 600 kilometres wide.';
  const page = (title: string, text: string): Answer => ({
    id: '',
    question: '',
    answer: '',
    abstained: true,
    language: 'en',
    sentences: [],
    references: [
      {
        number: 1,
        url: 'https://a.example/',
        title,
        site: 'a.example',
        published_at: null,
        fetched_at: '2026-01-01T00:00:00.000Z',
        text,
        score: 1,
        evidence: [],
      },
    ],
    score: null,
    model: 'extractive',
    usage: { prompt_tokens: 0, completion_tokens: 0 },
    timings_ms: { search: 0, fetch: 0, extract: 0, rank: 0, generate: 0, score: 0, total: 0 },
    warnings: [],
    steps: [],
  });
  const figure = (answer: Answer, thing: string, words: RegExp): string | undefined =>
    figureOf(answer, thing, { dimension: 'length', words }, (url, quote) => `${url}#${quote}`)
      ?.quantity.text;

  it('takes the thing’s own figure, not that of its parts or neighbours', () => {
    const answer = page('Olympus Mons', TEXT);
    expect(figure(answer, 'Olympus Mons', /high|height|above/u)).toBe('21.9 kilometres');
    expect(figure(answer, 'Olympus Mons', /wide|width/u)).toBe('600 kilometres');
    expect(figure(answer, 'Yushan', /high|height|above/u)).toBeUndefined();
  });

  it('quotes its source to the letter', () => {
    const found = figureOf(
      page('Lake Baikal', 'Its greatest depth is 1,642 metres.'),
      'Lake Baikal',
      { dimension: 'length', words: /deep|depth/u },
      (url) => url,
    );
    expect(found?.quantity.value).toBe(1_642);
    expect(found?.sentence.citations).toEqual([
      {
        reference: 1,
        url: 'https://a.example/',
        start: 0,
        end: 35,
        quote: 'Its greatest depth is 1,642 metres.',
        support: 1,
      },
    ]);
  });

  it('reads units of every kind, and writes them', () => {
    const meter = (text: string): string | undefined =>
      figure(page('The Tower', text), 'Tower', /tall|high/u);
    expect(meter('The Tower is 300 m tall.')).toBe('300 m');
    expect(meter('The Tower is 984 feet high.')).toBe('984 feet');
    expect(meter('The Tower is 0.3-kilometre high.')).toBe('0.3-kilometre');
    expect(withUnit(36.099999999999994, 'length', false)).toBe('36.1 m');
    expect(withUnit(1_793_983.4, 'length', true)).toBe('1,793.983千米');
    expect(withUnit(14, 'year', false)).toBe('14 years');
  });
});

describe('twoHopsIn', () => {
  it.each([
    ['When was the person who designed UTF-8 born?', 'Who designed UTF-8?', 'When was {it} born?'],
    [
      'What is the capital of the country that won the 2018 World Cup?',
      'Which country won the 2018 World Cup?',
      'What is the capital of {it}?',
    ],
  ])('reads %s', (question, inner, outer) => {
    expect(twoHopsIn(question)).toEqual({ inner, outer });
  });

  it.each([
    'Who is the man who invented the telephone?',
    'How deep is the lake?',
    'What is the law that governs gravity?',
  ])('leaves %s alone', (question) => {
    expect(twoHopsIn(question)).toBeNull();
  });

  it('takes the name that the question lacks', () => {
    const who = 'Who named an element polonium?';
    expect(namedBy('The first, which the Curies named polonium.', who, 'Marie Curie')).toBe(
      'Marie Curie',
    );
    const print = '"Under the Wave off Kanagawa" is a woodblock print by Katsushika Hokusai.';
    expect(namedBy(print, 'Who made The Great Wave?')).toBe('Katsushika Hokusai');
    expect(namedBy('UTF-8 was designed by Ken Thompson in 1992.', 'Who designed UTF-8?')).toBe(
      'Ken Thompson',
    );
  });
});
