/**
 * The sample web: a small web of our own on loopback, for people and machines without internet. It
 * serves ordinary HTML pages with their furniture, and SearXNG's JSON API over them, so that the very
 * same search, fetch and extract code runs as on the real web.
 */
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import iconv from 'iconv-lite';
import { abortReason } from '../core/deadline.ts';
import { pageBody, pageHtml, siteIndexHtml } from './page-html.ts';
import { indexPages, searchPages } from './page-search.ts';
import { pagesFolder, samplePages, type SamplePage } from './page-source.ts';
import { SITES } from './sites.ts';

export interface SampleWebOptions {
  /** Closes the server when it aborts. */
  readonly signal?: AbortSignal | undefined;
  /** Default: any free port. */
  readonly port?: number | undefined;
}

export interface SampleWeb {
  /** `http://127.0.0.1:<port>` */
  readonly origin: string;
  /** Base URL for the `searxng` provider; it asks `<searchUrl>/search?q=…&format=json`. */
  readonly searchUrl: string;
  /** `host:port` that the guard has to let through. */
  readonly allow: string;
  /** Stops listening and ends open connections. */
  close(): Promise<void>;
}

const RESULT_LIMIT = 10;
const DAY_MS = 86_400_000;
const SPAN_MS: Readonly<Record<string, number>> = {
  day: DAY_MS,
  week: 7 * DAY_MS,
  month: 31 * DAY_MS,
  year: 366 * DAY_MS,
};

/**
 * Starts the sample web on 127.0.0.1. It listens within a few milliseconds; the pages are read and
 * indexed right afterwards, a page a turn of the event loop, and the first search waits for that.
 * @throws the abort reason when `signal` is aborted already; the listen error (`EADDRINUSE`)
 */
export async function startSampleWeb(options: SampleWebOptions = {}): Promise<SampleWeb> {
  const { signal, port = 0 } = options;
  if (signal?.aborted === true) throw abortReason(signal);
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500, { 'content-type': 'text/plain' });
      response.end(error instanceof Error ? error.message : String(error));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
  // A failure here is thrown again, and answered, by the first search.
  setImmediate(() => {
    loadIndex().catch(() => undefined);
  });
  const allow = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    signal?.removeEventListener('abort', onAbort);
    closing ??= new Promise<void>((resolve) => {
      server.close(() => {
        resolve();
      });
      server.closeAllConnections();
    });
    return closing;
  };
  const onAbort = (): void => {
    void close();
  };
  signal?.addEventListener('abort', onAbort, { once: true });
  return { origin: `http://${allow}`, searchUrl: `http://${allow}`, allow, close };
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    send(response, 405, 'text/plain; charset=utf-8', 'Only GET and HEAD', { allow: 'GET, HEAD' });
    return;
  }
  const url = new URL(request.url ?? '/', `http://${request.headers.host ?? '127.0.0.1'}`);
  const pages = samplePages();
  if (url.pathname === '/search') {
    await answerSearch(url, response);
    return;
  }
  if (url.pathname === '/robots.txt') {
    const forbidden = pages.filter((page) => !page.robotsAllowed);
    const lines = ['User-agent: *', ...forbidden.map((page) => `Disallow: ${page.path}`)];
    const sitemap = `Sitemap: ${url.origin}/sitemap.xml`;
    send(response, 200, 'text/plain; charset=utf-8', [...lines, '', sitemap, ''].join('\n'));
    return;
  }
  if (url.pathname === '/sitemap.xml') {
    const entries = pages
      .filter((page) => page.robotsAllowed)
      .map(
        (page) =>
          `<url><loc>${url.origin}${page.path}</loc><lastmod>${page.updated}</lastmod></url>`,
      );
    const xml = `<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">${entries.join('')}</urlset>`;
    send(response, 200, 'application/xml', xml);
    return;
  }
  const index = /^\/([a-z-]+)\/$/u.exec(url.pathname)?.[1];
  if (index !== undefined && index in SITES) {
    send(response, 200, 'text/html; charset=utf-8', siteIndexHtml(index, pages));
    return;
  }
  if (url.pathname === '/') {
    const items = Object.entries(SITES).map(
      ([name, site]) => `<li><a href="/${name}/">${site.name.replace('&', '&amp;')}</a></li>`,
    );
    const html = `<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>Sample web</title><h1>Sample web</h1><ul>${items.join('')}</ul></html>`;
    send(response, 200, 'text/html; charset=utf-8', html);
    return;
  }
  await answerPage(url.pathname, pages, response);
}

async function answerPage(
  path: string,
  pages: readonly SamplePage[],
  response: ServerResponse,
): Promise<void> {
  const moved = pages.find((page) => page.listedPath === path && page.path !== path);
  if (moved !== undefined) {
    send(response, 301, 'text/plain; charset=utf-8', 'Moved', { location: moved.path });
    return;
  }
  const data = pages.find((page) => page.scripted && `${page.path}.json` === path);
  if (data !== undefined) {
    const json = JSON.stringify({ html: pageBody(data, pages) });
    send(response, 200, 'application/json; charset=utf-8', json);
    return;
  }
  const page = pages.find((candidate) => candidate.path === path);
  if (page === undefined) {
    const html = '<!DOCTYPE html><title>404</title><h1>Page not found</h1><p><a href="/">Home</a>';
    send(response, 404, 'text/html; charset=utf-8', html);
    return;
  }
  if (page.delayMs > 0) await pause(page.delayMs, response);
  if (response.destroyed) return;
  const headers = { 'last-modified': new Date(page.updated).toUTCString() };
  if (page.file !== null) {
    const bytes = await readFile(join(pagesFolder, page.site, page.file));
    send(response, 200, 'application/pdf', bytes, headers);
    return;
  }
  const html = pageHtml(page, pages);
  // A page in a legacy charset names it in its meta element only, as old sites do.
  if (page.charset === 'utf-8') send(response, 200, 'text/html; charset=utf-8', html, headers);
  else send(response, 200, 'text/html', iconv.encode(html, page.charset), headers);
}

/** Waits, but no longer than the client does. */
function pause(milliseconds: number, response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      response.off('close', end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    timer.unref();
    response.once('close', end);
  });
}

let pageIndex: ReturnType<typeof indexPages> | undefined;

/** The one index of the process, built on first use. */
function loadIndex(): ReturnType<typeof indexPages> {
  pageIndex ??= Promise.resolve().then(() => indexPages(samplePages()));
  return pageIndex;
}

/** SearXNG's search API (docs: Search API); only its JSON format is spoken, others get its 403. */
async function answerSearch(url: URL, response: ServerResponse): Promise<void> {
  const query = url.searchParams.get('q') ?? '';
  if (query.trim() === '') {
    send(response, 400, 'text/plain; charset=utf-8', 'No query');
    return;
  }
  if (url.searchParams.get('format') !== 'json') {
    send(response, 403, 'text/plain; charset=utf-8', 'Only format=json is offered here');
    return;
  }
  const span = SPAN_MS[url.searchParams.get('time_range') ?? ''];
  const language = url.searchParams.get('language');
  const first = Number(url.searchParams.get('pageno') ?? 1) <= 1;
  const hits = searchPages(await loadIndex(), {
    text: query,
    language: language === null || language === 'all' || language === 'auto' ? undefined : language,
    since: span === undefined ? undefined : Date.now() - span,
    limit: first ? RESULT_LIMIT : 0,
  });
  const results = hits.map(({ page, score, snippet }) => ({
    url: `${url.origin}${page.listedPath}`,
    title: page.title,
    content: snippet,
    engine: 'sample',
    engines: ['sample'],
    category: 'general',
    score,
    publishedDate: `${page.updated}T00:00:00`,
  }));
  const body = {
    query,
    number_of_results: results.length,
    results,
    answers: [],
    corrections: [],
    infoboxes: [],
    suggestions: [],
    unresponsive_engines: [],
  };
  send(response, 200, 'application/json; charset=utf-8', JSON.stringify(body));
}

function send(
  response: ServerResponse,
  status: number,
  contentType: string,
  body: string | Uint8Array,
  headers: Readonly<Record<string, string>> = {},
): void {
  const bytes = typeof body === 'string' ? Buffer.from(body, 'utf8') : body;
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': bytes.byteLength,
    ...headers,
  });
  // Node leaves the body out of an answer to HEAD.
  response.end(bytes);
}
