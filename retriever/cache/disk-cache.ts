import type { Cache, CacheEntry, CallOptions } from '../../src/core/seams.ts';
import { deadline, orAbort } from '../../src/core/deadline.ts';
import { childModule } from '../../src/runtime/child-module.ts';
import { ChildPool } from '../../src/runtime/child-pool.ts';

/** A read that waits longer, for the child's start or its turn, is a miss: a fetch is as quick. */
const PATIENCE_MS = 400;
const READ_MS = 5_000;
const WRITE_MS = 20_000;

/**
 * A cache in one SQLite file that several processes may share; a child process does the work, so that
 * a lock held elsewhere never holds up the event loop. It never fails a caller: what cannot be read is
 * a miss, what cannot be written is not kept. Killed at any point, it leaves whole entries behind.
 */
export class DiskCache implements Cache {
  readonly #place: { readonly path: string; readonly maxBytes: number };
  readonly #pool: ChildPool;

  /** @param maxBytes bound of the values and keys in the file */
  constructor(place: { readonly path: string; readonly maxBytes: number }) {
    this.#place = place;
    this.#pool = new ChildPool({
      module: childModule('disk-cache-child', import.meta.url),
      stage: 'cache',
      concurrency: 4,
    });
  }

  /** Starts the child and opens the file; until then reads are misses. */
  async warm({ signal }: CallOptions): Promise<void> {
    await this.#try('open', {}, signal, READ_MS, undefined);
  }

  async get(key: string, { signal }: CallOptions): Promise<CacheEntry | null> {
    const patience = deadline(PATIENCE_MS, signal, 'cache');
    try {
      const found = this.#try<CacheEntry | null>('get', { key }, signal, READ_MS, null);
      return await orAbort(found, patience.signal);
    } catch {
      return null;
    } finally {
      patience.clear();
    }
  }

  async set(key: string, entry: CacheEntry, { signal }: CallOptions): Promise<void> {
    await this.#try('set', { key, entry }, signal, WRITE_MS, undefined);
  }

  async delete(key: string, { signal }: CallOptions): Promise<void> {
    await this.#try('delete', { key }, signal, WRITE_MS, undefined);
  }

  /** The child's process id, for tests. */
  get pids(): readonly number[] {
    return this.#pool.pids;
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  async #try<T>(
    method: string,
    params: object,
    signal: AbortSignal,
    timeoutMs: number,
    otherwise: T,
  ): Promise<T> {
    try {
      const call = { ...params, place: this.#place };
      return await this.#pool.call<T>(method, call, { signal, timeoutMs });
    } catch {
      return otherwise;
    }
  }
}
