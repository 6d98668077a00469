/**
 * Saved pages as a web on loopback: each page's own bytes, and a search engine in front of them that
 * speaks SearXNG's JSON API and ranks by plain BM25 over what the pages show.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { decodeText } from '../../../retriever/extract/decode-text.ts';
import { pageSearch, type FrozenWeb } from '../frozen-web/frozen-web-server.ts';

export interface SavedPage {
  readonly id: string;
  readonly title: string;
  readonly bytes: Uint8Array;
}

/** What a page shows, roughly: no scripts, styles and tags. Only the stand-in engine reads it. */
export function roughText(html: string): string {
  return html
    .replace(/<(script|style|noscript|svg|template)\b[\s\S]*?<\/\1\s*>/giu, ' ')
    .replace(/<!--[\s\S]*?-->/gu, ' ')
    .replace(/<[^>]*>/gu, ' ')
    .replace(/&(?:nbsp|#160);/giu, ' ')
    .replace(/&amp;/giu, '&')
    .replace(/&(?:quot|#34);/giu, '"')
    .replace(/&(?:#39|apos|rsquo);/giu, "'")
    .replace(/\s+/gu, ' ')
    .trim();
}

export async function startSavedPagesWeb(pages: readonly SavedPage[]): Promise<FrozenWeb> {
  const byId = new Map(pages.map((page) => [page.id, page]));
  const search = pageSearch(
    pages.map(({ id, title, bytes }) => ({
      page_id: id,
      title,
      lang: '',
      source: 'saved',
      paragraphs: [{ para_id: id, text: roughText(decodeText(bytes, null).text) }],
    })),
  );
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://saved.invalid');
    if (url.pathname === '/search') {
      const query = url.searchParams.get('q') ?? '';
      const results = search(query).map(({ page_id: id, title, paragraphs }) => ({
        url: `${origin}/${encodeURIComponent(id)}`,
        title,
        content: paragraphs[0]?.text.slice(0, 160) ?? '',
        engine: 'saved',
      }));
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ query, results }));
      return;
    }
    const page = byId.get(decodeURIComponent(url.pathname.slice(1)));
    if (page === undefined) {
      response.statusCode = 404;
      response.end('not found');
      return;
    }
    // No charset: a saved page says its own, as pages do.
    response.setHeader('content-type', 'text/html');
    response.end(page.bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const { port } = server.address() as AddressInfo;
  const origin = `http://127.0.0.1:${port}`;
  return {
    origin,
    allow: `127.0.0.1:${port}`,
    url: (id) => `${origin}/${encodeURIComponent(id)}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
