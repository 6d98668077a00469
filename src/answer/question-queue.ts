/** Bounds how many questions are worked on at once, and how many wait. */
import PQueue from 'p-queue';
import { FootnoteError } from '../core/errors.ts';
import type { CallOptions } from '../core/seams.ts';

const RETRY_AFTER_S = 10;

export class QuestionQueue {
  readonly #queue: PQueue;
  readonly #maxQueued: number;
  #draining = false;

  constructor(options: { readonly maxConcurrent: number; readonly maxQueued: number }) {
    this.#queue = new PQueue({ concurrency: options.maxConcurrent });
    this.#maxQueued = options.maxQueued;
  }

  /** Questions being answered and waiting. */
  get load(): { readonly running: number; readonly waiting: number } {
    return { running: this.#queue.pending, waiting: this.#queue.size };
  }

  /** From now on nothing is let in; resolves when those in hand are done. */
  async drain(): Promise<void> {
    this.#draining = true;
    await this.#queue.onIdle();
  }

  /** @throws FootnoteError `shutting-down` once it is drained */
  checkOpen(): void {
    if (this.#draining) throw new FootnoteError('shutting-down', 'the service is stopping');
  }

  /** The work in its place: waits for one, and gives it back at the end. */
  async *run<E, T>(
    work: () => AsyncGenerator<E, T>,
    { signal }: CallOptions,
  ): AsyncGenerator<E, T> {
    const release = await this.#slot(signal);
    try {
      return yield* work();
    } finally {
      release();
    }
  }

  /**
   * Waits for a place; the returned function gives it back.
   * @throws FootnoteError `overloaded`, `shutting-down`, `cancelled`
   */
  async #slot(signal: AbortSignal): Promise<() => void> {
    this.checkOpen();
    // With a place free nobody waits: a bound of 0 then means that none may.
    const { concurrency, pending, size } = this.#queue;
    if (pending + size >= concurrency + this.#maxQueued) {
      throw new FootnoteError(
        'overloaded',
        `${pending} questions are being answered and ${size} wait`,
        { retryAfterSeconds: RETRY_AFTER_S },
      );
    }
    return new Promise<() => void>((resolve, reject) => {
      this.#queue
        .add(
          () =>
            new Promise<void>((release) => {
              resolve(release);
            }),
          { signal },
        )
        .catch(() => {
          reject(new FootnoteError('cancelled', 'cancelled while waiting for a place'));
        });
    });
  }
}
