/**
 * The one HTTP call of all search providers: a deadline, the caller's signal, a byte cap while the
 * body streams in, and a typed error for every way in which an engine refuses.
 */
import { createGunzip, createInflate } from 'node:zlib';
import { pipeline, type Readable } from 'node:stream';
import { request, type Dispatcher } from 'undici';
import { z } from 'zod';
import { abortReason, deadline } from '../../src/core/deadline.ts';
import { FootnoteError } from '../../src/core/errors.ts';
import { USER_AGENT } from '../fetch/user-agent.ts';
import { isCaptchaPage } from './captcha-page.ts';
import { retryAfterSeconds } from './retry-after.ts';

/** What every HTTP provider is made from. */
export interface ProviderOptions {
  /** The engine's URL, from the configuration. */
  readonly url: string;
  /** API key, for the engines that have one. */
  readonly key?: string | undefined;
  /** For proxies and tests; default: undici's global one. */
  readonly dispatcher?: Dispatcher | undefined;
  /** Deadline of one search; default 10 s. */
  readonly timeoutMs?: number | undefined;
  /** Largest answer read, after decompression; default 4 MB. */
  readonly maxBytes?: number | undefined;
  /** Default: the product's own. */
  readonly userAgent?: string | undefined;
  /** For tests: the present, in ms since 1970. */
  readonly now?: (() => number) | undefined;
}

export interface ProviderRequest {
  readonly provider: string;
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
}

export interface ProviderResponse {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
}

const MAX_REDIRECTS = 3;

/**
 * A list whose malformed entries are skipped: one bad result must not spoil the others. Null counts as
 * an empty list.
 */
export function lenientList<T>(entry: z.ZodType<T>) {
  return z
    .array(z.unknown())
    .nullish()
    .transform((entries) => {
      const good = (entries ?? []).flatMap((each) => {
        const parsed = entry.safeParse(each);
        return parsed.success ? [parsed.data] : [];
      });
      return { good, skipped: (entries ?? []).length - good.length };
    });
}

/** What the URL of the configuration carries as user and password goes into a header, and no further. */
function withoutCredentials(url: URL): {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
} {
  if (url.username === '' && url.password === '') return { url, headers: {} };
  const bare = new URL(url);
  bare.username = '';
  bare.password = '';
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return { url: bare, headers: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` } };
}

/**
 * Sends one request and reads the answer, whatever its status below 300 is.
 * @throws FootnoteError `search-rate-limited` (429 and 503 with Retry-After), `search-blocked` (401,
 *   403, 451 and the like), `search-unreachable`, `search-bad-response` (other statuses, redirects to
 *   another host, too large), `timeout`, `cancelled`.
 */
export async function providerRequest(
  options: ProviderOptions,
  call: ProviderRequest,
): Promise<ProviderResponse> {
  const limit = deadline(options.timeoutMs ?? 10_000, call.signal, `search by ${call.provider}`);
  try {
    return await follow(options, call, limit.signal);
  } catch (error) {
    if (limit.signal.aborted) throw abortReason(limit.signal);
    if (error instanceof FootnoteError) throw error;
    const cause = error as Error & { code?: string };
    throw failure(
      'search-unreachable',
      call.provider,
      `cannot be reached at ${call.url.host}: ${cause.code ?? cause.message}`,
      { cause },
    );
  } finally {
    limit.clear();
  }
}

/**
 * As `providerRequest`, for engines that answer in JSON: parses the body and checks it.
 * @param hint what to change when the answer is no JSON, for the message
 * @throws FootnoteError as `providerRequest`, and `search-captcha` for a page that wants a human
 */
export async function providerJson<T>(
  options: ProviderOptions,
  call: ProviderRequest,
  schema: z.ZodType<T>,
  hint = '',
): Promise<T> {
  const { text, contentType } = await providerRequest(options, call);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    if (isCaptchaPage(text)) throw captcha(call.provider);
    const type = contentType === '' ? 'something' : contentType;
    throw failure(
      'search-bad-response',
      call.provider,
      `sent ${type} that is not JSON${hint === '' ? '' : `; ${hint}`}`,
    );
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw failure(
    'search-bad-response',
    call.provider,
    `sent JSON of another shape (${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''})`,
  );
}

/** The error of a page that asks for a human. The rest is ours: such pages name no time to wait. */
export function captcha(provider: string): FootnoteError {
  return failure('search-captcha', provider, 'asks for a CAPTCHA; it is left alone for a while');
}

/** A provider's error, named after it. */
export function failure(
  code: FootnoteError['code'],
  provider: string,
  message: string,
  detail: { readonly cause?: unknown; readonly retryAfterSeconds?: number } = {},
): FootnoteError {
  return new FootnoteError(code, `${provider} ${message}`, { stage: 'search', ...detail });
}

async function follow(
  options: ProviderOptions,
  call: ProviderRequest,
  signal: AbortSignal,
): Promise<ProviderResponse> {
  const { url: start, headers: credentials } = withoutCredentials(call.url);
  let url = start;
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    const response = await request(url, {
      method: call.method,
      headers: {
        'user-agent': options.userAgent ?? USER_AGENT,
        // No `br`: Node 20's bundled decoder is not trusted with foreign bytes.
        'accept-encoding': 'gzip, deflate',
        ...credentials,
        ...call.headers,
      },
      ...(call.body === undefined ? {} : { body: call.body }),
      ...(options.dispatcher === undefined ? {} : { dispatcher: options.dispatcher }),
      signal,
    });
    const location = header(response.headers['location']);
    if (response.statusCode < 300 || response.statusCode >= 400 || location === '') {
      return await read(options, call, response, signal);
    }
    response.body.on('error', () => undefined);
    response.body.destroy();
    const { url: next } = withoutCredentials(new URL(location, url));
    // Keys and questions go to the configured host only; a move has to be configured.
    if (call.method === 'POST' || !sameHost(next, url)) {
      throw failure(
        'search-bad-response',
        call.provider,
        `redirects to ${next.origin}${next.pathname}; set its URL to that`,
      );
    }
    url = next;
  }
  throw failure('search-bad-response', call.provider, `redirects more than ${MAX_REDIRECTS} times`);
}

/** The same host and port; only `www.` may come or go, and plain HTTP may become HTTPS. */
function sameHost(next: URL, current: URL): boolean {
  const bare = (url: URL): string => url.hostname.replace(/^www\./u, '');
  if (bare(next) !== bare(current)) return false;
  if (next.protocol === current.protocol) return next.port === current.port;
  return next.protocol === 'https:' && current.protocol === 'http:';
}

async function read(
  options: ProviderOptions,
  call: ProviderRequest,
  response: Dispatcher.ResponseData,
  signal: AbortSignal,
): Promise<ProviderResponse> {
  const maxBytes = options.maxBytes ?? 4_000_000;
  const encoding = header(response.headers['content-encoding']).toLowerCase();
  const chunks: Buffer[] = [];
  let bytes = 0;
  const body = decoded(response.body, encoding);
  if (body === null) {
    response.body.on('error', () => undefined);
    response.body.destroy();
    throw failure(
      'search-bad-response',
      call.provider,
      `sent an encoding it was not asked for: ${encoding}`,
    );
  }
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      if (signal.aborted) throw abortReason(signal);
      bytes += chunk.byteLength;
      if (bytes > maxBytes) {
        throw failure('search-bad-response', call.provider, `sent more than ${maxBytes} bytes`);
      }
      chunks.push(chunk);
    }
  } finally {
    response.body.on('error', () => undefined);
    response.body.destroy();
  }
  const text = Buffer.concat(chunks).toString('utf8');
  const status = response.statusCode;
  const now = options.now?.() ?? Date.now();
  const wait = retryAfterSeconds(response.headers, now);
  if (status === 429 || (status === 503 && wait !== null)) {
    throw failure(
      'search-rate-limited',
      call.provider,
      `limits our rate (HTTP ${status})${wait === null ? '' : `; retry after ${wait} s`}`,
      wait === null ? {} : { retryAfterSeconds: wait },
    );
  }
  const contentType = header(response.headers['content-type']);
  if (status >= 400 && isCaptchaPage(text)) throw captcha(call.provider);
  if (status >= 200 && status < 300) return { status, contentType, text };
  throw new StatusError(call.provider, { status, contentType, text });
}

/** An error status, with the body, so that a provider may know better what it means. */
export class StatusError extends FootnoteError {
  readonly response: ProviderResponse;

  constructor(provider: string, response: ProviderResponse) {
    const refused = [401, 402, 403, 407, 451].includes(response.status);
    const said = plainExcerpt(response.text);
    super(
      refused ? 'search-blocked' : 'search-bad-response',
      `${provider} ${refused ? 'refuses us' : 'answered with an error'} (HTTP ${response.status})${said === '' ? '' : `: ${said}`}`,
      { stage: 'search' },
    );
    this.response = response;
  }
}

/** A few words of an error body, as text: never markup, never long. */
function plainExcerpt(text: string): string {
  return text
    .slice(0, 4_000)
    .replace(/<(script|style)\b(?:(?!<\/?\1)[\s\S])*<\/\1>/giu, ' ')
    .replace(/<[^<>]*>/gu, ' ')
    .replace(/\s+/gu, ' ')
    .trim()
    .slice(0, 160);
}

function decoded(body: Readable, encoding: string): Readable | null {
  // What is no coding at all (`utf-8`, `none`) changed nothing.
  if (!/^(?:x-)?(?:gzip|deflate|br|zstd|compress)$|,/u.test(encoding)) return body;
  const inflate =
    encoding === 'gzip' || encoding === 'x-gzip'
      ? createGunzip()
      : encoding === 'deflate'
        ? createInflate()
        : null;
  // The error surfaces in the reader of the last stream.
  return inflate === null ? null : pipeline(body, inflate, () => undefined);
}

function header(value: string | string[] | undefined): string {
  return (Array.isArray(value) ? value[0] : value) ?? '';
}
