import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Document, SearchResult } from '../../src/core/nouns.ts';
import type { Extractor } from '../../src/core/seams.ts';
import { ARTICLE } from '../../test/loopback-web/fault-pages.ts';
import { failure, makeFetcher, never, openWeb } from '../../test/loopback-web/loopback-fetcher.ts';
import type { LoopbackWeb } from '../../test/loopback-web.ts';
import { ChildExtractor } from '../extract/child-extractor.ts';
import { findChromium } from './find-chromium.ts';
import { readPages, type PageOutcome, type ReadPagesOptions } from './read-pages.ts';
import { Renderer } from './renderer.ts';

// Generous: a busy machine forks slowly, and these tests are about who waits for whom.
const extractor = new ChildExtractor({ pageTimeoutMs: 45_000 });
beforeAll(async () => {
  const page = { url: 'http://warm.example/', finalUrl: 'http://warm.example/', status: 200 };
  const warm = {
    ...page,
    fetchedAt: new Date().toISOString(),
    rendered: false,
    lastModified: null,
  };
  const body = Buffer.from(ARTICLE);
  await Promise.all(
    [1, 2].map(() =>
      extractor.extract({ ...warm, contentType: 'text/html', body }, { signal: never }),
    ),
  );
});
afterAll(() => extractor.close());

const result = (url: string, more: Partial<SearchResult> = {}): SearchResult => ({
  url,
  title: 'From the engine',
  snippet: '',
  publishedAt: '2025-01-02',
  provider: 'test',
  rank: 1,
  ...more,
});

const article = (subject: string, title = `About ${subject}`): string =>
  `<!doctype html><html lang="en"><head><title>${title}</title></head><body><article><h1>${title}</h1>${Array.from(
    { length: 4 },
    (_, index) =>
      `<p>The ${subject} has been described at length by observers of many countries, and paragraph ${index} of this page about the ${subject} adds to that.</p>`,
  ).join('')}</article></body></html>`;

const times = { deadlineMs: 50_000, pageTimeoutMs: 45_000 };

function read(
  web: LoopbackWeb,
  paths: readonly string[],
  options: Partial<ReadPagesOptions> = {},
  renderer: Renderer | null = null,
  reader: Extractor = extractor,
) {
  const { fetcher, dispatcher } = makeFetcher({ allow: [web.endpoint], timeoutMs: 15_000 });
  return {
    dispatcher,
    done: readPages(
      paths.map((path) => result(web.url(path))),
      { fetcher, extractor: reader, renderer },
      { signal: never, ...times, ...options },
    ),
  };
}

describe('readPages', () => {
  it('keeps the order of the results, the own titles, and drops repeated texts', async () => {
    const web = await openWeb({
      pages: {
        '/late': ({ response }) => {
          setTimeout(() => {
            response.writeHead(200, { 'content-type': 'text/html' });
            response.end(article('heron'));
          }, 300);
        },
        '/otter': article('otter'),
        '/otter-again': article('otter'),
        '/beaver': article('beaver'),
      },
    });
    const seen: string[] = [];
    const { documents, failures, timings } = await read(
      web,
      ['/late', '/otter', '/otter-again', '/beaver', '/not-found', '/image'],
      { onPage: (outcome) => seen.push(new URL(outcome.url).pathname) },
    ).done;
    expect(documents.map((document) => document.title)).toEqual([
      'About heron',
      'About otter',
      'About beaver',
    ]);
    expect(documents.every((document) => document.publishedAt === '2025-01-02')).toBe(true);
    expect(failures.map(({ code, stage }) => [code, stage])).toEqual([
      ['http-status', 'fetch'],
      ['unsupported-content', 'fetch'],
    ]);
    expect(seen.toSorted()).toEqual(
      ['/late', '/otter', '/otter-again', '/beaver', '/not-found', '/image'].toSorted(),
    );
    expect(timings.fetchMs).toBeGreaterThan(250);
    expect(timings.extractMs).toBeGreaterThanOrEqual(0);
  });

  it('does not wait for the slowest: late pages are failures, cancelled and without effect', async () => {
    const web = await openWeb({ pages: { '/otter': article('otter') } });
    const outcomes: PageOutcome[] = [];
    const start = performance.now();
    const { documents, failures } = await read(
      web,
      ['/slow-header', '/otter', '/slow-body', '/stalled-body'],
      { deadlineMs: 2_500, onPage: (outcome) => outcomes.push(outcome) },
    ).done;
    expect(performance.now() - start).toBeLessThan(8_000);
    expect(documents).toHaveLength(1);
    expect(failures.map(({ url, code }) => [new URL(url).pathname, code])).toEqual([
      ['/slow-header', 'timeout'],
      ['/slow-body', 'timeout'],
      ['/stalled-body', 'timeout'],
    ]);
    expect(outcomes).toHaveLength(4);
    await vi.waitFor(() => expect(web.activeRequests).toBe(0));
    expect(outcomes).toHaveLength(4);
    expect(documents).toHaveLength(1);
  });

  it("keeps one page's own deadline", async () => {
    const web = await openWeb({ pages: { '/otter': article('otter') } });
    const { documents, failures } = await read(web, ['/slow-header', '/otter'], {
      pageTimeoutMs: 2_500,
    }).done;
    expect(documents).toHaveLength(1);
    expect(failures).toMatchObject([{ code: 'timeout', stage: 'fetch' }]);
  });

  it('drops what arrives after the deadline even from an extractor that cannot be cancelled', async () => {
    const web = await openWeb();
    let extracted = false;
    const stubborn: Extractor = {
      extract: async (page) => {
        await new Promise((resolve) => {
          setTimeout(resolve, 600);
        });
        extracted = true;
        return { url: page.url, title: 'late', text: 'late' } as Document;
      },
    };
    const { documents, failures } = await read(
      web,
      ['/article'],
      { deadlineMs: 300 },
      null,
      stubborn,
    ).done;
    expect(failures).toMatchObject([{ code: 'timeout', stage: 'extract' }]);
    await vi.waitFor(() => expect(extracted).toBe(true));
    expect(documents).toEqual([]);
    expect(failures).toHaveLength(1);
  });

  it('stops early when there is enough', async () => {
    const web = await openWeb({ pages: { '/otter': article('otter') } });
    const { documents, failures } = await read(web, ['/slow-header', '/otter', '/slow-body'], {
      enough: (found) => found.length >= 1,
    }).done;
    expect(documents).toHaveLength(1);
    expect(failures).toEqual([]);
    await vi.waitFor(() => expect(web.activeRequests).toBe(0));
  });

  it('a cancel rejects, closes the connections and reports no more pages', async () => {
    const web = await openWeb();
    const controller = new AbortController();
    const seen: string[] = [];
    const { done } = read(web, ['/slow-header', '/slow-body'], {
      signal: controller.signal,
      onPage: (outcome) => seen.push(outcome.url),
    });
    const error = failure(done);
    await vi.waitFor(() => expect(web.hits('/slow-body')).toBe(1));
    controller.abort();
    expect((await error).code).toBe('cancelled');
    await vi.waitFor(() => expect(web.activeRequests).toBe(0));
    expect(seen).toEqual([]);
  });

  it('limits pages by host', async () => {
    const web = await openWeb({
      pages: {
        '/wait': ({ response, hit }) => {
          setTimeout(() => {
            response.writeHead(200, { 'content-type': 'text/html' });
            response.end(article(`owl ${hit}`));
          }, 60);
        },
      },
    });
    const paths = Array.from({ length: 8 }, (_, index) => `/wait?${index}`);
    const { documents } = await read(web, paths, { perHost: 2 }).done;
    expect(documents).toHaveLength(8);
    expect(web.peakRequests).toBeLessThanOrEqual(2);
  });

  it('without a browser a shell is a named failure, and a page with some text a warning', async () => {
    const some = `<!doctype html><html lang="en"><head><title>Some</title></head><body><p>This page shows its first paragraph to everybody, and the rest of its text to browsers that run the script below.</p><div id="app"></div><script>1</script></body></html>`;
    const web = await openWeb({ pages: { '/some': some } });
    const { documents, failures } = await read(web, ['/shell', '/some']).done;
    expect(documents.map((document) => document.title)).toEqual(['Some']);
    expect(failures.map(({ code, stage }) => [code, stage])).toEqual([
      ['render-unavailable', 'render'],
      ['render-unavailable', 'render'],
    ]);
  });
});

describe.skipIf(findChromium() === null)('readPages: shells (skipped without a Chromium)', () => {
  it('renders a shell, and only a shell', async () => {
    const web = await openWeb({ pages: { '/plain': ARTICLE } });
    const { fetcher, dispatcher } = makeFetcher({ allow: [web.endpoint], timeoutMs: 30_000 });
    const renderer = new Renderer({
      dispatcher,
      robots: null,
      maxBytes: 2_000_000,
      timeoutMs: 30_000,
    });
    try {
      const { documents, failures } = await readPages(
        [result(web.url('/shell')), result(web.url('/plain'))],
        { fetcher, extractor, renderer },
        { signal: never, deadlineMs: 40_000, pageTimeoutMs: 30_000 },
      );
      expect(failures).toEqual([]);
      expect(documents.map(({ title }) => title)).toEqual(['Tide mills', 'On lighthouses']);
      expect(documents[0]?.text).toContain('Nendrum in Ireland');
      expect(web.hits('/plain')).toBe(1);
      expect(web.hits('/shell')).toBe(2);
    } finally {
      await renderer.close();
    }
  });
});
