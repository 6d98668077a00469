import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { QuestionQueue, type Release } from './question-queue.ts';

const FREE = new AbortController().signal;

/** Enters in the background; tells what came of it. */
function enter(
  queue: QuestionQueue,
  client: string,
  signal: AbortSignal = FREE,
): { release: Release | null; error: unknown; readonly places: number[] } {
  const state = { release: null as Release | null, error: null as unknown, places: [] as number[] };
  void (async () => {
    const work = queue.enter(client, { signal });
    try {
      for (;;) {
        const next = await work.next();
        if (next.done === true) {
          state.release = next.value;
          return;
        }
        state.places.push(next.value.place);
      }
    } catch (error) {
      state.error = error;
    }
  })();
  return state;
}

const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);

describe('QuestionQueue', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());
  const make = (
    options: Partial<ConstructorParameters<typeof QuestionQueue>[0]> = {},
  ): QuestionQueue =>
    new QuestionQueue({ maxConcurrent: 1, maxQueued: 100, maxWaitSeconds: 15, ...options });

  /** Makes the queue believe that a question takes so long. */
  async function measure(queue: QuestionQueue, ms: number): Promise<void> {
    for (let round = 0; round < 40; round += 1) {
      const one = enter(queue, 'measure');
      await settle();
      await vi.advanceTimersByTimeAsync(ms);
      one.release?.();
    }
  }

  it('refuses whom it cannot begin within the bound, and says when to come back', async () => {
    const queue = make();
    await measure(queue, 5_000);
    const entries = Array.from({ length: 6 }, (_, index) => enter(queue, `client ${index}`));
    await settle();
    // One is worked on, three can begin within 15 seconds; the next could after 20.
    expect(queue.load).toEqual({ running: 1, waiting: 3 });
    expect(entries[4]?.error).toMatchObject({ code: 'overloaded', retryAfterSeconds: 5 });
    // Who comes back then is let in.
    await vi.advanceTimersByTimeAsync(5_000);
    entries[0]?.release?.();
    await settle();
    const again = enter(queue, 'client 4');
    await settle();
    expect(again).toMatchObject({ error: null, places: [3] });
  });

  it('ends every wait at the bound', async () => {
    const queue = make();
    const first = enter(queue, 'a');
    const second = enter(queue, 'b');
    await vi.advanceTimersByTimeAsync(14_900);
    expect(second.error).toBeNull();
    await vi.advanceTimersByTimeAsync(200);
    expect(second.error).toMatchObject({ code: 'overloaded' });
    expect(queue.load).toEqual({ running: 1, waiting: 0 });
    first.release?.();
    await queue.drain();
  });

  it('lets clients take turns, each in its order, and tells each its place', async () => {
    const queue = make();
    const running = enter(queue, 'busy');
    const busy = [enter(queue, 'busy'), enter(queue, 'busy')];
    const other = enter(queue, 'other');
    await settle();
    expect(other.places).toEqual([1]);
    expect(busy[1]?.places.at(-1)).toBe(3);
    running.release?.();
    await settle();
    expect(other.release).not.toBeNull();
    other.release?.();
    await settle();
    expect(busy[0]?.release).not.toBeNull();
    expect(busy[1]?.places.at(-1)).toBe(1);
  });

  it('keeps places for clients that have none', async () => {
    const queue = make({ maxQueued: 4 });
    for (let index = 0; index < 6; index += 1) enter(queue, 'busy');
    await settle();
    expect(queue.load.waiting).toBe(3);
    const other = enter(queue, 'other');
    await settle();
    expect(other.error).toBeNull();
    expect(queue.load.waiting).toBe(4);
  });

  it('gives the place of a client that left to the next', async () => {
    const queue = make();
    const running = enter(queue, 'a');
    const leaving = new AbortController();
    const left = enter(queue, 'b', leaving.signal);
    const next = enter(queue, 'c');
    await settle();
    leaving.abort();
    await settle();
    expect(left.error).toMatchObject({ code: 'cancelled' });
    running.release?.();
    await settle();
    expect(next.release).not.toBeNull();
    next.release?.();
    next.release?.();
    await queue.drain();
    expect(queue.load).toEqual({ running: 0, waiting: 0 });
  });
});
