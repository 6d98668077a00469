import { describe, expect, it } from 'vitest';
import { contains, containsNormalised, tokenF1 } from './correctness.ts';

describe('correctness', () => {
  it('contains is case-sensitive, as WebGLM defines it', () => {
    expect(contains('Built in Paris.', ['Paris'])).toBe(true);
    expect(contains('built in paris.', ['Paris'])).toBe(false);
    expect(contains('anything', [''])).toBe(false);
  });

  it('containsNormalised folds case, articles, punctuation and Traditional characters', () => {
    expect(containsNormalised('It was the “Eiffel  Tower”!', ['eiffel tower'])).toBe(true);
    expect(containsNormalised('在1949年的臺灣', ['1949年的台湾'])).toBe(true);
    expect(containsNormalised('It took 19 days', ['9'])).toBe(false);
    expect(containsNormalised('密率355/113。', ['355/113'])).toBe(true);
    expect(containsNormalised('cats', ['cat'])).toBe(false);
  });

  it('tokenF1 counts common tokens', () => {
    // 2 common of 3 given and 2 wanted: 2·2 / 5.
    expect(tokenF1('in New York', ['New York'])).toBeCloseTo(0.8);
    expect(tokenF1('Rome', ['New York', 'Rome'])).toBe(1);
    expect(tokenF1('', ['x'])).toBe(0);
  });
});
