/**
 * What every search provider keeps to, whatever engine it speaks to. The suite gets a `ProviderCase`
 * and brings the engine into each state over loopback; a test that makes no sense for one provider is
 * skipped by name, with the reason in its title.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SearchProvider, SearchQuery } from '../../src/core/seams.ts';
import type { SearchResult } from '../../src/core/nouns.ts';
import type { FaceEntry } from './testing/engine-faces.ts';

/** States an engine can be brought into. */
export type EngineState =
  | { readonly kind: 'found'; readonly entries: readonly FaceEntry[] }
  | { readonly kind: 'nothing' | 'forbidden' | 'captcha' | 'garbage' | 'huge' | 'hanging' | 'gone' }
  | { readonly kind: 'limited'; readonly retryAfter: string };

export interface ProviderCase {
  readonly name: string;
  /** Starts what the provider needs. */
  readonly open: () => Promise<void>;
  readonly close: () => Promise<void>;
  /** Brings the engine into a state and makes a provider with this deadline; now is 2026-03-01. */
  readonly provider: (state: EngineState, timeoutMs: number) => Promise<SearchProvider>;
  /** What the engine saw of the last query; null for providers without a wire. */
  readonly seen: () => {
    readonly words: string;
    readonly freshness: unknown;
    readonly sites: unknown;
  } | null;
  readonly expected: {
    readonly week: unknown;
    readonly since: unknown;
    readonly twoSites: unknown;
  };
  readonly skips: Readonly<Record<string, string>>;
}

const NOW = '2026-03-01T12:00:00Z';
export const CONTRACT_NOW = (): number => Date.parse(NOW);

const entries: readonly FaceEntry[] = [
  {
    url: 'https://example.org/tea',
    title: 'Tea houses of <Old> Prague',
    snippet: 'Tea houses opened in Prague after 1991 & spread.',
    date: '2026-02-27',
  },
  {
    url: 'https://www.example.com/menu?item=1',
    title: 'Menus of tea houses',
    snippet: 'What tea houses serve.',
    date: '2025-06-01',
  },
  {
    url: 'https://blog.example.net/houses',
    title: 'Houses where tea is poured',
    snippet: 'A guide to tea houses.',
    date: '2026-02-10',
  },
];

const query = (more: Partial<SearchQuery> = {}): SearchQuery => ({
  text: 'tea houses',
  language: 'en',
  limit: 10,
  sites: [],
  ...more,
});

const signal = (): AbortSignal => AbortSignal.timeout(20_000);
const sortedUrls = (results: readonly SearchResult[]): string[] =>
  results.map((result) => result.url).sort();

/** Runs the contract over one provider. */
export function providerContract(target: ProviderCase): void {
  const check = (key: string, title: string, body: () => Promise<void>): void => {
    const reason = target.skips[key];
    if (reason === undefined) it(title, body);
    else it.skip(`${title} (${reason})`, body);
  };
  const found = { kind: 'found', entries } as const;

  describe(`search provider contract: ${target.name}`, () => {
    beforeAll(target.open);
    afterAll(target.close);

    it('returns results in order, with rank, provider, plain title and snippet', async () => {
      const provider = await target.provider(found, 10_000);
      const results = await provider.search(query(), { signal: signal() });
      expect(provider.name).toBe(target.name);
      expect(results).toHaveLength(3);
      expect(results.map((result) => result.rank)).toEqual([1, 2, 3]);
      for (const result of results) {
        expect(result.provider).toBe(target.name);
        expect(result.title).not.toBe('');
        expect(result.snippet).toMatch(/tea houses/iu);
        expect(result.snippet).not.toMatch(/<\/?(?:b|strong)>/u);
        expect(() => new URL(result.url)).not.toThrow();
      }
      expect(results.map((result) => result.title).sort()).toEqual(
        entries.map((entry) => entry.title).sort(),
      );
    });

    check('order', "keeps the engine's order and URLs", async () => {
      const provider = await target.provider(found, 10_000);
      const results = await provider.search(query(), { signal: signal() });
      expect(results.map((result) => result.url)).toEqual(entries.map((entry) => entry.url));
      expect(results[0]?.snippet).toBe(entries[0]?.snippet);
      expect(target.seen()?.words).toContain('tea houses');
    });

    check('date', 'gives dates in ISO 8601', async () => {
      const provider = await target.provider(found, 10_000);
      const results = await provider.search(query(), { signal: signal() });
      const dates = results.map((result) => result.publishedAt?.slice(0, 10) ?? '').sort();
      expect(dates).toEqual(entries.map((entry) => entry.date ?? '').sort());
    });

    it('returns no more than the limit', async () => {
      const provider = await target.provider(found, 10_000);
      expect(await provider.search(query({ limit: 2 }), { signal: signal() })).toHaveLength(2);
    });

    it('returns an honest empty list', async () => {
      const provider = await target.provider({ kind: 'nothing' }, 10_000);
      expect(await provider.search(query(), { signal: signal() })).toEqual([]);
    });

    it('keeps to the sites it is limited to', async () => {
      const provider = await target.provider(found, 10_000);
      const results = await provider.search(
        query({ sites: ['example.org', 'https://Example.com/'] }),
        { signal: signal() },
      );
      expect(sortedUrls(results)).toHaveLength(2);
      expect(results.map((result) => result.title)).not.toContain(entries[2]?.title);
    });

    check('sitesPassed', "passes the sites on in the engine's way", async () => {
      const provider = await target.provider(found, 10_000);
      await provider.search(query({ sites: ['example.org', 'https://Example.com/'] }), {
        signal: signal(),
      });
      expect(target.seen()?.sites).toEqual(target.expected.twoSites);
    });

    check('freshnessPassed', "passes freshness on in the engine's way", async () => {
      const provider = await target.provider(found, 10_000);
      await provider.search(query({ freshness: 'week' }), { signal: signal() });
      expect(target.seen()?.freshness).toEqual(target.expected.week);
      await provider.search(query({ freshness: '2026-01-31' }), { signal: signal() });
      expect(target.seen()?.freshness).toEqual(target.expected.since);
    });

    it('drops what is known to be older than the freshness asked for', async () => {
      const provider = await target.provider(found, 10_000);
      const week = await provider.search(query({ freshness: 'week' }), { signal: signal() });
      expect(week.map((result) => result.title)).toEqual([entries[0]?.title]);
      const since = await provider.search(query({ freshness: '2026-01-31' }), {
        signal: signal(),
      });
      expect(since).toHaveLength(2);
    });

    it('names a freshness that is none', async () => {
      const provider = await target.provider(found, 10_000);
      await expect(
        provider.search(query({ freshness: 'yesterday' }), { signal: signal() }),
      ).rejects.toMatchObject({ code: 'bad-request' });
    });

    check('http', 'names HTTP 403', async () => {
      const provider = await target.provider({ kind: 'forbidden' }, 10_000);
      await expect(provider.search(query(), { signal: signal() })).rejects.toMatchObject({
        code: 'search-blocked',
        stage: 'search',
        message: expect.stringContaining(target.name) as string,
      });
    });

    check('http', 'names HTTP 429 with Retry-After in seconds', async () => {
      const provider = await target.provider({ kind: 'limited', retryAfter: '37' }, 10_000);
      await expect(provider.search(query(), { signal: signal() })).rejects.toMatchObject({
        code: 'search-rate-limited',
        retryAfterSeconds: 37,
        message: expect.stringContaining(target.name) as string,
      });
    });

    check('http', 'names HTTP 429 with Retry-After as a date', async () => {
      const retryAfter = new Date(CONTRACT_NOW() + 90_000).toUTCString();
      const provider = await target.provider({ kind: 'limited', retryAfter }, 10_000);
      await expect(provider.search(query(), { signal: signal() })).rejects.toMatchObject({
        code: 'search-rate-limited',
        retryAfterSeconds: 90,
      });
    });

    check('http', 'names a CAPTCHA page', async () => {
      const provider = await target.provider({ kind: 'captcha' }, 10_000);
      await expect(provider.search(query(), { signal: signal() })).rejects.toMatchObject({
        code: 'search-captcha',
        message: expect.stringContaining(target.name) as string,
      });
    });

    check('http', 'names an answer that is something else', async () => {
      const provider = await target.provider({ kind: 'garbage' }, 10_000);
      await expect(provider.search(query(), { signal: signal() })).rejects.toMatchObject({
        code: 'search-bad-response',
      });
    });

    check('http', 'stops reading an endless answer', async () => {
      const provider = await target.provider({ kind: 'huge' }, 10_000);
      await expect(provider.search(query(), { signal: signal() })).rejects.toMatchObject({
        code: 'search-bad-response',
        message: expect.stringMatching(/more than \d+ bytes/u) as string,
      });
    });

    check('http', 'names an engine that cannot be reached', async () => {
      const provider = await target.provider({ kind: 'gone' }, 10_000);
      await expect(provider.search(query(), { signal: signal() })).rejects.toMatchObject({
        code: 'search-unreachable',
      });
    });

    check('http', 'ends in a timeout when the engine hangs', async () => {
      const provider = await target.provider({ kind: 'hanging' }, 150);
      const started = Date.now();
      await expect(provider.search(query(), { signal: signal() })).rejects.toMatchObject({
        code: 'timeout',
      });
      expect(Date.now() - started).toBeLessThan(3_000);
    });

    it('stops when the caller aborts', async () => {
      const provider = await target.provider(
        'http' in target.skips ? found : { kind: 'hanging' },
        10_000,
      );
      const controller = new AbortController();
      const search = provider.search(query(), { signal: controller.signal });
      if (!('http' in target.skips)) await new Promise((resolve) => setTimeout(resolve, 50));
      controller.abort();
      await expect(search).rejects.toMatchObject({ code: 'cancelled' });
    });
  });
}
