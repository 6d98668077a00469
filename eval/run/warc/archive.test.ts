/** Recording and replay over real HTTP on loopback; the web is gone when the recording answers. */
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseFetchAllow } from '../../../retriever/fetch/guard-policy.ts';
import { makeGuardedDispatcher } from '../../../retriever/fetch/guarded-dispatcher.ts';
import { HttpFetcher } from '../../../retriever/fetch/http-fetcher.ts';
import { SearxngProvider } from '../../../retriever/search/providers/searxng-provider.ts';
import type { WebTap } from '../../../src/composition/web-seams.ts';
import type { FetchedPage, SearchResult } from '../../../src/core/nouns.ts';
import type { Fetcher, SearchProvider } from '../../../src/core/seams.ts';
import { startLoopbackWeb, type LoopbackWeb } from '../../../test/loopback-web.ts';
import { onBehalfOf } from './archive-question.ts';
import { recordingTap, replayTap } from './archive-taps.ts';
import { ArchiveWriter } from './archive-writer.ts';
import { WebArchive } from './web-archive.ts';

const { signal } = new AbortController();
const folder = mkdtempSync(join(tmpdir(), 'footnote-warc-'));
const file = join(folder, 'web.warc.gz');
const renderer = { render: () => Promise.reject(new Error('no browser here')) };
const query = { text: 'otters', language: 'en', limit: 5, sites: [] };

interface Seen {
  readonly results: readonly SearchResult[];
  readonly page: FetchedPage;
  readonly failure: string;
  readonly moved: FetchedPage;
}

/** What a pipeline behind the tap would see. */
async function look(
  tap: WebTap,
  live: { readonly provider: SearchProvider; readonly fetcher: Fetcher },
  url: (path: string) => string,
): Promise<Seen> {
  const { providers } = tap.search({ providers: [live.provider], merge: 1 });
  const fetcher = tap.fetcher(live.fetcher);
  return onBehalfOf('en/1', async () => ({
    results: (await providers[0]?.search(query, { signal })) ?? [],
    page: await fetcher.fetch(url('/otter'), { signal }),
    moved: await fetcher.fetch(url('/moved'), { signal }),
    failure: await fetcher.fetch(url('/not-there'), { signal }).then(
      () => '',
      (error: Error & { code?: string }) => `${error.code}: ${error.message}`,
    ),
  }));
}

describe('WARC recording', () => {
  let web: LoopbackWeb;
  let live: { readonly provider: SearchProvider; readonly fetcher: Fetcher };
  let seen: Seen;

  beforeAll(async () => {
    web = await startLoopbackWeb({
      pages: {
        '/otter': '<!doctype html><title>水獺 Otters</title><p>Otters hold hands while asleep.',
        '/moved': ({ response }) => {
          response.writeHead(301, { location: '/otter' }).end();
        },
        '/search': ({ response }) => {
          response.setHeader('content-type', 'application/json');
          response.end(
            JSON.stringify({
              results: [{ url: 'http://otter.example/', title: 'Otter', content: 'c' }],
            }),
          );
        },
      },
    });
    const dispatcher = makeGuardedDispatcher({ policy: parseFetchAllow([web.endpoint]) });
    live = {
      provider: new SearxngProvider({ url: web.url('/'), timeoutMs: 5_000 }),
      fetcher: new HttpFetcher({ dispatcher, robots: null, maxBytes: 1e6, timeoutMs: 5_000 }),
    };
    const writer = await ArchiveWriter.open(file);
    const tap = recordingTap(writer);
    tap.renderer(renderer);
    seen = await look(tap, live, (path) => web.url(path));
    await writer.flush();
    await web.close();
    await dispatcher.close();
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it('replays results, pages, redirects and failures without the web', async () => {
    const archive = await WebArchive.open(file);
    const tap = replayTap(archive);
    expect(tap.offline).toBe(true);
    const again = await look(tap, live, (path) => web.url(path));
    expect(again.results).toEqual(seen.results);
    expect(again.results[0]?.url).toBe('http://otter.example/');
    expect(again.failure).toBe(seen.failure);
    expect(again.failure).toMatch(/^http-status: /u);
    for (const page of ['page', 'moved'] as const) {
      expect({ ...again[page], body: Buffer.from(again[page].body).toString() }).toEqual({
        ...seen[page],
        body: Buffer.from(seen[page].body).toString(),
      });
    }
    expect(again.moved.finalUrl).toBe(web.url('/otter'));
    expect(Buffer.from(again.page.body).toString()).toContain('水獺');
  });

  it('says what the recording does not hold', async () => {
    const archive = await WebArchive.open(file);
    const fetcher = replayTap(archive).fetcher(live.fetcher);
    await expect(fetcher.fetch('http://never.example/', { signal })).rejects.toMatchObject({
      code: 'fetch-failed',
    });
    expect(() => archive.results('urn:footnote:search:x?q=y')).toThrow(/does not hold/u);
  });

  it('writes what the standard asks for', () => {
    const text = gunzipSync(readFileSync(file)).toString('latin1');
    expect(text.startsWith('WARC/1.1\r\n')).toBe(true);
    for (const type of ['warcinfo', 'resource', 'response', 'metadata']) {
      expect(text).toContain(`WARC-Type: ${type}\r\n`);
    }
    const blocks = text.split('WARC/1.1\r\n').slice(1);
    for (const block of blocks) {
      expect(block).toMatch(/WARC-Record-ID: <urn:uuid:[0-9a-f-]{36}>\r\n/u);
      expect(block).toMatch(/WARC-Date: \d{4}-\d\d-\d\dT[\d:.]+Z\r\n/u);
      if (!block.includes('warcinfo')) expect(block).toMatch(/WARC-Block-Digest: sha256:/u);
    }
    expect(text).toContain('HTTP/1.1 200 OK\r\n');
  });

  it("another program's reader reads it", () => {
    // warcio's own command, in a process of its own: an index line for each page.
    const cli = join(import.meta.dirname, '../../../node_modules/warcio/dist/cli.js');
    const lines = execFileSync(process.execPath, [cli, 'cdx-index', file], { encoding: 'utf8' })
      .split('\n')
      .filter((line) => line.includes('/otter'));
    expect(lines.length).toBeGreaterThanOrEqual(1);
    expect(lines[0]).toContain('"status":"200"');
  });

  it('goes on after a record that was cut off', async () => {
    const whole = statSync(file).size;
    appendFileSync(file, readFileSync(file).subarray(0, 150));
    const writer = await ArchiveWriter.open(file);
    expect(statSync(file).size).toBe(whole);
    writer.writeCall({ kind: 'fetch', key: 'http://late.example/', question: '' });
    await writer.flush();
    expect((await WebArchive.open(file)).chain).toEqual({ providers: ['searxng'], merge: 1 });
  });

  it('refuses other files', async () => {
    await expect(WebArchive.open(import.meta.filename)).rejects.toMatchObject({
      code: 'bad-request',
    });
  });
});
