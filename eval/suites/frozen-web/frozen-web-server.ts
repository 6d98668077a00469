/**
 * The frozen web: pages of the data set as ordinary HTML over loopback HTTP, and a search engine in
 * front of them that speaks SearXNG's JSON API, so that the product's own search, fetch and extract
 * code is what runs.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { terms } from '../../../src/core/tokens.ts';
import type { FrozenPage } from './frozen-web-data.ts';

export interface FrozenWeb {
  readonly origin: string;
  readonly allow: string;
  readonly url: (pageId: string) => string;
  readonly close: () => Promise<void>;
}

interface IndexedPage {
  readonly page: FrozenPage;
  readonly counts: ReadonlyMap<string, number>;
  readonly length: number;
}

const RESULTS = 10;

/** @param html a page's source; default: a plain template */
export async function startFrozenWeb(
  pages: readonly FrozenPage[],
  html: (page: FrozenPage) => string = pageHtml,
): Promise<FrozenWeb> {
  const search = pageSearch(pages);
  const byId = new Map(pages.map((page) => [page.page_id, page]));
  const path = (id: string): string => `/${id.split('/').map(encodeURIComponent).join('/')}`;
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://frozen.invalid');
    if (url.pathname === '/search') {
      const results = search(url.searchParams.get('q') ?? '').map((page) => ({
        url: `${origin}${path(page.page_id)}`,
        title: page.title,
        content: page.paragraphs[0]?.text.slice(0, 160) ?? '',
        engine: 'frozen',
      }));
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ query: url.searchParams.get('q'), results }));
      return;
    }
    const page = byId.get(decodeURIComponent(url.pathname.slice(1)));
    if (page === undefined) {
      response.statusCode = 404;
      response.end('not found');
      return;
    }
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.end(html(page));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const { port } = server.address() as AddressInfo;
  const origin = `http://127.0.0.1:${port}`;
  return {
    origin,
    allow: `127.0.0.1:${port}`,
    url: (id) => `${origin}${path(id)}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function pageHtml(page: FrozenPage): string {
  const escape = (text: string): string =>
    text.replace(/&/gu, '&amp;').replace(/</gu, '&lt;').replace(/>/gu, '&gt;');
  return `<!doctype html><html lang="${page.lang}"><head><meta charset="utf-8"><title>${escape(page.title)} - Frozen Web</title></head>
<body><header><a href="/">Frozen Web</a><nav><ul><li><a href="/about">About</a></li><li><a href="/contact">Contact</a></li><li><a href="/random">Random page</a></li></ul></nav></header>
<main><article><h1>${escape(page.title)}</h1>
${page.paragraphs.map(({ text }) => `<p>${escape(text)}</p>`).join('\n')}
</article></main><footer><p><a href="/privacy">Privacy</a> <a href="/terms">Terms of use</a></p></footer></body></html>`;
}

/** Plain BM25 (k1 1.2, b 0.75) over title and text: the ten best pages. */
export function pageSearch(pages: readonly FrozenPage[]): (query: string) => FrozenPage[] {
  const indexed: IndexedPage[] = pages.map((page) => {
    const counts = new Map<string, number>();
    const all = terms([page.title, ...page.paragraphs.map(({ text }) => text)].join('\n'), {
      stem: true,
    });
    for (const term of all) counts.set(term, (counts.get(term) ?? 0) + 1);
    return { page, counts, length: all.length };
  });
  const mean = indexed.reduce((sum, { length }) => sum + length, 0) / indexed.length;
  const frequency = new Map<string, number>();
  for (const { counts } of indexed) {
    for (const term of counts.keys()) frequency.set(term, (frequency.get(term) ?? 0) + 1);
  }
  return (query) => {
    const wanted = [...new Set(terms(query, { stem: true }))];
    return indexed
      .map(({ page, counts, length }) => {
        let score = 0;
        for (const term of wanted) {
          const count = counts.get(term) ?? 0;
          if (count === 0) continue;
          const n = frequency.get(term) ?? 0;
          const idf = Math.log(1 + (indexed.length - n + 0.5) / (n + 0.5));
          score += (idf * count * 2.2) / (count + 1.2 * (0.25 + (0.75 * length) / mean));
        }
        return { page, score };
      })
      .filter(({ score }) => score > 0)
      .sort((a, b) => b.score - a.score)
      .slice(0, RESULTS)
      .map(({ page }) => page);
  };
}
