import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Document, SearchResult } from '../../src/core/nouns.ts';
import type { Extractor } from '../../src/core/seams.ts';
import { startLoopbackWeb, type LoopbackWeb } from '../../test/loopback-web.ts';
import type { PageHandler } from '../../test/loopback-web/fault-pages.ts';
import { extractDocument } from '../extract/extract-document.ts';
import { parseFetchAllow } from './guard-policy.ts';
import { makeGuardedDispatcher, type GuardedDispatcher } from './guarded-dispatcher.ts';
import { HttpFetcher } from './http-fetcher.ts';
import { readPages } from './read-pages.ts';

const html = (path: string): string =>
  `<p>The page at ${path} says in a whole sentence of its own what it is about.</p>`;
const answer = (afterMs: (hit: number) => number): PageHandler => {
  return ({ response, url, hit }) => {
    setTimeout(() => {
      response.writeHead(200, { 'content-type': 'text/html' });
      response.end(html(url.pathname));
    }, afterMs(hit));
  };
};
const SLOW_MS = 20_000;

let web: LoopbackWeb;
let dispatcher: GuardedDispatcher;
const options = { signal: new AbortController().signal };
const fetcher = (hedgeMs: number): HttpFetcher =>
  new HttpFetcher({ dispatcher, robots: null, maxBytes: 1e6, timeoutMs: 15_000, hedgeMs });

beforeAll(async () => {
  const quick = Object.fromEntries(
    [1, 2, 3, 4].map((page) => [`/quick${page}`, answer(() => 0)] as const),
  );
  web = await startLoopbackWeb({
    pages: {
      ...quick,
      '/stuck-once': answer((hit) => (hit === 1 ? SLOW_MS : 0)),
      '/slow': answer(() => SLOW_MS),
    },
  });
  dispatcher = makeGuardedDispatcher({ policy: parseFetchAllow([web.endpoint]) });
});
afterAll(async () => {
  await dispatcher.close();
  await web.close();
});

describe('slow hosts', () => {
  it('asks a silent server once more and takes whichever answers first', async () => {
    const started = performance.now();
    const page = await fetcher(300).fetch(web.url('/stuck-once'), options);
    expect(Buffer.from(page.body).toString()).toContain('/stuck-once');
    expect(performance.now() - started).toBeLessThan(SLOW_MS / 2);
    expect(web.hits('/stuck-once')).toBe(2);
  });

  it('asks a quick server once', async () => {
    await fetcher(10_000).fetch(web.url('/quick4'), options);
    expect(web.hits('/quick4')).toBe(1);
  });

  it('does not wait for the slowest page when enough others are there', async () => {
    const extractor: Extractor = { extract: (page): Promise<Document> => extractDocument(page) };
    const results = ['/quick1', '/slow', '/quick2', '/quick3'].map((path, index): SearchResult => ({
      url: web.url(path),
      title: path,
      snippet: '',
      publishedAt: null,
      provider: 'test',
      rank: index + 1,
    }));
    const started = performance.now();
    const read = await readPages(
      results,
      { fetcher: fetcher(60_000), extractor, renderer: null },
      {
        ...options,
        deadlineMs: 15_000,
        pageTimeoutMs: 15_000,
        patience: { afterMs: 500, pages: 3 },
      },
    );
    expect(performance.now() - started).toBeLessThan(10_000);
    expect(read.documents).toHaveLength(3);
    expect(read.failures.map(({ url, code }) => [url, code])).toEqual([
      [web.url('/slow'), 'timeout'],
    ]);
  });
});
