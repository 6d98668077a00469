/**
 * May we fetch this page? One robots.txt per origin, read once and kept for a day (RFC 9309):
 * 4xx allows all, 5xx and silence allow nothing, 500 KiB are read, redirects are followed behind the
 * guard. Pages of one origin that arrive together share one request.
 */
import { LRUCache } from 'lru-cache';
import { abortReason, deadline, orAbort } from '../../src/core/deadline.ts';
import { FootnoteError, toFootnoteError } from '../../src/core/errors.ts';
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

const ALLOW_ALL: RobotsRules = { isAllowed: () => true };

type Answer =
  | { readonly rules: RobotsRules; readonly failure: null }
  | { readonly rules: null; readonly failure: FootnoteError };

interface Flight {
  readonly answer: Promise<Answer>;
  readonly controller: AbortController;
  waiting: number;
}

export interface RobotsOptions {
  readonly dispatcher: GuardedDispatcher;
  readonly timeoutMs?: number | undefined;
}

export class Robots {
  readonly #dispatcher: GuardedDispatcher;
  readonly #timeoutMs: number;
  readonly #answers = new LRUCache<string, Answer>({ max: 2_000, ttl: DAY_MS });
  readonly #flights = new Map<string, Flight>();

  constructor(options: RobotsOptions) {
    this.#dispatcher = options.dispatcher;
    this.#timeoutMs = options.timeoutMs ?? 4_000;
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
          const ttl = loaded.failure === null ? DAY_MS : UNREACHABLE_MS;
          this.#answers.set(origin, loaded, { ttl });
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
          const text = new TextDecoder('utf-8').decode(bytes);
          return { rules: parseRobots(text, ROBOTS_AGENT), failure: null };
        }
        discard(exchange.body);
        if (exchange.status < 500) return { rules: ALLOW_ALL, failure: null };
        return unreachable(`HTTP ${exchange.status}`);
      }
      // RFC 9309, 2.3.1.2: after five redirects it counts as unavailable, which allows all.
      return { rules: ALLOW_ALL, failure: null };
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
