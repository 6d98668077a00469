import fc from 'fast-check';
import { expect, test } from 'vitest';
import { textCounts } from './text-counts.ts';

const matches = (text: string, pattern: RegExp): number => text.match(pattern)?.length ?? 0;

const SPECIAL = 'a B 1 , . … ; ! ？ 。 、 中 文 か な ไ ท É \u{1d400} \u{20000} \ud800'.split(' ');

test('counts what the regular expressions of the same names count, in any text', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom(...SPECIAL) }),
  );
  fc.assert(
    fc.property(text, (value) => {
      expect(textCounts(value)).toEqual({
        words: matches(value, /[\p{L}\p{N}]+/gu),
        unspaced: matches(
          value,
          /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/gu,
        ),
        capitals: matches(value, /\p{Lu}/gu),
        digits: matches(value, /\d/gu),
        stops: matches(value, /[.!?。！？]/gu),
        ends: matches(value, /[.!?。！？…]/gu),
        commas: matches(value, /[,;，、；]/gu),
      });
    }),
  );
});
