/** The HTTP side of a generator elsewhere: base URL, key, deadlines, and how the server is named. */
import { request, type Dispatcher } from 'undici';
import { abortReason, deadline } from '../../src/core/deadline.ts';
import { FootnoteError } from '../../src/core/errors.ts';
import type { ProxySettings } from '../../src/core/proxy-settings.ts';
import { serviceDispatcher } from '../../src/runtime/proxy-dispatcher.ts';
import { serverError, withoutKey } from './server-error.ts';
import { modelListSchema, type ListedModel } from './server-profile.ts';

export interface ConnectionOptions {
  readonly url: string;
  readonly key?: string | undefined;
  readonly model?: string | undefined;
  readonly idleTimeoutMs?: number;
  readonly dispatcher?: Dispatcher | undefined;
  readonly proxy?: ProxySettings | undefined;
  readonly signal: AbortSignal;
}

export interface ServerReply {
  readonly status: number;
  readonly contentType: string;
  readonly retryAfterSeconds: number | null;
  /** The body's bytes as they come. Leaving the loop closes the connection. */
  chunks(): AsyncIterable<Uint8Array>;
  /** The whole body, at most 4 MB. */
  text(): Promise<string>;
}

const OPEN_TIMEOUT_MS = 15_000;
const MAX_BODY_BYTES = 4_000_000;

export class ServerConnection {
  /** Host and port, without credentials. */
  readonly host: string;
  readonly #base: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #dispatcher: Dispatcher;
  readonly #ownsDispatcher: boolean;
  readonly #key: string | undefined;
  readonly #idleTimeoutMs: number;

  private constructor(base: URL, dispatcher: Dispatcher, options: ConnectionOptions) {
    const { username, password } = base;
    const basic =
      username === ''
        ? null
        : `Basic ${Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64')}`;
    const authorization = options.key === undefined ? basic : `Bearer ${options.key}`;
    this.host = base.host;
    this.#base = `${base.origin}${base.pathname.replace(/\/+$/u, '')}`;
    this.#headers = authorization === null ? {} : { authorization };
    this.#dispatcher = dispatcher;
    this.#ownsDispatcher = options.dispatcher === undefined;
    this.#key = options.key;
    this.#idleTimeoutMs = options.idleTimeoutMs ?? 60_000;
  }

  /**
   * Finds the API's root (the URL as given, else with `/v1`) by its list of models. A server without
   * such a list is accepted where the model is named.
   * @throws FootnoteError `config-invalid` (URL), `generator-unreachable`, `generator-refused`,
   *   `generator-busy`, `generator-failed`, `timeout`, `cancelled`
   */
  static async open(
    options: ConnectionOptions,
  ): Promise<{ readonly connection: ServerConnection; readonly models: readonly ListedModel[] }> {
    if (!URL.canParse(options.url) || !/^https?:$/u.test(new URL(options.url).protocol)) {
      throw new FootnoteError(
        'config-invalid',
        'FOOTNOTE_GENERATOR_URL must be a URL such as http://127.0.0.1:8000/v1',
      );
    }
    const given = new URL(options.url);
    const dispatcher =
      options.dispatcher ??
      serviceDispatcher(options.proxy ?? {}, { connect: { timeout: 10_000 } });
    const bases = [given];
    if (!/\/v\d+\/*$/u.test(given.pathname)) {
      const versioned = new URL(given);
      versioned.pathname = `${given.pathname.replace(/\/+$/u, '')}/v1`;
      // Most servers have their API below /v1; some have something else at the root.
      bases.unshift(versioned);
    }
    let last: FootnoteError | null = null;
    try {
      for (const base of bases) {
        const connection = new ServerConnection(base, dispatcher, options);
        try {
          return { connection, models: await connection.#models(options.signal) };
        } catch (error) {
          if (!(error instanceof FootnoteError) || error.extra?.['status'] !== 404) throw error;
          last = error;
        }
      }
      const [base] = bases as [URL];
      if (options.model !== undefined) {
        return { connection: new ServerConnection(base, dispatcher, options), models: [] };
      }
      throw last;
    } catch (error) {
      if (options.dispatcher === undefined) await dispatcher.close();
      throw error;
    }
  }

  /** Sends one JSON body. @throws FootnoteError `generator-unreachable`, `timeout`, `cancelled` */
  post(path: string, body: unknown, signal: AbortSignal): Promise<ServerReply> {
    return this.#call('POST', path, JSON.stringify(body), signal);
  }

  /** Closes the connections that it opened itself. */
  async close(): Promise<void> {
    if (this.#ownsDispatcher) await this.#dispatcher.destroy();
  }

  async #models(parent: AbortSignal): Promise<readonly ListedModel[]> {
    const limit = deadline(OPEN_TIMEOUT_MS, parent, 'generate');
    try {
      const reply = await this.#call('GET', '/models', null, limit.signal);
      const text = await reply.text();
      if (reply.status !== 200) {
        const { code, message } = serverError(
          this.host,
          { status: reply.status, body: text, retryAfterSeconds: reply.retryAfterSeconds },
          this.#key,
        );
        throw new FootnoteError(code, message, {
          stage: 'generate',
          extra: { status: reply.status === 405 ? 404 : reply.status },
        });
      }
      const parsed = modelListSchema.safeParse(jsonOf(text));
      if (parsed.success) return parsed.data.data;
      throw new FootnoteError(
        'generator-failed',
        `${this.host}${new URL(this.#base).pathname} does not speak OpenAI's API: its list of models is ${text.trim() === '' ? 'empty' : JSON.stringify(text.trim().slice(0, 60))}`,
        { stage: 'generate', extra: { status: 404 } },
      );
    } catch (error) {
      if (limit.signal.aborted) throw abortReason(limit.signal);
      throw error;
    } finally {
      limit.clear();
    }
  }

  async #call(
    method: 'GET' | 'POST',
    path: string,
    body: string | null,
    signal: AbortSignal,
  ): Promise<ServerReply> {
    let response: Dispatcher.ResponseData;
    try {
      response = await request(`${this.#base}${path}`, {
        method,
        headers: {
          ...this.#headers,
          accept: method === 'POST' ? 'text/event-stream, application/json' : 'application/json',
          ...(body === null ? {} : { 'content-type': 'application/json' }),
        },
        body,
        signal,
        dispatcher: this.#dispatcher,
        headersTimeout: this.#idleTimeoutMs,
        bodyTimeout: this.#idleTimeoutMs,
      });
    } catch (error) {
      throw this.#failure(error, signal);
    }
    response.body.on('error', () => undefined);
    const chunks = (): AsyncIterable<Uint8Array> => this.#chunks(response, signal);
    return {
      status: response.statusCode,
      contentType: String(response.headers['content-type'] ?? ''),
      retryAfterSeconds: waitOf(response.headers['retry-after']),
      chunks,
      text: async () => {
        const parts: Uint8Array[] = [];
        let bytes = 0;
        for await (const chunk of chunks()) {
          bytes += chunk.byteLength;
          if (bytes > MAX_BODY_BYTES) break;
          parts.push(chunk);
        }
        return Buffer.concat(parts).toString('utf8');
      },
    };
  }

  async *#chunks(
    response: Dispatcher.ResponseData,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of response.body) yield chunk as Uint8Array;
    } catch (error) {
      throw this.#failure(error, signal);
    } finally {
      response.body.destroy();
    }
  }

  #failure(error: unknown, signal: AbortSignal): FootnoteError {
    if (signal.aborted) return abortReason(signal);
    if (error instanceof FootnoteError) return error;
    const cause = error as Error & { code?: string; cause?: { code?: string; message?: string } };
    const said = withoutKey(cause.code ?? cause.cause?.code ?? cause.message, this.#key);
    if (/HEADERS_TIMEOUT|BODY_TIMEOUT/u.test(said)) {
      return new FootnoteError(
        'timeout',
        `the generator at ${this.host} was silent for ${this.#idleTimeoutMs} ms`,
        { stage: 'generate', cause },
      );
    }
    if (/UND_ERR_SOCKET|ECONNRESET|EPIPE|aborted|HPE_|other side closed/iu.test(said)) {
      return new FootnoteError(
        'generator-failed',
        `the generator at ${this.host} closed the connection (${said})`,
        { stage: 'generate', cause },
      );
    }
    return new FootnoteError(
      'generator-unreachable',
      `the generator at ${this.host} cannot be reached (${said}); check FOOTNOTE_GENERATOR_URL`,
      { stage: 'generate', cause },
    );
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** `Retry-After` in seconds, from a number or a date (RFC 9110, 10.2.3). */
function waitOf(value: string | string[] | undefined): number | null {
  const text = Array.isArray(value) ? value[0] : value;
  if (text === undefined) return null;
  if (/^\d+$/u.test(text.trim())) return Number(text);
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : Math.max(0, Math.ceil((at - Date.now()) / 1_000));
}
