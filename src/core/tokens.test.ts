import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countWords, foldHan, terms, tokenize } from './tokens.ts';

describe('tokenize', () => {
  it('folds case, accents, possessives and Traditional characters', () => {
    expect(tokenize('Zürich’s Café 1,000 臺灣').map((token) => token.text)).toEqual([
      'zurich',
      'cafe',
      '1,000',
      '台',
      '湾',
    ]);
  });

  it('gives offsets of the source, in order, for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        let last = 0;
        for (const { start, end } of tokenize(text, { stem: true })) {
          expect(start).toBeGreaterThanOrEqual(last);
          expect(end).toBeGreaterThan(start);
          last = end;
        }
        expect(last).toBeLessThanOrEqual(text.length);
        expect(foldHan(text)).toHaveLength(text.length);
      }),
    );
  });
});

describe('terms', () => {
  it('pairs characters within a run and keeps a lone one', () => {
    expect(terms('北京大学 1898 年')).toEqual(['北京', '京大', '大学', '1898', '年']);
    expect(terms('running towers', { stem: true })).toEqual(['run', 'tower']);
  });
});

describe('countWords', () => {
  it('counts two unspaced characters as a word', () => {
    expect(countWords('北京大学 is old')).toBe(4);
  });
});
