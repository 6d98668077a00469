import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planQueries } from './plan-queries.ts';

describe('planQueries', () => {
  it('asks for Latin names of a Chinese question as well', () => {
    expect(planQueries('Voyager 1 是哪一年发射的？').texts).toEqual([
      'Voyager 1 是哪一年发射的？',
      'Voyager 1',
    ]);
    expect(planQueries('红楼梦的作者是谁？').texts).toHaveLength(1);
    expect(planQueries('Who wrote Emma?').texts).toEqual(['Who wrote Emma?']);
  });

  it('searches for each of two parts as well', () => {
    expect(planQueries('A和B的面积', ['A的面积', 'B的面积']).texts).toEqual([
      'A和B的面积',
      'A的面积',
      'B的面积',
    ]);
    expect(planQueries('A、B和C', ['A', 'B', 'C']).texts).toEqual(['A、B和C']);
  });

  it('gives one to three texts for any question, the first never empty', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (text) => {
        fc.pre(text.trim() !== '');
        const { texts } = planQueries(text);
        expect(texts.length).toBeGreaterThanOrEqual(1);
        expect(texts.length).toBeLessThanOrEqual(3);
        for (const each of texts) expect(each.trim()).not.toBe('');
      }),
      { numRuns: 300 },
    );
  });
});
