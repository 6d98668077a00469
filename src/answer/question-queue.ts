/**
 * Places for questions that are worked on. Waiting is bounded by time: who cannot expect to begin within
 * the bound, by the measured time of a question, is refused at once and told when it makes sense to come
 * back; who still waits when the bound is over is refused then. Clients take turns, each in its own order.
 */
import { abortReason } from '../core/deadline.ts';
import { FootnoteError } from '../core/errors.ts';
import type { AnswerEvent } from '../core/nouns.ts';
import type { CallOptions } from '../core/seams.ts';

export interface QuestionQueueOptions {
  /** Questions worked on at once. */
  readonly maxConcurrent: number;
  /** Questions that may wait. */
  readonly maxQueued: number;
  readonly maxWaitSeconds: number;
  /** Milliseconds; for tests. */
  readonly clock?: () => number;
}

/** Gives the place back; more calls do nothing. */
export type Release = () => void;

type WaitingEvent = Extract<AnswerEvent, { type: 'waiting' }>;

interface Entry {
  readonly client: string;
  readonly enter: (release: Release) => void;
  readonly tell: (() => void) | undefined;
}

/** Milliseconds that a question is taken to need before the first one was measured. */
const FIRST_GUESS_MS = 3_000;
/** Weight of the latest question in the mean. */
const LATEST = 0.2;
/** The last share of the waiting places is for clients of which nobody waits yet. */
const SHARED = 0.75;

export class QuestionQueue {
  readonly #options: Required<QuestionQueueOptions>;
  readonly #waiting: Entry[] = [];
  /** Start of each question that is worked on. */
  readonly #running = new Map<Release, { readonly startedAt: number; readonly client: string }>();
  #meanMs = FIRST_GUESS_MS;
  /** The client that began last. */
  #latest: string | null = null;
  readonly #idle: (() => void)[] = [];

  readonly #maxWaitMs: number;
  #draining = false;

  constructor(options: QuestionQueueOptions) {
    this.#options = { clock: () => performance.now(), ...options };
    this.#maxWaitMs = options.maxWaitSeconds * 1_000;
  }

  get load(): { readonly running: number; readonly waiting: number } {
    return { running: this.#running.size, waiting: this.#waiting.length };
  }

  /** From now on nothing is let in; resolves when those in hand are done. */
  async drain(): Promise<void> {
    this.#draining = true;
    if (this.#running.size + this.#waiting.length === 0) return;
    await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  /** @throws FootnoteError `shutting-down` once it is drained */
  checkOpen(): void {
    if (this.#draining) throw new FootnoteError('shutting-down', 'the service is stopping');
  }

  /** The place of one request, which is taken when it is first needed. */
  seat(client: string, options: CallOptions): Seat {
    return new Seat(() => this.enter(client, options));
  }

  /**
   * Waits for a place, and says at each change where in the queue the question stands.
   * @param client who asks: clients take turns
   * @throws FootnoteError `shutting-down`, `overloaded` with the seconds after which a place can be expected, or the signal's reason
   */
  async *enter(client: string, { signal }: CallOptions): AsyncGenerator<WaitingEvent, Release> {
    this.checkOpen();
    if (signal.aborted) throw abortReason(signal);
    const { maxConcurrent, maxQueued } = this.#options;
    const maxWaitMs = this.#maxWaitMs;
    // With a place free nobody waits: a bound of 0 then means that none may.
    if (this.#running.size < maxConcurrent && this.#waiting.length === 0)
      return this.#begin(client);
    const expected = this.#expectedMs(this.#placeOfNext(client));
    const own = this.#waiting.some((entry) => entry.client === client);
    const places = own ? Math.ceil(maxQueued * SHARED) : maxQueued;
    if (this.#waiting.length >= places || expected > maxWaitMs) throw this.#refusal(expected);
    let entered: Release | undefined;
    let wake = (): void => undefined;
    let changed = new Promise<void>((resolve) => {
      wake = resolve;
    });
    const entry: Entry = {
      client,
      enter: (release) => {
        entered = release;
        wake();
      },
      tell: () => wake(),
    };
    this.#waiting.push(entry);
    // Turns may put it before others.
    for (const other of this.#waiting) if (other !== entry) other.tell?.();
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      wake();
    }, maxWaitMs);
    const onAbort = (): void => wake();
    signal.addEventListener('abort', onAbort, { once: true });
    let kept = false;
    let told = -1;
    try {
      for (;;) {
        if (entered !== undefined && !signal.aborted) {
          kept = true;
          return entered;
        }
        if (signal.aborted) throw abortReason(signal);
        if (late) throw this.#refusal(this.#expectedMs(this.#placeOf(entry)));
        const place = this.#placeOf(entry);
        if (place !== told) {
          told = place;
          const expectedSeconds = Math.ceil(this.#expectedMs(place) / 1_000);
          yield { type: 'waiting', place: place + 1, expected_seconds: expectedSeconds };
        }
        await changed;
        changed = new Promise((resolve) => {
          wake = resolve;
        });
      }
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      const index = this.#waiting.indexOf(entry);
      if (index >= 0) this.#waiting.splice(index, 1);
      // Given a place in the moment in which it left.
      if (!kept) entered?.();
      this.#settle();
    }
  }

  #begin(client: string): Release {
    const { clock } = this.#options;
    const startedAt = clock();
    const release = (): void => {
      if (!this.#running.delete(release)) return;
      this.#meanMs += LATEST * (clock() - startedAt - this.#meanMs);
      this.#settle();
    };
    this.#running.set(release, { startedAt, client });
    this.#latest = client;
    return release;
  }

  /** Fills free places and tells the rest what has changed. */
  #settle(): void {
    while (this.#running.size < this.#options.maxConcurrent && this.#waiting.length > 0) {
      const [next] = this.#order();
      if (next === undefined) break;
      this.#waiting.splice(this.#waiting.indexOf(next), 1);
      next.enter(this.#begin(next.client));
    }
    for (const { tell } of this.#waiting) tell?.();
    if (this.#running.size + this.#waiting.length === 0) {
      for (const resolve of this.#idle.splice(0)) resolve();
    }
  }

  /** The waiting questions as they will begin: in rounds, the client with least in hand first. */
  #order(extra?: Entry): Entry[] {
    const turns = new Map<string, number>();
    for (const { client } of this.#running.values()) {
      turns.set(client, (turns.get(client) ?? 0) + 1);
    }
    // Who had the latest turn lets the others go first.
    if (this.#latest !== null && !turns.has(this.#latest)) turns.set(this.#latest, 1);
    const entries = extra === undefined ? this.#waiting : [...this.#waiting, extra];
    return entries
      .map((entry, index) => {
        const turn = turns.get(entry.client) ?? 0;
        turns.set(entry.client, turn + 1);
        return { entry, turn, index };
      })
      .sort((a, b) => a.turn - b.turn || a.index - b.index)
      .map(({ entry }) => entry);
  }

  #placeOf(entry: Entry): number {
    return Math.max(0, this.#order().indexOf(entry));
  }

  #placeOfNext(client: string): number {
    const newcomer: Entry = { client, enter: () => undefined, tell: undefined };
    return this.#order(newcomer).indexOf(newcomer);
  }

  /** Milliseconds until the question with `place` others before it begins. */
  #expectedMs(place: number): number {
    const now = this.#options.clock();
    const mean = this.#meanMs;
    // What is over its time already may end at any moment.
    const free = [...this.#running.values()].map(({ startedAt }) =>
      Math.max(mean / 10, mean - (now - startedAt)),
    );
    while (free.length < this.#options.maxConcurrent) free.push(0);
    for (let before = 0; before < place; before += 1) {
      const first = free.indexOf(Math.min(...free));
      free[first] = (free[first] ?? 0) + mean;
    }
    return Math.min(...free);
  }

  #refusal(expectedMs: number): FootnoteError {
    const maxWaitMs = this.#maxWaitMs;
    const { running, waiting } = this.load;
    // As soon as the expected wait is within the bound, and a place in the queue has become free.
    const seconds = Math.ceil(Math.max(expectedMs - maxWaitMs, this.#expectedMs(0), 1_000) / 1_000);
    return new FootnoteError(
      'overloaded',
      `${running} questions are being answered and ${waiting} wait: yours could begin in some ${Math.ceil(expectedMs / 1_000)} seconds; come back in ${seconds}`,
      { retryAfterSeconds: seconds },
    );
  }
}

/** The one place of a request: taken for its first piece of work, kept for the others. */
export class Seat {
  readonly #enter: () => AsyncGenerator<WaitingEvent, Release>;
  #release: Release | null = null;

  constructor(enter: () => AsyncGenerator<WaitingEvent, Release>) {
    this.#enter = enter;
  }

  /** The work in its place, after the wait for one. */
  async *run<E, T>(work: () => AsyncGenerator<E, T>): AsyncGenerator<E | WaitingEvent, T> {
    this.#release ??= yield* this.#enter();
    return yield* work();
  }

  leave(): void {
    this.#release?.();
  }
}
