/**
 * Pages from a cache, as RFC 9111 allows: fresh ones at once; stale ones at once too, while a newer
 * copy is fetched for the next question; those that must be asked about with `If-None-Match` and
 * `If-Modified-Since`. `no-store` and `private` are honoured.
 */
import { deserialize, serialize } from 'node:v8';
import ipaddr from 'ipaddr.js';
import { FootnoteError } from '../../src/core/errors.ts';
import type { FetchedPage } from '../../src/core/nouns.ts';
import type { Cache, CallOptions, FetchCallOptions, Fetcher } from '../../src/core/seams.ts';
import { httpLifetime } from '../cache/http-lifetime.ts';
import type { FetchReply, HttpFetcher, KnownPage } from './http-fetcher.ts';

export interface CachingFetcherOptions {
  readonly fetcher: Pick<HttpFetcher, 'fetchUnlessKnown'>;
  readonly cache: Cache;
  /**
   * Put before every key: what decides which pages may be read (the guard's exceptions, robots). A cache
   * on disk is shared by processes, and one must not read what only another was allowed to.
   */
  readonly scope: string;
  /** How long a page without a lifetime of its own is fresh. */
  readonly freshMs: number;
  /** For tests: also keep pages of this machine, which otherwise are never kept. */
  readonly keepLoopback?: boolean | undefined;
  readonly now?: (() => number) | undefined;
}

interface Stored extends KnownPage {
  readonly page: FetchedPage;
  readonly freshUntilMs: number;
  readonly staleUntilMs: number;
}

/** How long a page is kept for asking whether it is still true. */
const KEEP_MS = 30 * 86_400_000;
const REFRESH_MS = 20_000;

export class CachingFetcher implements Fetcher {
  readonly #options: CachingFetcherOptions;
  /** Pages that are being fetched anew behind an answer, by URL. */
  readonly #refreshing = new Map<string, Promise<void>>();
  readonly #stop = new AbortController();

  constructor(options: CachingFetcherOptions) {
    this.#options = options;
  }

  /** @throws FootnoteError as `HttpFetcher.fetch` */
  async fetch(url: string, options: FetchCallOptions): Promise<FetchedPage> {
    if (!this.#keeps(url)) return pageOf(await this.#ask(url, null, options), null);
    const key = this.#key(url, options.language);
    const stored = await this.#read(key, options);
    const now = this.#now();
    if (stored !== null && now < stored.freshUntilMs) return { ...stored.page, url };
    if (stored !== null && now < stored.staleUntilMs) {
      this.#refresh(key, url, stored, options.language);
      return { ...stored.page, url };
    }
    return await this.#load(key, url, stored, options);
  }

  /** Ends refreshing in the background and waits for it. */
  async close(): Promise<void> {
    this.#stop.abort(new FootnoteError('shutting-down', 'fetch: shut down', { stage: 'fetch' }));
    await this.settled();
  }

  /** Resolves when nothing is being refreshed, for tests. */
  async settled(): Promise<void> {
    await Promise.all(this.#refreshing.values());
  }

  #refresh(key: string, url: string, stored: Stored, language: string | undefined): void {
    if (this.#refreshing.has(key) || this.#stop.signal.aborted) return;
    const signal = AbortSignal.any([this.#stop.signal, AbortSignal.timeout(REFRESH_MS)]);
    const work = this.#load(key, url, stored, { signal, language })
      .then(
        () => undefined,
        // The stale page was served; the next question tries again.
        () => undefined,
      )
      .finally(() => this.#refreshing.delete(key));
    this.#refreshing.set(key, work);
  }

  async #load(
    key: string,
    url: string,
    stored: Stored | null,
    options: FetchCallOptions,
  ): Promise<FetchedPage> {
    const reply = await this.#ask(url, stored, options);
    const page = pageOf(reply, stored);
    // Written while the page is already being read.
    void this.#write(key, page, reply, stored);
    return { ...page, url };
  }

  #ask(url: string, stored: Stored | null, options: FetchCallOptions): Promise<FetchReply> {
    const askable = stored !== null && (stored.etag !== null || stored.lastModified !== null);
    return this.#options.fetcher.fetchUnlessKnown(url, askable ? stored : null, options);
  }

  async #write(
    key: string,
    page: FetchedPage,
    { header }: FetchReply,
    before: Stored | null,
  ): Promise<void> {
    const options = { signal: this.#stop.signal };
    const now = this.#now();
    const life = httpLifetime(header, now, this.#options.freshMs);
    if (!life.storable || page.cut === true || !this.#keeps(page.finalUrl)) {
      if (before !== null) await this.#options.cache.delete(key, options);
      return;
    }
    const stored: Stored = {
      page,
      finalUrl: page.finalUrl,
      // A 304 may leave out what has not changed.
      etag: header('etag') ?? before?.etag ?? null,
      lastModified: header('last-modified') ?? before?.lastModified ?? null,
      freshUntilMs: now + life.freshMs,
      staleUntilMs: now + life.freshMs + life.staleMs,
    };
    const entry = { value: serialize(stored), storedAtMs: now, expiresAtMs: now + KEEP_MS };
    await this.#options.cache.set(key, entry, options);
  }

  async #read(key: string, options: CallOptions): Promise<Stored | null> {
    const entry = await this.#options.cache.get(key, options);
    if (entry === null) return null;
    try {
      return deserialize(entry.value) as Stored;
    } catch {
      return null;
    }
  }

  /** Pages of this machine cost nothing to fetch and change while somebody works on them. */
  #keeps(url: string): boolean {
    return this.#options.keepLoopback === true || !isLoopback(url);
  }

  /** Servers may have a page in several languages: one entry for each that is asked for beside English. */
  #key(url: string, language: string | undefined): string {
    const hash = url.indexOf('#');
    const other = language === undefined || /^en\b/iu.test(language) ? '' : `${language} `;
    return `page ${this.#options.scope} ${other}${hash < 0 ? url : url.slice(0, hash)}`;
  }

  #now(): number {
    return this.#options.now?.() ?? Date.now();
  }
}

/** The page of a reply; for a 304 the known one, which was true just now. */
function pageOf({ page }: FetchReply, stored: Stored | null): FetchedPage {
  if (page !== null) return page;
  if (stored === null) {
    throw new FootnoteError('http-status', 'the server answered 304 unasked', { stage: 'fetch' });
  }
  return { ...stored.page, fetchedAt: new Date().toISOString() };
}

/** True for URLs of this machine, and for what is no URL. */
export function isLoopback(url: string): boolean {
  if (!URL.canParse(url)) return true;
  const host = new URL(url).hostname.replace(/^\[|\]$/gu, '');
  if (host === 'localhost' || host.endsWith('.localhost')) return true;
  return ipaddr.isValid(host) && ipaddr.process(host).range() === 'loopback';
}
