/**
 * Pages over HTTP: the guard before every hop, robots.txt, redirects by hand, caps on bytes and time
 * while streaming. The body stays bytes; what they say is the extractor's business.
 */
import { deadline } from '../../src/core/deadline.ts';
import { FootnoteError } from '../../src/core/errors.ts';
import type { FetchedPage } from '../../src/core/nouns.ts';
import type { FetchCallOptions, Fetcher } from '../../src/core/seams.ts';
import { contentVerdict, looksReadable } from './content-verdict.ts';
import { readDecodedBody } from './decoded-body.ts';
import { isConnectionError, isLengthFault, toFetchError } from './fetch-error.ts';
import type { GuardedDispatcher } from './guarded-dispatcher.ts';
import { discard, hedgedExchange, requireAllowed, type Exchange } from './http-exchange.ts';
import { PageCookies } from './page-cookies.ts';
import { refreshTarget } from './page-refresh.ts';
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

/** What one page's requests share. */
interface Journey {
  readonly asked: string;
  readonly cookies: PageCookies;
  readonly signal: AbortSignal;
  readonly language: string | undefined;
}

/** The connection was lost amid the body: what came is good for something when it happens again. */
class CutPage extends Error {
  readonly reply: FetchReply;

  constructor(reply: FetchReply) {
    super('the connection was lost amid the page');
    this.reply = reply;
  }
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
  async fetch(url: string, options: FetchCallOptions): Promise<FetchedPage> {
    const { page } = await this.fetchUnlessKnown(url, null, options);
    if (page === null) throw new FootnoteError('http-status', `${url} answered 304 unasked`);
    return page;
  }

  /** As `fetch`, but asks the server to say so (ETag, Last-Modified) when the known page is still true. */
  async fetchUnlessKnown(
    url: string,
    known: KnownPage | null,
    options: FetchCallOptions,
  ): Promise<FetchReply> {
    const limit = deadline(this.#options.timeoutMs, options.signal, 'fetch');
    try {
      const { language } = options;
      const cookies = new PageCookies();
      return await this.#follow({ asked: url, cookies, signal: limit.signal, language }, known);
    } catch (error) {
      throw toFetchError(error, url, limit.signal);
    } finally {
      limit.clear();
    }
  }

  async #follow(journey: Journey, known: KnownPage | null): Promise<FetchReply> {
    const { maxRedirects, robots, dispatcher } = this.#options;
    const { asked, cookies, signal } = journey;
    let current = parseUrl(asked);
    /** A URL with the cookies that it was asked with: coming back with another cookie is no loop. */
    const seen = new Set<string>();
    // One more attempt for the whole page, for a connection that died early.
    let attempts = 2;
    let tolerant = false;
    for (let hops = 0; ;) {
      seen.add(`${current.href} ${cookies.for(current)}`);
      requireAllowed(current, dispatcher);
      await robots?.requireAllowed(current, { signal });
      let next: URL | FetchReply;
      try {
        const asKnown = known?.finalUrl === current.href ? known : null;
        next = await this.#hop(journey, current, asKnown, tolerant);
      } catch (error) {
        attempts -= 1;
        tolerant = error instanceof CutPage || isLengthFault(error);
        if (error instanceof CutPage && (attempts === 0 || signal.aborted)) return error.reply;
        const again = error instanceof CutPage || isConnectionError(error);
        if (attempts === 0 || signal.aborted || !again) throw error;
        continue;
      }
      if (!(next instanceof URL)) return next;
      hops += 1;
      if (seen.has(`${next.href} ${cookies.for(next)}`)) {
        throw new FootnoteError('too-many-redirects', `${asked} redirects in a loop`, {
          stage: 'fetch',
        });
      }
      if (hops > maxRedirects) {
        throw new FootnoteError(
          'too-many-redirects',
          `${asked} redirects more than ${maxRedirects} times`,
          { stage: 'fetch' },
        );
      }
      current = next;
    }
  }

  /** One request: the page, or where it redirects to. */
  async #hop(
    journey: Journey,
    url: URL,
    known: KnownPage | null,
    tolerant: boolean,
  ): Promise<URL | FetchReply> {
    const { cookies, signal, language } = journey;
    const cookie = cookies.for(url);
    const exchange = await hedgedExchange(url, this.#options.dispatcher, {
      hedgeMs: this.#options.hedgeMs,
      tolerant,
      signal,
      accept: ACCEPT,
      headers: {
        ...conditions(known),
        ...(language === undefined ? {} : { 'accept-language': acceptLanguage(language) }),
        ...(cookie === '' ? {} : { cookie }),
      },
      headersTimeoutMs: this.#options.headersTimeoutMs,
      bodyIdleTimeoutMs: this.#options.bodyIdleTimeoutMs,
    });
    cookies.keep(url, exchange.lines('set-cookie'));
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
    let cut = false;
    const body = await readDecodedBody(exchange.body, exchange.header('content-encoding'), {
      maxBytes: this.#options.maxBytes,
      overflow: 'error',
      onCut: () => {
        cut = true;
      },
      peek:
        verdict === 'readable'
          ? undefined
          : (start) => {
              if (!looksReadable(start)) throw unsupported(url, 'is binary data');
            },
    });
    if (contentType === undefined || /html/iu.test(contentType)) {
      const start = Buffer.from(body.buffer, body.byteOffset, Math.min(body.length, 60_001));
      const next = refreshTarget(url, header('refresh'), start.toString('latin1'));
      const elsewhere = next !== null && (next.href !== url.href || cookies.for(next) !== cookie);
      if (next !== null && elsewhere) return next;
    }
    const page = {
      url: journey.asked,
      finalUrl: url.href,
      status: exchange.status,
      contentType: contentType ?? null,
      body,
      fetchedAt: new Date().toISOString(),
      rendered: false,
      lastModified: httpDate(header('last-modified')),
      ...(cut ? { cut } : {}),
    };
    if (cut) throw new CutPage({ page, header });
    return { page, header };
  }
}

/** The question's language first; English pages are read in any case. */
function acceptLanguage(language: string): string {
  const tag = /^[a-z]{2,3}(?:-[a-z\d]{2,8})*$/iu.test(language) ? language : 'en';
  return /^en\b/iu.test(tag) ? `${tag}, en;q=0.9, *;q=0.5` : `${tag}, en;q=0.7, *;q=0.5`;
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
