import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalUrl } from './canonical-url.ts';

describe('canonicalUrl', () => {
  it.each([
    ['https://example.org/a#part', 'http://example.org/a'],
    ['https://www.example.org/a/', 'https://example.org/a'],
    ['https://m.example.org/a', 'https://example.org/a'],
    ['https://example.org:443/a', 'http://example.org:80/a'],
    ['https://example.org/a?utm_source=x&id=3&fbclid=y', 'https://example.org/a?id=3'],
    ['https://example.org/a?b=2&a=1', 'https://example.org/a?a=1&b=2'],
    ['https://example.org/index.html', 'https://example.org'],
    ['https://EXAMPLE.org//a', 'https://example.org/a'],
    ['https://example.org/caf%c3%a9', 'https://example.org/café'],
    ['https://user:pass@example.org/', 'https://example.org'],
    ['https://en.m.wikipedia.org/wiki/Tea', 'https://en.wikipedia.org/wiki/Tea'],
    ['https://zh.wikipedia.org/zh-cn/%E8%8C%B6', 'https://zh.wikipedia.org/wiki/茶'],
    ['file:///srv/a%20b.html#x', 'file:///srv/a b.html'],
  ])('takes %s and %s for one page', (a, b) => {
    expect(canonicalUrl(a)).toBe(canonicalUrl(b));
  });

  it.each([
    ['https://example.org/a?id=1', 'https://example.org/a?id=2'],
    ['https://example.org/a', 'https://example.org/A'],
    ['https://example.org:8080/a', 'https://example.org/a'],
    ['https://news.example.org/a', 'https://example.org/a'],
    ['https://en.wikipedia.org/wiki/Tea', 'https://zh.wikipedia.org/wiki/Tea'],
    ['https://m.com/', 'https://com/'],
    ['file:///a.html', 'https://a.html'],
    ['https://example.org/a%2Fb', 'https://example.org/a/b'],
  ])('tells %s from %s', (a, b) => {
    expect(canonicalUrl(a)).not.toBe(canonicalUrl(b));
  });

  it('is idempotent, and never throws', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.webUrl({ withFragments: true, withQueryParameters: true }), fc.string()),
        (text) => {
          const once = canonicalUrl(text);
          expect(canonicalUrl(once)).toBe(once);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('does not depend on fragment, tracking, parameter order or scheme', () => {
    const word = fc.stringMatching(/^[a-z]{1,8}$/u);
    const parameters = fc.uniqueArray(fc.tuple(word, word), {
      selector: ([name]) => name,
      maxLength: 5,
    });
    fc.assert(
      fc.property(fc.array(word, { maxLength: 4 }), parameters, word, (path, pairs, fragment) => {
        const base = `example.org/${path.join('/')}`;
        const plain = `https://${base}?${new URLSearchParams(pairs).toString()}`;
        const shuffled = pairs.toReversed();
        const noisy = `http://www.${base}?${new URLSearchParams([['utm_medium', 'x'], ...shuffled, ['gclid', '1']]).toString()}#${fragment}`;
        expect(canonicalUrl(noisy)).toBe(canonicalUrl(plain));
      }),
    );
  });
});
