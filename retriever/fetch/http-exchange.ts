import type { Readable } from 'node:stream';
import { orAbort } from '../../src/core/deadline.ts';
import { FootnoteError } from '../../src/core/errors.ts';
import { ACCEPT_ENCODING } from './decoded-body.ts';
import { checkUrl } from './guard.ts';
import type { GuardedDispatcher } from './guarded-dispatcher.ts';
import { isMalformedHead, tolerantExchange } from './tolerant-exchange.ts';
import { USER_AGENT } from './user-agent.ts';

export interface Exchange {
  readonly status: number;
  /** A header's value by its lower-case name; several lines are joined by a comma. */
  readonly header: (name: string) => string | undefined;
  /** All lines of a header. */
  readonly lines: (name: string) => readonly string[];
  /** Must be read or destroyed. */
  readonly body: Readable;
  /** Where the response redirects to, resolved; null when it does not. */
  readonly redirect: URL | null;
}

export interface ExchangeOptions {
  readonly signal: AbortSignal;
  readonly accept: string;
  /** More request headers, such as `if-none-match`. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly headersTimeoutMs: number;
  /** Longest silence in the body. */
  readonly bodyIdleTimeoutMs: number;
  /** Reads the answer as browsers do at once: the strict way has failed before. */
  readonly tolerant?: boolean | undefined;
}

/**
 * One GET, no redirects followed: the literal URL passes the guard, the connection the dispatcher.
 * @throws FootnoteError `url-refused`; what undici throws as it is (see `toFetchError`)
 */
export async function httpExchange(
  url: URL,
  dispatcher: GuardedDispatcher,
  options: ExchangeOptions,
): Promise<Exchange> {
  requireAllowed(url, dispatcher);
  const headers = {
    'user-agent': USER_AGENT,
    accept: options.accept,
    // Some servers fail without one.
    'accept-language': 'en;q=0.9, *;q=0.5',
    'accept-encoding': ACCEPT_ENCODING,
    ...options.headers,
  };
  const response = await send(url, dispatcher, headers, options);
  const lines = (name: string): readonly string[] => {
    const value = response.headers[name];
    return value === undefined ? [] : Array.isArray(value) ? value : [value];
  };
  const header = (name: string): string | undefined => {
    const values = lines(name);
    return values.length === 0 ? undefined : values.join(', ');
  };
  return {
    status: response.status,
    header,
    lines,
    body: response.body,
    redirect: redirectTarget(url, response.status, header('location')),
  };
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Readable;
}

/** By undici; a response whose head it cannot parse is asked for again and read as browsers read it. */
async function send(
  url: URL,
  dispatcher: GuardedDispatcher,
  headers: Readonly<Record<string, string>>,
  options: ExchangeOptions,
): Promise<Answer> {
  const { tolerant = false } = options;
  if (tolerant && dispatcher.proxyFor(url) === null) {
    return await tolerantExchange(url, dispatcher, { ...options, headers });
  }
  try {
    const response = await orAbort(
      dispatcher.agent.request({
        origin: url.origin,
        path: `${url.pathname}${url.search}`,
        method: 'GET',
        headers,
        signal: options.signal,
        headersTimeout: options.headersTimeoutMs,
        bodyTimeout: options.bodyIdleTimeoutMs,
      }),
      options.signal,
    );
    return { status: response.statusCode, headers: response.headers, body: response.body };
  } catch (error) {
    if (!isMalformedHead(error) || dispatcher.proxyFor(url) !== null) throw error;
    return await tolerantExchange(url, dispatcher, { ...options, headers });
  }
}

/**
 * As `httpExchange`, but when the server has not begun to answer after `hedgeMs`, a second request goes
 * out on another connection, and whichever answers first is taken (Dean and Barroso, "The tail at
 * scale", 2013). The other one is dropped.
 */
export async function hedgedExchange(
  url: URL,
  dispatcher: GuardedDispatcher,
  options: ExchangeOptions & { readonly hedgeMs: number },
): Promise<Exchange> {
  const stops = [new AbortController(), new AbortController()] as const;
  const attempt = async (which: 0 | 1): Promise<Exchange> => {
    const signal = AbortSignal.any([options.signal, stops[which].signal]);
    const exchange = await httpExchange(url, dispatcher, { ...options, signal });
    stops[1 - which]?.abort(new FootnoteError('cancelled', 'the other attempt answered first'));
    return exchange;
  };
  const first = attempt(0);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), options.hedgeMs);
  });
  try {
    const early = await Promise.race([first, late]);
    if (early !== 'late') return early;
  } finally {
    clearTimeout(timer);
  }
  const second = attempt(1);
  try {
    return await Promise.any([first, second]);
  } catch {
    // Both failed: the first one's reason is the page's.
    return await first;
  }
}

/** @throws FootnoteError `url-refused` with the guard's reason. */
export function requireAllowed(url: URL, dispatcher: GuardedDispatcher): void {
  const verdict = checkUrl(url.href, dispatcher.policy);
  if (!verdict.allowed) {
    throw new FootnoteError('url-refused', `${url.href}: ${verdict.reason}`, { stage: 'fetch' });
  }
}

/** Reads a little of an unwanted body, briefly, so that the connection can serve the next request. */
export function discard(body: Readable): void {
  let left = 16_384;
  const timer = setTimeout(() => body.destroy(), 500);
  timer.unref();
  body.on('error', () => undefined);
  body.on('close', () => clearTimeout(timer));
  body.on('data', (chunk: Uint8Array) => {
    left -= chunk.length;
    if (left < 0) body.destroy();
  });
}

function redirectTarget(from: URL, status: number, location: string | undefined): URL | null {
  if (![301, 302, 303, 307, 308].includes(status) || location === undefined) return null;
  // Header bytes arrive as Latin-1; browsers read a raw Location as UTF-8.
  const bytes = Buffer.from(location, 'latin1');
  const text = bytes.toString('utf8');
  try {
    const url = new URL(text.includes('\uFFFD') ? location : text, from);
    url.hash = '';
    return url;
  } catch {
    throw new FootnoteError('fetch-failed', `${from.href} redirects to an invalid URL`, {
      stage: 'fetch',
    });
  }
}
