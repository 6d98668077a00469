import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { textFragmentUrl } from './text-fragment-url.ts';

const terms = (url: string): string[] =>
  (url.split('#:~:text=')[1] ?? '').split(',').map((term) => decodeURIComponent(term));

describe('textFragmentUrl', () => {
  it('encodes what has a meaning in the directive', () => {
    expect(textFragmentUrl('https://a.example/p', 'well-known, A & B')).toBe(
      'https://a.example/p#:~:text=well%2Dknown%2C%20A%20%26%20B',
    );
  });

  it('drops an existing fragment and keeps the query', () => {
    expect(textFragmentUrl('https://a.example/p?x=1#top', 'word')).toBe(
      'https://a.example/p?x=1#:~:text=word',
    );
  });

  it('names long quotes by whole first and last words', () => {
    const quote = `The quick brown fox ${'jumps over the lazy dog and '.repeat(8)}then it finally sleeps well.`;
    const [start, end] = terms(textFragmentUrl('https://a.example/', quote));
    expect(quote.startsWith(`${start} `)).toBe(true);
    expect(quote.endsWith(` ${end}`)).toBe(true);
  });

  it('uses a range for a quote over two blocks', () => {
    expect(terms(textFragmentUrl('https://a.example/', 'A heading\n\nA paragraph.'))).toEqual([
      'A heading',
      'A paragraph.',
    ]);
  });

  it('uses a range from the first to the last cell of a table row', () => {
    expect(terms(textFragmentUrl('https://a.example/', 'Greatest depth | 1,642 m'))).toEqual([
      'Greatest depth',
      '1,642 m',
    ]);
  });

  it('is well formed for any text', () => {
    fc.assert(
      fc.property(
        fc
          .array(fc.integer({ min: 0, max: 0xffff }), { minLength: 1, maxLength: 300 })
          .map((units) => String.fromCharCode(...units)),
        (quote) => {
          const url = textFragmentUrl('https://a.example/p#x', quote);
          const parts = url.split('#');
          expect(parts.length).toBeLessThanOrEqual(2);
          for (const term of terms(url))
            expect(quote.replace(/\p{Surrogate}/gu, '\ufffd')).toContain(term);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('never halves a character in text without spaces', () => {
    const quote = '𠮷𠮶'.repeat(100) + '𠮵'.repeat(40);
    const [start, end] = terms(textFragmentUrl('https://a.example/', quote));
    expect(start).toMatch(/^[𠮷𠮶]+$/u);
    expect(end).toMatch(/^𠮵+$/u);
  });
});
