import { describe, expect, it } from 'vitest';
import { isJavascriptShell } from './javascript-shell.ts';

const page = (html: string, contentType = 'text/html', rendered = false) => ({
  url: 'https://example.com/',
  finalUrl: 'https://example.com/',
  status: 200,
  contentType,
  body: Buffer.from(html),
  fetchedAt: '2026-01-01T00:00:00.000Z',
  rendered,
  lastModified: null,
});
const words = (count: number): string => 'word '.repeat(count).trim();

describe('isJavascriptShell', () => {
  it.each([
    ['an empty mount point', '<div id="root"></div><script src="a.js"></script>', words(100)],
    ['another', '<div class=x id=__next>\n</div><script>1</script>', ''],
    ['nothing but a script', '<script>1</script>', 'Loading…'],
    ['a plea', '<noscript>You need to enable JavaScript.</noscript><script>1</script>', words(30)],
    ['a Chinese plea', '<noscript>请在浏览器中启用脚本</noscript><script>1</script>', words(30)],
  ])('sees %s', (_, html, text) => {
    expect(isJavascriptShell(page(html), text)).toBe(true);
  });

  it.each([
    ['a short page without scripts', '<p>Short.</p>', 'Short.'],
    ['a short page with a counter', `<p>x</p><script>count()</script>`, words(30)],
    ['a long page with a mount point', '<div id="root"></div><script>1</script>', words(300)],
    ['a short Chinese page', '<p>x</p><script>1</script>', '灯塔'.repeat(30)],
  ])('leaves %s alone', (_, html, text) => {
    expect(isJavascriptShell(page(html), text)).toBe(false);
  });

  it('does not look at other types, nor twice', () => {
    const html = '<div id="root"></div><script>1</script>';
    expect(isJavascriptShell(page(html, 'text/plain'), '')).toBe(false);
    expect(isJavascriptShell(page(html, 'text/html', true), '')).toBe(false);
  });

  it.each(['<div ', '<noscript>', '<div id=root ', '<script', '<div id=root>   ', '<app-root x'])(
    'is quick on a page of %j',
    (part) => {
      const hostile = page(`<script></script>${part.repeat(200_000)}`);
      const start = performance.now();
      isJavascriptShell(hostile, '');
      isJavascriptShell(hostile, words(30));
      expect(performance.now() - start).toBeLessThan(4_000);
    },
  );
});
