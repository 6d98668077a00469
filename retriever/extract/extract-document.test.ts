/* oxlint-disable no-control-regex -- NUL must not survive */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import iconv from 'iconv-lite';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Document, FetchedPage } from '../../src/core/nouns.ts';
import { FootnoteError } from '../../src/core/errors.ts';
import { packageRoot } from '../../src/core/package-root.ts';
import { extractDocument } from './extract-document.ts';

function page(
  body: string | Uint8Array,
  contentType: string | null = 'text/html',
  url = 'https://example.org/news/item',
): FetchedPage {
  return {
    url,
    finalUrl: url,
    status: 200,
    contentType,
    body: typeof body === 'string' ? new TextEncoder().encode(body) : body,
    fetchedAt: '2026-11-23T12:00:00Z',
    rendered: false,
    lastModified: null,
  };
}

/** What every document must keep, whatever the page was. */
function expectSound(document: Document): void {
  expect(document.text).not.toMatch(/\n{3}|[\u200B\uFEFF\u00AD\u0000]|^\s|\s$/u);
  for (const heading of document.headings) {
    const text = document.text.slice(heading.start, heading.end);
    expect(text.trim()).toBe(text);
    expect(text).not.toMatch(/\n/u);
    expect(text.length).toBeGreaterThan(0);
    expect(document.text.slice(0, heading.start)).toMatch(/^$|\n\n$/u);
  }
}

const SENTENCES =
  'The old mill stood by the river for two hundred years. In 1931 a flood carried away its wheel, and nobody rebuilt it. ';
const article = (inside: string): string =>
  `<html lang="en"><head><title>The Old Mill | Example Gazette</title><meta property="og:site_name" content="Example Gazette"></head><body><nav><a href="/">Home</a> <a href="/x">News</a></nav><article><h1>The Old Mill</h1>${inside}</article><footer>Copyright Example Gazette. All rights reserved.</footer></body></html>`;

describe('extractDocument on HTML', () => {
  it('keeps blocks apart, tables as rows, code verbatim, and records headings', async () => {
    const document = await extractDocument(
      page(
        article(
          `<p>${SENTENCES.repeat(3)}</p><h2>Its machinery</h2><p>${SENTENCES.repeat(2)}</p><table><tr><th>Year</th><th>Flour (t)</th></tr><tr><td>1900</td><td>120</td></tr><tr><td>1910</td><td>95</td></tr></table><p>${SENTENCES.repeat(2)}</p><pre>turn(wheel)\n    .then(grind)</pre><ul><li>Stone of French quarry, bought in 1822 for forty pounds.</li><li>Wheel of oak, mended by the village carpenter each spring.</li></ul><p>${SENTENCES.repeat(3)}</p>`,
        ),
      ),
    );
    expectSound(document);
    expect(document.title).toBe('The Old Mill');
    expect(document.site).toBe('Example Gazette');
    expect(document.language).toBe('en');
    expect(document.text).toContain('Year: 1900 | Flour (t): 120\n\nYear: 1910 | Flour (t): 95');
    expect(document.text).toContain('turn(wheel)\n    .then(grind)');
    expect(document.text).toMatch(/forty pounds\.\n\nWheel of oak/u);
    expect(document.text).not.toContain('All rights reserved');
    expect(
      document.headings.map((heading) => document.text.slice(heading.start, heading.end)),
    ).toContain('Its machinery');
  });

  it('reads a page without html, head and body tags, and text after the closing tag', async () => {
    const document = await extractDocument(
      page(
        `<title>Mill</title><p>${SENTENCES.repeat(4)}</html><p>A late word: the weir still stands today, as strong as ever it was.`,
      ),
    );
    expect(document.text).toContain('The old mill stood');
    expect(document.text).toContain('the weir still stands');
  });

  it('reads a page whose text is only in JSON', async () => {
    const state = JSON.stringify({
      props: {
        pageProps: {
          post: {
            body: `<p>${SENTENCES.repeat(3)}</p><p>The miller's daughter sold the stones in 1940.</p>`,
          },
        },
      },
    });
    const document = await extractDocument(
      page(
        `<html><head><title>Mill</title></head><body><div id="__next"></div><script id="__NEXT_DATA__" type="application/json">${state}</script></body></html>`,
      ),
    );
    expect(document.text).toContain("The miller's daughter sold the stones in 1940.");
    expect(document.text).not.toContain('<p>');
  });

  it('keeps quotations, formulas, steps and code as they stand', async () => {
    const tex = String.raw`P = \eta \rho g Q h`;
    const code = 'def grind(grain):\n    for sack in grain:\n        yield sack  # slowly';
    const document = await extractDocument(
      page(
        article(
          `<p>${SENTENCES.repeat(3)}</p><blockquote><p>We heard the wheel before we saw it, said the miller.</p></blockquote><p>Its power is <math><mi>P</mi><mo>=</mo><mi>x</mi><annotation encoding="application/x-tex">${tex}</annotation></math>, where Q is the flow and h the head of the water.</p><p>${SENTENCES.repeat(2)}</p><ol><li>Open the sluice by a hand's breadth, no more.</li><li>Wait until the stones turn evenly.</li></ol><pre><code class="language-py">${code}\n</code></pre><p>${SENTENCES}</p>`,
        ),
      ),
    );
    const blocks = document.text.split('\n\n');
    expect(blocks).toContain('We heard the wheel before we saw it, said the miller.');
    expect(document.text).toContain(tex);
    expect(blocks).toContain("Open the sluice by a hand's breadth, no more.");
    expect(blocks).toContain(code);
  });

  it('reads the article body of JSON-LD where the page shows none', async () => {
    const linked = JSON.stringify({
      '@graph': [
        {
          '@type': 'NewsArticle',
          headline: 'The Old Mill',
          articleBody: `${SENTENCES.repeat(4)}\n\nThe weir still stands today.`,
          author: { '@id': '#ada' },
        },
        { '@type': 'Person', '@id': '#ada', name: 'Ada Miller' },
      ],
    });
    const document = await extractDocument(
      page(
        `<html><head><title>Mill</title><script type="application/ld+json">${linked}</script></head><body><div id="app"></div></body></html>`,
      ),
    );
    expectSound(document);
    expect(document.text).toMatch(/\n\nThe weir still stands today\.$/u);
    expect(document.byline).toBe('Ada Miller');
  });

  it('believes the date in the URL where an instant in UTC is a day off', async () => {
    const html = `<html><head><meta property="article:published_time" content="2018-12-31T23:11:59+00:00"></head><body><p>${SENTENCES.repeat(4)}</p></body></html>`;
    const at = (url: string): Promise<Document> => extractDocument(page(html, 'text/html', url));
    expect((await at('https://example.org/2019/01/01/mill/')).publishedAt).toBe('2019-01-01');
    expect((await at('https://example.org/mill/')).publishedAt).toBe('2018-12-31T23:11:59+00:00');
  });

  it('keeps the posts of a discussion with their authors', async () => {
    const post = (name: string, text: string): string =>
      `<div class="post"><div class="author"><a href="/u/${name}">${name}</a></div><div class="post-body"><p>${text}</p></div></div>`;
    const html = `<html><head><title>Wheel repair - Mill Forum</title><meta name="generator" content="phpBB"></head><body>${post('anna', 'How do I mend a broken paddle on an undershot wheel without taking the whole wheel off its shaft?')}${post('ben', 'Cut the rivets, slide the paddle out sideways, and fit a new one of elm; it takes an afternoon.')}${post('carl', 'Elm rots at the water line. I would use larch, which lasts for twenty years in our stream.')}</body></html>`;
    const document = await extractDocument(
      page(html, 'text/html', 'https://mill.example/viewtopic.php?t=4'),
    );
    expect(document.text.split('\n\n').map((block) => block.slice(0, 17))).toEqual([
      'anna',
      'How do I mend a b',
      'ben',
      'Cut the rivets, s',
      'carl',
      'Elm rots at the w',
    ]);
  });

  it('reads dates, bylines and canonical URLs of many forms', async () => {
    const chinese = `<html><head><title>老磨坊_示例新闻网</title></head><body><h1>老磨坊</h1><div class="info">2023年5月1日 08:30 记者：王小明</div><p>${'老磨坊在河边矗立了两百年，一九三一年的洪水冲走了水轮，从此再也没有人重建它。'.repeat(8)}</p></body></html>`;
    const document = await extractDocument(page(iconv.encode(chinese, 'gbk')));
    expect(document).toMatchObject({
      title: '老磨坊',
      publishedAt: '2023-05-01',
      byline: '王小明',
      language: 'zh',
    });
    const linked = JSON.stringify({
      '@type': 'NewsArticle',
      headline: 'The Old Mill',
      datePublished: '2021-03-04T10:00:00+0100',
      author: [{ '@type': 'Person', name: 'Ada Miller' }],
    });
    const english = await extractDocument(
      page(
        `<html><head><link rel="canonical" href="/mill"><script type="application/ld+json">${linked}</script></head><body><p>${SENTENCES.repeat(5)}</p></body></html>`,
      ),
    );
    expect(english).toMatchObject({
      publishedAt: '2021-03-04T10:00:00+01:00',
      byline: 'Ada Miller',
      canonicalUrl: 'https://example.org/mill',
    });
  });

  it('decodes legacy charsets that nothing declares', async () => {
    const japanese = `<p>${'古い水車小屋は二百年のあいだ川のそばに立っていた。千九百三十一年の洪水がその車輪を流し、だれも建て直さなかった。'.repeat(6)}</p>`;
    const document = await extractDocument(page(iconv.encode(japanese, 'euc-jp')));
    expect(document.text).toContain('古い水車小屋');
    expect(document.language).toBe('ja');
  });

  it('fails with a typed error on an empty page', async () => {
    await expect(
      extractDocument(page('<html><body><script>x()</script></body></html>')),
    ).rejects.toMatchObject({ code: 'extract-failed' });
    await expect(extractDocument(page(''))).rejects.toBeInstanceOf(FootnoteError);
  });
});

describe('extractDocument on other kinds', () => {
  it('reads Markdown with front matter, keeping code', async () => {
    const document = await extractDocument(
      page(
        '---\ntitle: "Grinding"\nauthor: Ada\ndate: 2024-02-03\n---\n# Grinding\n\nTurn the **wheel** [slowly](http://x.example).\n\n```js\nif (a < b) {\n  turn();\n}\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n- one\n- two\n',
        'text/markdown',
      ),
    );
    expectSound(document);
    expect(document).toMatchObject({ title: 'Grinding', byline: 'Ada', publishedAt: '2024-02-03' });
    expect(document.text).toBe(
      'Grinding\n\nTurn the wheel slowly.\n\nif (a < b) {\n  turn();\n}\n\na: 1 | b: 2\n\none\n\ntwo',
    );
    expect(document.headings).toEqual([{ level: 1, start: 0, end: 8 }]);
  });

  it('joins hard-wrapped lines of plain text and leaves short lines alone', async () => {
    const document = await extractDocument(
      page(
        'THE OLD MILL\n============\n\nThe old mill stood by the river for two hundred\nyears, and then a flood carried away its great wa-\nterwheel; nobody rebuilt it.\n\nRoses are red\nViolets are blue\n',
        'text/plain',
      ),
    );
    expect(document.title).toBe('THE OLD MILL');
    expect(document.text).toContain(
      'for two hundred years, and then a flood carried away its great waterwheel; nobody rebuilt it.',
    );
    expect(document.text).toContain('Roses are red\nViolets are blue');
  });

  it('reads JSON values and RSS items', async () => {
    const json = await extractDocument(
      page(
        JSON.stringify({
          id: 'a1',
          title: 'Mill report',
          url: 'https://x.example/a',
          body: 'The mill ground forty tons of flour in 1910.',
        }),
        'application/json',
      ),
    );
    expect(json.title).toBe('Mill report');
    expect(json.text).toContain('The mill ground forty tons');
    expect(json.text).not.toContain('x.example');
    const feed = await extractDocument(
      page(
        '<?xml version="1.0"?><rss><channel><title>Mills</title><item><title>Wheel found</title><description>&lt;p&gt;Divers found the wheel in the river.&lt;/p&gt;</description></item></channel></rss>',
        'application/rss+xml',
      ),
    );
    expect(feed.title).toBe('Mills');
    expect(feed.text).toBe('Wheel found\n\nDivers found the wheel in the river.');
  });

  it('refuses what is not text', async () => {
    await expect(
      extractDocument(
        page(
          Uint8Array.from({ length: 500 }, (_, i) => i % 7),
          'image/png',
        ),
      ),
    ).rejects.toMatchObject({ code: 'unsupported-content' });
    await expect(extractDocument(page('%PDF-1.7 broken', 'application/pdf'))).rejects.toMatchObject(
      { code: 'extract-failed' },
    );
  });
});

describe('properties', () => {
  const markup = fc.array(
    fc.oneof(
      fc.constantFrom(
        '<p>',
        '</p>',
        '<div class="comment">',
        '</div>',
        '<h2>',
        '</h2>',
        '<pre>',
        '<ul><li>',
        '<table><tr><td>',
        '<br><br>',
        '<!--',
        '-->',
        '<script>',
        '</script>',
        '&nbsp;',
        '&#0;',
        '&#xD800;',
        '\u200B',
        '\u0000',
        '<a href=x',
        '<![CDATA[',
        '</html>',
        '\r\n\r\n\r\n',
      ),
      fc.string({ unit: 'binary', maxLength: 20 }),
      fc.constant(SENTENCES),
      fc.constant('水车在河边转了两百年。'),
    ),
    { maxLength: 40 },
  );

  it('any markup gives a sound document or a typed error', async () => {
    await fc.assert(
      fc.asyncProperty(markup, async (parts) => {
        const result = await extractDocument(page(parts.join(''))).catch((error: unknown) => error);
        if (result instanceof FootnoteError)
          expect(['extract-failed', 'unsupported-content']).toContain(result.code);
        else expectSound(result as Document);
      }),
      { numRuns: 120 },
    );
  });

  it('a damaged page gives a sound document or a typed error', async () => {
    const whole = readFileSync(
      join(packageRoot, 'retriever/extract/golden/mill-news/page.html'),
      'utf8',
    );
    const at = fc.nat({ max: whole.length });
    const damage = fc.array(
      fc.record({ from: at, length: fc.nat({ max: 200 }), to: at, again: fc.nat({ max: 3 }) }),
      { maxLength: 12 },
    );
    await fc.assert(
      fc.asyncProperty(damage, async (steps) => {
        let html = whole;
        for (const { from, length, to, again } of steps) {
          const piece = html.slice(from, from + length).repeat(again);
          html = html.slice(0, to) + piece + html.slice(to + (again === 0 ? length : 0));
        }
        const result = await extractDocument(page(html)).catch((error: unknown) => error);
        if (result instanceof FootnoteError) expect(result.code).toBe('extract-failed');
        else expectSound(result as Document);
      }),
      { numRuns: 60 },
    );
  });

  it('any bytes under any content type give a sound document or a typed error', async () => {
    const types = fc.constantFrom(
      'text/html',
      'text/plain; charset=gbk',
      'text/markdown',
      'application/json',
      'application/xml',
      'text/html; charset=utf-16',
      'text/html; charset=nonsense',
      null,
    );
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), types, async (bytes, type) => {
        const result = await extractDocument(page(bytes, type)).catch((error: unknown) => error);
        if (!(result instanceof FootnoteError)) expectSound(result as Document);
      }),
      { numRuns: 150 },
    );
  });
});
