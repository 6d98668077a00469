/**
 * Pages over HTTP: the guard before every hop, robots.txt, redirects by hand, caps on bytes and time
 * while streaming. The body stays bytes; what they say is the extractor's business.
 */
import { deadline } from '../../src/core/deadline.ts';
import { FootnoteError } from '../../src/core/errors.ts';
import type { FetchedPage } from '../../src/core/nouns.ts';
import type { CallOptions, Fetcher } from '../../src/core/seams.ts';
import { contentVerdict, looksReadable } from './content-verdict.ts';
import { readDecodedBody } from './decoded-body.ts';
import { isConnectionError, toFetchError } from './fetch-error.ts';
import type { GuardedDispatcher } from './guarded-dispatcher.ts';
import { discard, hedgedExchange, requireAllowed, type Exchange } from './http-exchange.ts';
import type { Robots } from './robots.ts';

const ACCEPT =
  'text/html, application/xhtml+xml, application/pdf;q=0.9, text/markdown;q=0.9, text/plain;q=0.8, application/json;q=0.7, application/xml;q=0.7, */*;q=0.1';

export interface HttpFetcherOptions {
  readonly dispatcher: GuardedDispatcher;
  /** Null only for the user's own sites (`ignoreRobots`). */
  readonly robots: Robots | null;
  /** Largest body after decompression. */
  readonly maxBytes: number;
  /** The whole page: robots, redirects, headers and body. */
  readonly timeoutMs: number;
  readonly headersTimeoutMs?: number | undefined;
  /** Longest silence in the body. */
  readonly bodyIdleTimeoutMs?: number | undefined;
  readonly maxRedirects?: number | undefined;
  /** A server that has not begun to answer after this long is asked once more, beside; default 1,500. */
  readonly hedgeMs?: number | undefined;
}

/** What a page was when it was last read, so that the server need not send it again. */
export interface KnownPage {
  readonly finalUrl: string;
  readonly etag: string | null;
  /** `Last-Modified` as the server wrote it. */
  readonly lastModified: string | null;
}

export interface FetchReply {
  /** Null: the known page is still true (304). */
  readonly page: FetchedPage | null;
  /** A header of the last response by its lower-case name. */
  readonly header: (name: string) => string | undefined;
}

export class HttpFetcher implements Fetcher {
  readonly #options: Required<HttpFetcherOptions>;

  constructor(options: HttpFetcherOptions) {
    this.#options = {
      ...options,
      headersTimeoutMs: options.headersTimeoutMs ?? options.timeoutMs,
      bodyIdleTimeoutMs: options.bodyIdleTimeoutMs ?? Math.min(options.timeoutMs, 5_000),
      maxRedirects: options.maxRedirects ?? 5,
      hedgeMs: options.hedgeMs ?? 1_500,
    };
  }

  /**
   * @throws FootnoteError `url-refused`, `robots-disallowed`, `too-many-redirects`, `http-status`
   *   (with `retryAfterSeconds` where the server said it), `unsupported-content`, `page-too-large`,
   *   `fetch-failed`, `timeout`, `cancelled`
   */
  async fetch(url: string, options: CallOptions): Promise<FetchedPage> {
    const { page } = await this.fetchUnlessKnown(url, null, options);
    if (page === null) throw new FootnoteError('http-status', `${url} answered 304 unasked`);
    return page;
  }

  /** As `fetch`, but asks the server to say so (ETag, Last-Modified) when the known page is still true. */
  async fetchUnlessKnown(
    url: string,
    known: KnownPage | null,
    options: CallOptions,
  ): Promise<FetchReply> {
    const limit = deadline(this.#options.timeoutMs, options.signal, 'fetch');
    try {
      return await this.#follow(url, known, limit.signal);
    } catch (error) {
      throw toFetchError(error, url, limit.signal);
    } finally {
      limit.clear();
    }
  }

  async #follow(url: string, known: KnownPage | null, signal: AbortSignal): Promise<FetchReply> {
    const { maxRedirects, robots, dispatcher } = this.#options;
    let current = parseUrl(url);
    const seen = new Set<string>();
    // One more attempt for the whole page, for a connection that died early.
    let attempts = 2;
    for (;;) {
      seen.add(current.href);
      requireAllowed(current, dispatcher);
      await robots?.requireAllowed(current, { signal });
      let next: URL | FetchReply;
      try {
        next = await this.#hop(
          url,
          current,
          known?.finalUrl === current.href ? known : null,
          signal,
        );
      } catch (error) {
        attempts -= 1;
        if (attempts === 0 || signal.aborted || !isConnectionError(error)) throw error;
        continue;
      }
      if (!(next instanceof URL)) return next;
      if (seen.has(next.href)) {
        throw new FootnoteError('too-many-redirects', `${url} redirects in a loop`, {
          stage: 'fetch',
        });
      }
      if (seen.size > maxRedirects) {
        throw new FootnoteError(
          'too-many-redirects',
          `${url} redirects more than ${maxRedirects} times`,
          { stage: 'fetch' },
        );
      }
      current = next;
    }
  }

  /** One request: the page, or where it redirects to. */
  async #hop(
    asked: string,
    url: URL,
    known: KnownPage | null,
    signal: AbortSignal,
  ): Promise<URL | FetchReply> {
    const exchange = await hedgedExchange(url, this.#options.dispatcher, {
      hedgeMs: this.#options.hedgeMs,
      signal,
      accept: ACCEPT,
      headers: conditions(known),
      headersTimeoutMs: this.#options.headersTimeoutMs,
      bodyIdleTimeoutMs: this.#options.bodyIdleTimeoutMs,
    });
    if (exchange.redirect !== null) {
      discard(exchange.body);
      return exchange.redirect;
    }
    const { header } = exchange;
    if (exchange.status === 304 && known !== null) {
      discard(exchange.body);
      return { page: null, header };
    }
    if (exchange.status < 200 || exchange.status >= 300) {
      discard(exchange.body);
      throw statusError(url, exchange);
    }
    const contentType = exchange.header('content-type');
    const verdict = contentVerdict(contentType);
    if (verdict === 'unreadable') {
      exchange.body.on('error', () => undefined).destroy();
      throw unsupported(url, `is ${contentType}`);
    }
    const body = await readDecodedBody(exchange.body, exchange.header('content-encoding'), {
      maxBytes: this.#options.maxBytes,
      overflow: 'error',
      peek:
        verdict === 'readable'
          ? undefined
          : (start) => {
              if (!looksReadable(start)) throw unsupported(url, 'is binary data');
            },
    });
    const page = {
      url: asked,
      finalUrl: url.href,
      status: exchange.status,
      contentType: contentType ?? null,
      body,
      fetchedAt: new Date().toISOString(),
      rendered: false,
      lastModified: httpDate(header('last-modified')),
    };
    return { page, header };
  }
}

function conditions(known: KnownPage | null): Readonly<Record<string, string>> {
  return {
    ...(known?.etag === null || known?.etag === undefined ? {} : { 'if-none-match': known.etag }),
    ...(known?.lastModified === null || known?.lastModified === undefined
      ? {}
      : { 'if-modified-since': known.lastModified }),
  };
}

function parseUrl(url: string): URL {
  try {
    const parsed = new URL(url);
    parsed.hash = '';
    return parsed;
  } catch (error) {
    throw new FootnoteError('url-refused', `"${url.slice(0, 200)}" is not a valid URL`, {
      stage: 'fetch',
      cause: error,
    });
  }
}

function unsupported(url: URL, what: string): FootnoteError {
  return new FootnoteError('unsupported-content', `${url.href} ${what}, which cannot be read`, {
    stage: 'fetch',
  });
}

function statusError(url: URL, exchange: Exchange): FootnoteError {
  const { status } = exchange;
  const retryAfterSeconds = retryAfter(exchange.header('retry-after'));
  const why =
    status === 429
      ? 'limits our rate'
      : status === 403 || status === 401
        ? 'refused us'
        : 'answered with an error';
  const later = retryAfterSeconds === null ? '' : `; retry after ${retryAfterSeconds} s`;
  return new FootnoteError('http-status', `${url.host} ${why}: HTTP ${status}${later}`, {
    stage: 'fetch',
    extra: { http_status: status },
    ...(retryAfterSeconds === null ? {} : { retryAfterSeconds }),
  });
}

/** `Retry-After`: seconds, or a date. Null when absent or unreadable. */
function retryAfter(value: string | undefined): number | null {
  if (value === undefined) return null;
  if (/^\d{1,9}$/u.test(value.trim())) return Number(value);
  const time = Date.parse(value);
  return Number.isNaN(time) ? null : Math.max(0, Math.ceil((time - Date.now()) / 1_000));
}

function httpDate(value: string | undefined): string | null {
  const time = value === undefined ? Number.NaN : Date.parse(value);
  return Number.isNaN(time) ? null : new Date(time).toISOString();
}
