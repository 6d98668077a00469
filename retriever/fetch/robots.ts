/**
 * May we fetch this page? One robots.txt per origin, read once and kept for a day (RFC 9309), in memory
 * and, where there is a cache, on disk:
 * 4xx allows all, 5xx and silence allow nothing, 500 KiB are read, redirects are followed behind the
 * guard. Pages of one origin that arrive together share one request.
 */
import { LRUCache } from 'lru-cache';
import { abortReason, deadline, orAbort } from '../../src/core/deadline.ts';
import { FootnoteError, toFootnoteError } from '../../src/core/errors.ts';
import type { Cache } from '../../src/core/seams.ts';
import { readDecodedBody } from './decoded-body.ts';
import { toFetchError } from './fetch-error.ts';
import type { GuardedDispatcher } from './guarded-dispatcher.ts';
import { discard, httpExchange } from './http-exchange.ts';
import { parseRobots, robotsPath, type RobotsRules } from './robots-rules.ts';
import { ROBOTS_AGENT } from './user-agent.ts';

const MAX_BYTES = 500 * 1_024;
const MAX_REDIRECTS = 5;
const DAY_MS = 24 * 60 * 60 * 1_000;
/** An unreachable robots.txt is asked for again soon: the next question may find it back. */
const UNREACHABLE_MS = 60_000;

const WRITE_MS = 20_000;

type Answer =
  | {
      readonly rules: RobotsRules;
      readonly failure: null;
      /** When the file was asked for: ms since 1970. */
      readonly readAtMs: number;
    }
  | { readonly rules: null; readonly failure: FootnoteError };

interface Flight {
  readonly answer: Promise<Answer>;
  readonly controller: AbortController;
  waiting: number;
}

export interface RobotsOptions {
  readonly dispatcher: GuardedDispatcher;
  readonly timeoutMs?: number | undefined;
  /** Keeps what was read for other processes and the next start; `scope` as in `CachingFetcher`. */
  readonly kept?: { readonly cache: Cache; readonly scope: string } | undefined;
}

export class Robots {
  readonly #dispatcher: GuardedDispatcher;
  readonly #timeoutMs: number;
  readonly #kept: RobotsOptions['kept'];
  readonly #answers = new LRUCache<string, Answer>({ max: 2_000, ttl: DAY_MS });
  readonly #flights = new Map<string, Flight>();

  constructor(options: RobotsOptions) {
    this.#dispatcher = options.dispatcher;
    this.#timeoutMs = options.timeoutMs ?? 4_000;
    this.#kept = options.kept;
  }

  /**
   * Returns when the page may be fetched.
   * @throws FootnoteError `robots-disallowed`; `timeout`, `fetch-failed`, `url-refused` when the site
   *   itself cannot be reached (which allows nothing either, but says more); `cancelled`
   */
  async requireAllowed(url: URL, options: { readonly signal: AbortSignal }): Promise<void> {
    const answer = this.#answers.get(url.origin) ?? (await this.#join(url.origin, options.signal));
    if (answer.failure !== null) throw answer.failure;
    if (!answer.rules.isAllowed(robotsPath(url))) {
      throw new FootnoteError('robots-disallowed', `robots.txt disallows ${url.href}`, {
        stage: 'fetch',
      });
    }
  }

  async #join(origin: string, signal: AbortSignal): Promise<Answer> {
    if (signal.aborted) throw abortReason(signal);
    const flight = this.#flights.get(origin) ?? this.#start(origin);
    flight.waiting += 1;
    try {
      return await orAbort(flight.answer, signal);
    } finally {
      flight.waiting -= 1;
      // The last one to lose interest ends the request.
      if (flight.waiting === 0) flight.controller.abort();
    }
  }

  #start(origin: string): Flight {
    const controller = new AbortController();
    const limit = deadline(this.#timeoutMs, controller.signal, 'fetch');
    const answer = this.#load(origin, limit.signal)
      .then((loaded) => {
        if (!controller.signal.aborted) {
          const ttl =
            loaded.failure === null ? loaded.readAtMs + DAY_MS - Date.now() : UNREACHABLE_MS;
          this.#answers.set(origin, loaded, { ttl: Math.max(1, ttl) });
        }
        return loaded;
      })
      .finally(() => {
        limit.clear();
        if (this.#flights.get(origin) === flight) this.#flights.delete(origin);
      });
    const flight: Flight = { answer, controller, waiting: 0 };
    this.#flights.set(origin, flight);
    // A flight that everybody left may be joined no more.
    controller.signal.addEventListener('abort', () => {
      if (this.#flights.get(origin) === flight) this.#flights.delete(origin);
    });
    return flight;
  }

  async #load(origin: string, signal: AbortSignal): Promise<Answer> {
    return (await this.#recall(origin, signal)) ?? this.#ask(origin, signal);
  }

  /** What some process read within the last day. */
  async #recall(origin: string, signal: AbortSignal): Promise<Answer | null> {
    const entry = await this.#kept?.cache.get(this.#key(origin), { signal });
    if (entry === null || entry === undefined) return null;
    const age = Date.now() - entry.storedAtMs;
    // A clock that was set back must not keep a file for longer than a day.
    return age >= 0 && age < DAY_MS ? rulesOf(entry.value, entry.storedAtMs) : null;
  }

  /** @param body as it was read; empty: nothing is forbidden */
  #keep(origin: string, body: Uint8Array): Answer {
    const now = Date.now();
    const entry = { value: body, storedAtMs: now, expiresAtMs: now + DAY_MS };
    // Nobody waits for it, and a caller who leaves does not undo it.
    const options = { signal: AbortSignal.timeout(WRITE_MS) };
    void this.#kept?.cache.set(this.#key(origin), entry, options);
    return rulesOf(body, now);
  }

  #key(origin: string): string {
    return `robots ${this.#kept?.scope ?? ''} ${origin}`;
  }

  async #ask(origin: string, signal: AbortSignal): Promise<Answer> {
    let url = new URL('/robots.txt', origin);
    try {
      for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
        const exchange = await httpExchange(url, this.#dispatcher, {
          signal,
          accept: 'text/plain, */*;q=0.5',
          headersTimeoutMs: this.#timeoutMs,
          bodyIdleTimeoutMs: this.#timeoutMs,
        });
        if (exchange.redirect !== null) {
          discard(exchange.body);
          url = exchange.redirect;
          continue;
        }
        if (exchange.status >= 200 && exchange.status < 300) {
          const bytes = await readDecodedBody(exchange.body, exchange.header('content-encoding'), {
            maxBytes: MAX_BYTES,
            overflow: 'truncate',
          });
          return this.#keep(origin, bytes);
        }
        discard(exchange.body);
        if (exchange.status < 500) return this.#keep(origin, new Uint8Array());
        return unreachable(`HTTP ${exchange.status}`);
      }
      // RFC 9309, 2.3.1.2: after five redirects it counts as unavailable, which allows all.
      return this.#keep(origin, new Uint8Array());
    } catch (thrown) {
      const error = toFetchError(thrown, url.href, signal);
      if (error.code === 'unsupported-content') return unreachable(error.message);
      return { rules: null, failure: toFootnoteError(error) };
    }

    function unreachable(why: string): Answer {
      return {
        rules: null,
        failure: new FootnoteError(
          'robots-disallowed',
          `${origin}/robots.txt cannot be read (${why}), which disallows all`,
          { stage: 'fetch' },
        ),
      };
    }
  }
}

function rulesOf(body: Uint8Array, readAtMs: number): Answer {
  const text = new TextDecoder('utf-8').decode(body);
  return { rules: parseRobots(text, ROBOTS_AGENT), failure: null, readAtMs };
}
