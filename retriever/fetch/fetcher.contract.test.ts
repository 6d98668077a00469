/** What every fetcher has to do: one suite for all of them. */
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startLoopbackWeb } from '../../test/loopback-web.ts';
import { FootnoteError } from '../../src/core/errors.ts';
import type { Fetcher } from '../../src/core/seams.ts';
import { MemoryCache } from '../cache/memory-cache.ts';
import { CorpusFetcher } from '../search/corpus-fetcher.ts';
import { CachingFetcher } from './caching-fetcher.ts';
import { parseFetchAllow } from './guard-policy.ts';
import { makeGuardedDispatcher } from './guarded-dispatcher.ts';
import { HttpFetcher } from './http-fetcher.ts';

const PAGE = '<!doctype html><title>Tea</title><p>Café, 茶.</p>';
const closing: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const close of closing.toReversed()) await close();
});

interface Opened {
  readonly fetcher: Fetcher;
  readonly page: string;
  readonly missing: string;
  /** Larger than the fetcher's limit of 50,000 bytes. */
  readonly large: string;
}

async function overHttp(): Promise<Opened> {
  const web = await startLoopbackWeb({
    pages: {
      '/page.html': ({ response }) => {
        response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
        response.end(PAGE);
      },
      '/large.html': ({ response }) => {
        response.writeHead(200, { 'content-type': 'text/html' });
        response.end('x'.repeat(100_000));
      },
      '/missing.html': ({ response }) => {
        response.writeHead(404, { 'content-type': 'text/html' });
        response.end('<p>Not here.</p>');
      },
    },
  });
  closing.push(() => web.close());
  const dispatcher = makeGuardedDispatcher({ policy: parseFetchAllow([web.endpoint]) });
  closing.push(() => dispatcher.close());
  const at = (path: string): string => `http://${web.endpoint}${path}`;
  return {
    fetcher: new HttpFetcher({ dispatcher, robots: null, maxBytes: 50_000, timeoutMs: 5_000 }),
    page: at('/page.html'),
    missing: at('/missing.html'),
    large: at('/large.html'),
  };
}

const CASES: Readonly<Record<string, () => Promise<Opened>>> = {
  HttpFetcher: overHttp,
  CachingFetcher: async () => {
    const opened = await overHttp();
    const fetcher = new CachingFetcher({
      fetcher: opened.fetcher as HttpFetcher,
      cache: new MemoryCache({ maxBytes: 1_000_000 }),
      scope: '',
      freshMs: 60_000,
      keepLoopback: true,
    });
    closing.push(() => fetcher.close());
    return { ...opened, fetcher };
  },
  CorpusFetcher: async () => {
    const folder = await realpath(await mkdtemp(join(tmpdir(), 'footnote-fetcher-')));
    closing.push(() => rm(folder, { recursive: true }));
    await writeFile(join(folder, 'page.html'), PAGE);
    await writeFile(join(folder, 'large.html'), 'x'.repeat(100_000));
    const at = (name: string): string => pathToFileURL(join(folder, name)).href;
    return {
      fetcher: new CorpusFetcher({ folder, maxBytes: 50_000 }),
      page: at('page.html'),
      missing: at('missing.html'),
      large: at('large.html'),
    };
  },
};

describe.each(Object.entries(CASES))('the fetcher seam: %s', (_, open) => {
  let opened: Opened;
  const { signal } = new AbortController();
  const failure = async (url: string, stop = signal): Promise<FootnoteError> => {
    const error: unknown = await opened.fetcher.fetch(url, { signal: stop }).then(
      () => null,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(FootnoteError);
    return error as FootnoteError;
  };
  beforeAll(async () => {
    opened = await open();
  });

  it('gives the bytes of a page, its address, type and time', async () => {
    const page = await opened.fetcher.fetch(opened.page, { signal });
    expect(Buffer.from(page.body).toString()).toBe(PAGE);
    expect(page).toMatchObject({ url: opened.page, finalUrl: opened.page, status: 200 });
    expect(page.contentType).toMatch(/^text\/html/u);
    expect(page.rendered).toBe(false);
    expect(Math.abs(Date.now() - Date.parse(page.fetchedAt))).toBeLessThan(60_000);
  });

  it('gives each of several callers the whole page', async () => {
    const pages = await Promise.all(
      [1, 2, 3].map(() => opened.fetcher.fetch(opened.page, { signal })),
    );
    expect(pages.map(({ body }) => Buffer.from(body).toString())).toEqual([PAGE, PAGE, PAGE]);
  });

  it('fails with a code where the page is not there, and where it is too large', async () => {
    expect((await failure(opened.missing)).code).toMatch(
      /^(?:fetch-failed|page-not-found|http-.*)$/u,
    );
    expect((await failure(opened.large)).code).toBe('page-too-large');
  });

  it.each(['http://127.0.0.1:1/', 'file:///etc/passwd', 'ftp://example.org/a', 'no URL'])(
    'refuses %s',
    async (url) => {
      expect((await failure(url)).code).toBe('url-refused');
    },
  );

  it('does nothing for a caller that has left, and serves on', async () => {
    const gone = AbortSignal.abort(new FootnoteError('cancelled', 'the test leaves'));
    expect((await failure(opened.missing, gone)).code).toBe('cancelled');
    expect((await opened.fetcher.fetch(opened.page, { signal })).status).toBe(200);
  });
});
