import { describe, expect, it } from 'vitest';
import { contains, containsNormalised, exactMatch, tokenF1 } from './correctness.ts';

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

  it("exactMatch is SQuAD's: articles, case and punctuation do not count", () => {
    expect(exactMatch('The Denver Broncos!', ['Denver Broncos'])).toBe(true);
    expect(exactMatch('Denver Broncos won', ['Denver Broncos'])).toBe(false);
    expect(exactMatch('1949年。', ['1949年'])).toBe(true);
    expect(exactMatch('臺灣', ['台湾'])).toBe(true);
  });

  it("tokenF1 is SQuAD's in worked examples, a Han character a token", () => {
    // Prediction "the cat sat" -> [cat, sat]; gold "a cat" -> [cat]: p 1/2, r 1, F1 2/3.
    expect(tokenF1('the cat sat', ['a cat'])).toBeCloseTo(2 / 3);
    // 北京市 against 北京: 2 common of 3 and 2.
    expect(tokenF1('北京市', ['北京'])).toBeCloseTo(0.8);
    // Repeats count as often as both have them: [new, new, york] against [new, york].
    expect(tokenF1('new new york', ['new york'])).toBeCloseTo(0.8);
  });
});
