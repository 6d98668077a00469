/**
 * The model hub's own protocol over HTTP: `HEAD`/`GET {endpoint}/{repo}/resolve/{revision}/{file}`
 * with its `X-Linked-*`, `X-Repo-Commit` and `X-Error-*` headers, redirects to a CDN, ranges, and
 * the file listing `GET /api/models/{repo}/tree/{revision}`.
 */
import { request, type Dispatcher } from 'undici';
import { abortReason, deadline } from '../../core/deadline.ts';
import { FootnoteError, toFootnoteError } from '../../core/errors.ts';
import type { ProxySettings } from '../../core/proxy-settings.ts';
import { serviceDispatcher } from '../proxy-dispatcher.ts';
import type { CallOptions } from '../../core/seams.ts';
import type { HubLocation } from './model-table.ts';

const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const MAX_REDIRECTS = 6;

export interface HubClientOptions {
  /** Base URL, `HF_ENDPOINT`. */
  readonly endpoint: string;
  /** `HF_TOKEN`; sent to the endpoint's own origin only. */
  readonly token?: string | undefined;
  readonly proxy?: ProxySettings | undefined;
  /** Longest wait for a connection, for headers, and between two pieces of a body. */
  readonly stallTimeoutMs?: number;
}

export interface HubFileFacts {
  readonly bytes: number | null;
  /** Validator of the file at the hub, quotes kept off; for large files its sha256. */
  readonly etag: string | null;
  /** sha256 in hex where the hub gives one (files in LFS or Xet storage). */
  readonly sha256: string | null;
  readonly commit: string | null;
}

export interface HubListedFile {
  readonly path: string;
  readonly bytes: number | null;
  readonly sha256: string | null;
}

export type HubResponse = Dispatcher.ResponseData;

export class HubClient {
  readonly endpoint: string;
  readonly #token: string | undefined;
  readonly #stallTimeoutMs: number;
  readonly #dispatcher: Dispatcher;

  constructor(options: HubClientOptions) {
    this.endpoint = options.endpoint.replace(/(?<!\/)\/+$/, '');
    this.#token = options.token === '' ? undefined : options.token;
    this.#stallTimeoutMs = options.stallTimeoutMs ?? 30_000;
    this.#dispatcher = serviceDispatcher(options.proxy ?? {}, {
      connect: { timeout: Math.min(10_000, this.#stallTimeoutMs) },
      headersTimeout: this.#stallTimeoutMs,
      bodyTimeout: this.#stallTimeoutMs,
    });
  }

  fileUrl(location: HubLocation): string {
    const path = location.file.split('/').map(encodeURIComponent).join('/');
    return `${this.endpoint}/${location.repo}/resolve/${encodeURIComponent(location.revision)}/${path}`;
  }

  /**
   * What the hub says of a file, without fetching it. Redirects are followed inside the hub only
   * (renamed repositories); the redirect to the CDN carries the facts in its own headers.
   * null where the server does not answer HEAD.
   * @throws FootnoteError as `get`
   */
  async facts(location: HubLocation, options: CallOptions): Promise<HubFileFacts | null> {
    let url = this.fileUrl(location);
    for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
      const response = await this.#send('HEAD', url, {}, true, options.signal);
      await drain(response);
      const { statusCode, headers } = response;
      if (statusCode === 405 || statusCode === 501) return null;
      const target = REDIRECTS.has(statusCode) ? redirectTarget(url, headers) : null;
      const linked = header(headers, 'x-linked-etag');
      if (target !== null && linked === null && this.#isHub(target)) {
        url = target;
        continue;
      }
      if (statusCode >= 400) throw hubError(response, this.#describe(location));
      const etag = stripEtag(linked ?? (target === null ? header(headers, 'etag') : null));
      const size =
        header(headers, 'x-linked-size') ??
        (target === null ? header(headers, 'content-length') : null);
      return {
        bytes: size === null || !/^\d+$/.test(size) ? null : Number(size),
        etag,
        sha256: etag !== null && /^[0-9a-f]{64}$/.test(etag) ? etag : null,
        commit: header(headers, 'x-repo-commit'),
      };
    }
    throw tooManyRedirects(this.#describe(location));
  }

  /**
   * GETs a file, redirects followed; the token never leaves the hub's origin. Answers 200, 206 and
   * 416 are returned, their body is the caller's to read.
   * @throws FootnoteError `model-download-failed` with `extra.reason`, `timeout`, `cancelled`
   */
  async get(
    location: HubLocation,
    headers: Readonly<Record<string, string>>,
    options: CallOptions,
  ): Promise<HubResponse> {
    let url = this.fileUrl(location);
    let trusted = true;
    for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
      const response = await this.#send('GET', url, headers, trusted, options.signal);
      if (!REDIRECTS.has(response.statusCode)) {
        if ([200, 206, 416].includes(response.statusCode)) return response;
        await drain(response);
        throw hubError(response, this.#describe(location));
      }
      await drain(response);
      const target = redirectTarget(url, response.headers);
      if (target === null) throw hubError(response, this.#describe(location));
      // Once outside, never again: a CDN could send us back to fetch what the token opens.
      trusted &&= this.#isHub(target);
      url = target;
    }
    throw tooManyRedirects(this.#describe(location));
  }

  /**
   * The files of a repository with their sizes and hashes.
   * @throws FootnoteError `model-download-failed`, `timeout`, `cancelled`
   */
  async listFiles(
    repo: string,
    revision: string,
    options: CallOptions,
  ): Promise<readonly HubListedFile[]> {
    const files: HubListedFile[] = [];
    let url: string | null =
      `${this.endpoint}/api/models/${repo}/tree/${encodeURIComponent(revision)}?recursive=true`;
    for (let page = 0; url !== null && page < 50; page += 1) {
      const response = await this.#send('GET', url, {}, true, options.signal);
      const here: string = url;
      const target: string | null = REDIRECTS.has(response.statusCode)
        ? redirectTarget(here, response.headers)
        : null;
      if (target !== null && this.#isHub(target)) {
        await drain(response);
        url = target;
        continue;
      }
      if (response.statusCode !== 200) {
        await drain(response);
        throw hubError(response, `the file list of ${repo} (revision ${revision})`);
      }
      files.push(...readTree(await readJson(response, repo)));
      const next: string | undefined = /<([^<>]+)>\s*;\s*rel="?next"?/.exec(
        header(response.headers, 'link') ?? '',
      )?.[1];
      const nextUrl: string | null = next === undefined ? null : new URL(next, here).href;
      url = nextUrl !== null && this.#isHub(nextUrl) ? nextUrl : null;
    }
    return files;
  }

  /**
   * Whether the hub is there and serves this file: one HEAD with a short deadline. A login page of a
   * captive portal does not count: a redirect must carry the hub's headers. Never throws but `cancelled`.
   */
  async reachable(
    location: HubLocation,
    options: CallOptions & { readonly timeoutMs?: number },
  ): Promise<boolean> {
    const limit = deadline(
      options.timeoutMs ?? 2_000,
      options.signal,
      'the probe of the model hub',
    );
    try {
      const facts = await this.facts(location, { signal: limit.signal });
      return facts !== null && (facts.etag !== null || facts.commit !== null);
    } catch {
      if (options.signal.aborted) throw abortReason(options.signal);
      return false;
    } finally {
      limit.clear();
    }
  }

  async close(): Promise<void> {
    await this.#dispatcher.destroy();
  }

  #isHub(url: string): boolean {
    return new URL(url).origin === new URL(this.endpoint).origin;
  }

  #describe(location: HubLocation): string {
    return `${location.file} of ${location.repo} (revision ${location.revision}) at ${this.endpoint}`;
  }

  async #send(
    method: 'GET' | 'HEAD',
    url: string,
    headers: Readonly<Record<string, string>>,
    trusted: boolean,
    signal: AbortSignal,
  ): Promise<HubResponse> {
    if (signal.aborted) throw abortReason(signal);
    try {
      return await request(url, {
        method,
        dispatcher: this.#dispatcher,
        signal,
        headers: {
          'user-agent': 'footnote',
          'accept-encoding': 'identity',
          ...headers,
          ...(trusted && this.#token !== undefined && this.#isHub(url)
            ? { authorization: `Bearer ${this.#token}` }
            : {}),
        },
      });
    } catch (error) {
      throw transportError(error, url, signal);
    }
  }
}

/** Wraps what undici threw; such failures are worth another try. */
export function transportError(error: unknown, url: string, signal: AbortSignal): FootnoteError {
  if (signal.aborted) return abortReason(signal);
  if (error instanceof FootnoteError) return error;
  const host = new URL(url).host;
  const wrapped = toFootnoteError(error, 'model-download-failed');
  const inner = (error as { code?: unknown }).code;
  return new FootnoteError(
    'model-download-failed',
    `${host} cannot be reached: ${wrapped.message === '' ? String(inner) : wrapped.message}`,
    { cause: error, stage: 'models', extra: { reason: 'hub-network' } },
  );
}

/** An error answer of the hub, explained: what it means and what to change. */
function hubError(response: HubResponse, what: string): FootnoteError {
  const { statusCode, headers } = response;
  const said = header(headers, 'x-error-message');
  const code = header(headers, 'x-error-code');
  const retryAfterSeconds = readRetryAfter(header(headers, 'retry-after'));
  const [reason, advice] = explain(statusCode, code);
  return new FootnoteError(
    'model-download-failed',
    `${what}: HTTP ${statusCode}${said === null ? '' : ` (${said})`}: ${advice}`,
    {
      stage: 'models',
      extra: { reason, http_status: statusCode },
      ...(retryAfterSeconds === null ? {} : { retryAfterSeconds }),
    },
  );
}

function explain(status: number, code: string | null): readonly [reason: string, advice: string] {
  if (code === 'GatedRepo') {
    return [
      'hub-gated',
      'accept its terms on the hub, then set HF_TOKEN to a token of that account',
    ];
  }
  if (code === 'EntryNotFound') return ['hub-not-found', 'the repository has no such file'];
  if (code === 'RevisionNotFound') return ['hub-not-found', 'the repository has no such revision'];
  switch (status) {
    case 401:
      return [
        'hub-unauthorised',
        'the repository does not exist or is not public: check its name, or set HF_TOKEN',
      ];
    case 403:
      return ['hub-forbidden', 'the token in HF_TOKEN may not read this repository'];
    case 404:
      return ['hub-not-found', 'no such repository or file: check the name'];
    case 429:
      return ['hub-rate-limited', 'the hub limits our rate: try later, or set HF_TOKEN'];
    default:
      return status >= 500
        ? ['hub-unavailable', 'the hub has a fault: try later']
        : ['hub-refused', 'the hub refuses the request'];
  }
}

function tooManyRedirects(what: string): FootnoteError {
  return new FootnoteError(
    'model-download-failed',
    `${what}: more than ${MAX_REDIRECTS} redirects`,
    {
      stage: 'models',
      extra: { reason: 'hub-redirects' },
    },
  );
}

type Headers = HubResponse['headers'];

/** One header as text, or null. */
export function header(headers: Headers, name: string): string | null {
  const value = headers[name];
  return typeof value === 'string' ? value : (value?.[0] ?? null);
}

function redirectTarget(from: string, headers: Headers): string | null {
  const location = header(headers, 'location');
  if (location === null) return null;
  const target = URL.canParse(location, from) ? new URL(location, from) : null;
  if (target === null || !['http:', 'https:'].includes(target.protocol)) return null;
  // A redirect must not take the download off TLS.
  if (from.startsWith('https:') && target.protocol !== 'https:') return null;
  return target.href;
}

/** `W/"abc"` and `"abc"` become `abc`. */
function stripEtag(etag: string | null): string | null {
  return etag === null ? null : etag.trim().replace(/^W\//, '').replaceAll('"', '');
}

/** Seconds of a `Retry-After` header: a number or a date. */
function readRetryAfter(value: string | null): number | null {
  if (value === null) return null;
  if (/^\d+$/.test(value.trim())) return Number(value);
  const date = Date.parse(value);
  return Number.isNaN(date) ? null : Math.max(0, Math.ceil((date - Date.now()) / 1000));
}

async function drain(response: HubResponse): Promise<void> {
  await response.body.dump({ limit: 65_536 }).catch(() => undefined);
}

async function readJson(response: HubResponse, repo: string): Promise<unknown> {
  try {
    return await response.body.json();
  } catch (error) {
    throw new FootnoteError('model-download-failed', `the file list of ${repo} is not JSON`, {
      cause: error,
      stage: 'models',
      extra: { reason: 'hub-bad-response' },
    });
  }
}

function readTree(value: unknown): HubListedFile[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((item: unknown) => {
    const row = item as { type?: unknown; path?: unknown; size?: unknown; lfs?: { oid?: unknown } };
    if (row.type !== 'file' || typeof row.path !== 'string') return [];
    const oid = typeof row.lfs?.oid === 'string' ? row.lfs.oid.replace(/^sha256:/, '') : null;
    return [
      {
        path: row.path,
        bytes: typeof row.size === 'number' ? row.size : null,
        sha256: oid !== null && /^[0-9a-f]{64}$/.test(oid) ? oid : null,
      },
    ];
  });
}
