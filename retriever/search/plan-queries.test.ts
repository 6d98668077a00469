import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planQueries } from './plan-queries.ts';

const now = new Date('2026-01-15T10:00:00Z');
const first = (question: string): string => planQueries(question, now).texts[0] ?? '';

describe('planQueries', () => {
  it('resolves dates in English', () => {
    expect(first("Who won last year's Tour de France?")).toBe("Who won 2025's Tour de France?");
    expect(first('What opens this year in Riga?')).toBe('What opens 2026 in Riga?');
    expect(first('inflation last month')).toBe('inflation December 2025');
    expect(first('What happened yesterday?')).toBe('What happened 14 January 2026?');
    expect(first('the last year of the Ming dynasty')).toBe('the last year of the Ming dynasty');
    expect(first('Who directed Last Year at Marienbad?')).toBe(
      'Who directed Last Year at Marienbad?',
    );
    expect(first('Who wrote "this year in review"?')).toBe('Who wrote "this year in review"?');
  });

  it('resolves dates in Chinese, Japanese and Korean', () => {
    expect(first('去年的诺贝尔文学奖得主是谁？')).toBe('2025年的诺贝尔文学奖得主是谁？');
    expect(first('前年和今年的冠军')).toBe('2024年和2026年的冠军');
    expect(first('上个月的通胀率')).toBe('2025年12月的通胀率');
    expect(first('昨年の優勝者')).toBe('2025年の優勝者');
    expect(first('《去年烟花特别多》是谁唱的')).toBe('《去年烟花特别多》是谁唱的');
  });

  it('asks for Latin names of a Chinese question as well', () => {
    expect(planQueries('Voyager 1 是哪一年发射的？', now).texts).toEqual([
      'Voyager 1 是哪一年发射的？',
      'Voyager 1',
    ]);
    expect(planQueries('红楼梦的作者是谁？', now).texts).toHaveLength(1);
    expect(planQueries('Who wrote Emma?', now).texts).toEqual(['Who wrote Emma?']);
  });

  it('gives one to three texts for any question, the first never empty', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (text) => {
        fc.pre(text.trim() !== '');
        const { texts } = planQueries(text, now);
        expect(texts.length).toBeGreaterThanOrEqual(1);
        expect(texts.length).toBeLessThanOrEqual(3);
        for (const each of texts) expect(each.trim()).not.toBe('');
      }),
      { numRuns: 300 },
    );
  });
});
