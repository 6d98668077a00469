import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Embedder } from '../../../src/core/seams.ts';
import { DiskCacheStore } from '../../cache/disk-cache-store.ts';
import { isDamage, removeSqlite } from '../../cache/sqlite-file.ts';

interface VectorPlace {
  /** SQLite file; several processes may share it. */
  readonly path: string;
  readonly maxBytes: number;
  /** Tells one model's vectors from another's. */
  readonly model: string;
}

const KEPT_MS = 30 * 24 * 60 * 60 * 1_000;
/** Written when a question is through, not while it waits. */
const WRITE_AFTER_MS = 500;
/** Texts that the embedder has in its own memory by now. */
const FRESH_TEXTS = 4_096;

/**
 * `own`, with the vectors of passages kept in a file from start to start: a page that is asked again is
 * not embedded again. The file holds hashes of texts, no texts. Calls are synchronous, some ten
 * microseconds each: for child processes only. A file that cannot be used costs nothing but its use.
 */
export function keptEmbedder(own: Embedder, place: VectorPlace): Embedder {
  let store = open(place);
  const fresh = new LRUCache<string, true>({ max: FRESH_TEXTS });
  const waiting = new Map<string, Float32Array>();
  let timer: NodeJS.Timeout | undefined;

  /** Nothing here may fail a question: at the first trouble the file is let go. */
  const use = <T>(work: (store: DiskCacheStore) => T): T | null => {
    if (store === null) return null;
    try {
      return work(store);
    } catch (error) {
      store.close();
      if (isDamage(error)) removeSqlite(place.path);
      store = isDamage(error) ? open(place) : null;
      return null;
    }
  };
  const write = (): void => {
    timer = undefined;
    const now = Date.now();
    for (const [key, vector] of waiting) {
      const value = new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
      use((open) => open.set(key, { value, storedAtMs: now, expiresAtMs: now + KEPT_MS }, now));
    }
    waiting.clear();
  };
  const find = (key: string): Float32Array | null => {
    const value = use((open) => open.get(key, Date.now()))?.value;
    if (value?.byteLength !== own.dimensions * Float32Array.BYTES_PER_ELEMENT) return null;
    const vector = new Float32Array(value.slice().buffer);
    // A unit vector, or the file says something else than was written.
    const square = vector.reduce((sum, one) => sum + one * one, 0);
    return Math.abs(square - 1) < 1e-3 ? vector : null;
  };

  return {
    dimensions: own.dimensions,
    embed: async (texts, options) => {
      if (options.kind === 'query' || store === null) return own.embed(texts, options);
      const keys = texts.map((text) => keyOf(place.model, text));
      const found = keys.map((key) => (fresh.has(key) ? null : find(key)));
      const missing = texts.flatMap((_, at) => (found[at] === null ? [at] : []));
      const made = await own.embed(
        missing.map((at) => texts[at] ?? ''),
        options,
      );
      missing.forEach((at, place) => {
        const vector = made[place] as Float32Array;
        const key = keys[at] as string;
        found[at] = vector;
        if (!fresh.has(key)) waiting.set(key, vector);
        fresh.set(key, true);
      });
      if (waiting.size > 0) timer ??= setTimeout(write, WRITE_AFTER_MS);
      return found as Float32Array[];
    },
  };
}

function keyOf(model: string, text: string): string {
  return `${model} ${createHash('sha256').update(text).digest('base64url')}`;
}

function open({ path, maxBytes }: VectorPlace): DiskCacheStore | null {
  try {
    return new DiskCacheStore(path, maxBytes);
  } catch {
    return null;
  }
}
