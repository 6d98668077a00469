import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startLoopbackWeb, type LoopbackWeb } from '../../test/loopback-web.ts';
import type { PageHandler } from '../../test/loopback-web/fault-pages.ts';
import { MemoryCache } from '../cache/memory-cache.ts';
import { httpLifetime } from '../cache/http-lifetime.ts';
import { CachingFetcher, type CachingFetcherOptions } from './caching-fetcher.ts';
import { parseFetchAllow } from './guard-policy.ts';
import { makeGuardedDispatcher, type GuardedDispatcher } from './guarded-dispatcher.ts';
import { HttpFetcher } from './http-fetcher.ts';

/** A page that counts its versions, with the given headers. */
const page =
  (headers: Readonly<Record<string, string>>): PageHandler =>
  ({ response, hit }) => {
    response.writeHead(200, { 'content-type': 'text/html', ...headers });
    response.end(`<p>version ${hit}</p>`);
  };
/** The same, but with an ETag that never changes: asked about, it says 304. */
const tagged =
  (cacheControl: string): PageHandler =>
  ({ request, response, hit }) => {
    const headers = { etag: '"one"', 'cache-control': cacheControl };
    if (request.headers['if-none-match'] === '"one"') {
      response.writeHead(304, headers);
      response.end();
      return;
    }
    response.writeHead(200, { 'content-type': 'text/html', ...headers });
    response.end(`<p>version ${hit}</p>`);
  };

let web: LoopbackWeb;
let dispatcher: GuardedDispatcher;
let http: HttpFetcher;
let now = 0;
const options = { signal: new AbortController().signal };
const text = (body: Uint8Array): string => Buffer.from(body).toString();

beforeAll(async () => {
  web = await startLoopbackWeb({
    pages: {
      '/fresh': page({ 'cache-control': 'max-age=60' }),
      '/secret': page({ 'cache-control': 'private, max-age=60' }),
      '/nostore': page({ 'cache-control': 'no-store' }),
      '/silent': page({}),
      '/cookie': page({ 'set-cookie': 'a=b' }),
      '/tagged': tagged('max-age=60, must-revalidate'),
      '/nocache': tagged('no-cache'),
      '/from': ({ response }) => {
        response.writeHead(302, { location: '/tagged' });
        response.end();
      },
    },
  });
  dispatcher = makeGuardedDispatcher({ policy: parseFetchAllow([web.endpoint]) });
  http = new HttpFetcher({ dispatcher, robots: null, maxBytes: 100_000, timeoutMs: 5_000 });
});
afterAll(async () => {
  await dispatcher.close();
  await web.close();
});

function caching(more: Partial<CachingFetcherOptions> = {}): CachingFetcher {
  now = Date.now();
  return new CachingFetcher({
    fetcher: http,
    cache: new MemoryCache({ maxBytes: 1_000_000 }),
    scope: '',
    freshMs: 60_000,
    keepLoopback: true,
    now: () => now,
    ...more,
  });
}
/** The page's text, twice, with the clock moved in between. */
async function twice(path: string, waitMs: number): Promise<{ texts: string[]; asked: number }> {
  const fetcher = caching();
  const before = web.hits(path);
  const texts = [text((await fetcher.fetch(web.url(path), options)).body)];
  await new Promise((resolve) => setImmediate(resolve));
  now += waitMs;
  texts.push(text((await fetcher.fetch(web.url(path), options)).body));
  await fetcher.settled();
  return { texts, asked: web.hits(path) - before };
}

describe('CachingFetcher', () => {
  it('serves a fresh page without asking', async () => {
    const { texts, asked } = await twice('/fresh', 30_000);
    expect(texts[1]).toBe(texts[0]);
    expect(asked).toBe(1);
    expect((await twice('/silent', 30_000)).asked).toBe(1);
  });

  it('serves a stale page at once and fetches the newer one behind it', async () => {
    const fetcher = caching();
    const first = text((await fetcher.fetch(web.url('/fresh'), options)).body);
    now += 120_000;
    expect(text((await fetcher.fetch(web.url('/fresh'), options)).body)).toBe(first);
    await fetcher.settled();
    expect(text((await fetcher.fetch(web.url('/fresh'), options)).body)).not.toBe(first);
  });

  it.each(['/secret', '/nostore', '/cookie'])('keeps nothing of %s', async (path) => {
    const { texts, asked } = await twice(path, 0);
    expect(asked).toBe(2);
    expect(texts[1]).not.toBe(texts[0]);
  });

  it('asks with the ETag where it has to, through redirects too, and believes a 304', async () => {
    for (const path of ['/tagged', '/nocache', '/from']) {
      const fetcher = caching();
      const first = await fetcher.fetch(web.url(path), options);
      await new Promise((resolve) => setImmediate(resolve));
      now += 120_000;
      const before = web.hits();
      const second = await fetcher.fetch(web.url(path), options);
      expect(text(second.body)).toBe(text(first.body));
      expect(second.url).toBe(web.url(path));
      expect(web.hits()).toBeGreaterThan(before);
      expect(second.fetchedAt >= first.fetchedAt).toBe(true);
    }
  });

  it('keeps scopes apart, and pages of this machine not at all', async () => {
    const cache = new MemoryCache({ maxBytes: 1_000_000 });
    const before = web.hits('/fresh');
    await caching({ cache, scope: 'a' }).fetch(web.url('/fresh'), options);
    await caching({ cache, scope: 'b' }).fetch(web.url('/fresh'), options);
    const plain = caching({ cache, scope: 'b', keepLoopback: false });
    await plain.fetch(web.url('/fresh'), options);
    expect(web.hits('/fresh') - before).toBe(3);
  });
});

describe('httpLifetime', () => {
  const life = (headers: Record<string, string>) =>
    httpLifetime((name) => headers[name], Date.parse('2026-03-01T00:00:00Z'), 600_000);

  it('reads Cache-Control, Expires, Age and Last-Modified', () => {
    expect(life({ 'cache-control': 'max-age=100, stale-while-revalidate=30' })).toEqual({
      storable: true,
      freshMs: 100_000,
      staleMs: 30_000,
    });
    expect(life({ 'cache-control': 'public, max-age=100', age: '40' }).freshMs).toBe(60_000);
    expect(life({ 'cache-control': 'max-age=10, s-maxage=50' }).freshMs).toBe(50_000);
    expect(life({ expires: 'Sun, 01 Mar 2026 00:01:00 GMT' }).freshMs).toBe(60_000);
    expect(life({ expires: '-1' }).freshMs).toBe(0);
    expect(life({ 'last-modified': 'Sat, 28 Feb 2026 23:50:00 GMT' }).freshMs).toBe(60_000);
    expect(life({}).freshMs).toBe(600_000);
    expect(life({ 'cache-control': 'private' }).storable).toBe(false);
    expect(life({ vary: '*' }).storable).toBe(false);
    expect(life({ 'cache-control': 'max-age=9, must-revalidate' }).staleMs).toBe(0);
  });
});
