/**
 * KV of earlier prompts and answers, least recently used first out: the system prompt and a chat's
 * earlier turns are not computed again.
 */
import { cacheBytes, trimCache, type RowCache } from './kv-cache.ts';

interface Entry {
  readonly ids: readonly number[];
  readonly cache: RowCache;
  readonly bytes: number;
}

/** Prefixes shorter than this are not worth a look-up. */
const leastTokens = 8;

function commonLength(a: readonly number[], b: readonly number[]): number {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length += 1;
  return length;
}

export class PrefixCache {
  readonly #maxBytes: number;
  /** Least recently used first. */
  #entries: Entry[] = [];

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#entries.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** The longest known beginning of `ids`, at most `most` tokens of it, or null. */
  find(ids: readonly number[], most: number): RowCache | null {
    let best: Entry | null = null;
    let length = leastTokens - 1;
    for (const entry of this.#entries) {
      const common = Math.min(commonLength(entry.ids, ids), most);
      if (common > length) [best, length] = [entry, common];
    }
    if (best === null) return null;
    this.#entries = [...this.#entries.filter((entry) => entry !== best), best];
    return trimCache(best.cache, length);
  }

  /** Keeps a cache whose positions hold `ids`. Tensors are never written again, so nothing is copied. */
  add(ids: readonly number[], cache: RowCache): void {
    const kept = trimCache({ tensors: cache.tensors, length: Math.min(ids.length, cache.length) });
    const entry = { ids: ids.slice(0, kept.length), cache: kept, bytes: cacheBytes(kept) };
    if (entry.bytes > this.#maxBytes || entry.ids.length < leastTokens) return;
    // What this one begins with is in it.
    this.#entries = this.#entries.filter(
      (other) => commonLength(other.ids, entry.ids) < other.ids.length,
    );
    this.#entries.push(entry);
    while (this.bytes > this.#maxBytes) this.#entries.shift();
  }
}
