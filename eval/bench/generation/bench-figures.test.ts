import { describe, expect, it } from 'vitest';
import { decodeRate, firstTokenMs, median } from './bench-figures.ts';

describe('figures of the bench', () => {
  it('takes the middle, or the mean of the two in the middle', () => {
    expect(median([{ value: 9 }, { value: 1 }, { value: 5 }])).toBe(5);
    expect(median([{ value: 4 }, { value: 1 }])).toBe(2.5);
    expect(median([])).toBeNaN();
  });

  it('counts the tokens that come while all rows decode', () => {
    const arrivals = [
      [100, 0, 1],
      [150, 0, 1],
      [200, 1, 1],
      [250, 0, 4],
      [250, 1, 4],
      [300, 0, 4],
      [300, 1, 4],
      // Row 0 is done: what row 1 does alone does not count.
      [320, 1, 4],
    ] as const;
    expect(firstTokenMs({ arrivals })).toBe(100);
    expect(decodeRate({ arrivals })).toBe((1000 * 16) / 100);
  });
});
