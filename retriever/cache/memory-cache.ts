import { LRUCache } from 'lru-cache';
import type { Cache, CacheEntry } from '../../src/core/seams.ts';

/** A cache in this process, bounded in bytes; the least lately used goes first. */
export class MemoryCache implements Cache {
  readonly #entries: LRUCache<string, CacheEntry>;

  constructor({ maxBytes }: { readonly maxBytes: number }) {
    this.#entries = new LRUCache<string, CacheEntry>({
      maxSize: maxBytes,
      maxEntrySize: Math.max(1, Math.floor(maxBytes / 4)),
      sizeCalculation: ({ value }, key) => value.byteLength + key.length * 2 + 64,
    });
  }

  get(key: string): Promise<CacheEntry | null> {
    const entry = this.#entries.get(key);
    if (entry === undefined) return Promise.resolve(null);
    if (entry.expiresAtMs > Date.now()) return Promise.resolve(entry);
    this.#entries.delete(key);
    return Promise.resolve(null);
  }

  set(key: string, entry: CacheEntry): Promise<void> {
    if (entry.expiresAtMs > Date.now()) this.#entries.set(key, entry);
    else this.#entries.delete(key);
    return Promise.resolve();
  }

  delete(key: string): Promise<void> {
    this.#entries.delete(key);
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.#entries.clear();
    return Promise.resolve();
  }
}
