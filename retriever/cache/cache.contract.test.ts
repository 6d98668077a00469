import { setMaxListeners } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import type { Cache, CacheEntry } from '../../src/core/seams.ts';
import { DiskCache } from './disk-cache.ts';
import { LayeredCache } from './layered-cache.ts';
import { MemoryCache } from './memory-cache.ts';

const folder = mkdtempSync(join(tmpdir(), 'footnote-cache-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const fresh = (): string => join(folder, `${(files += 1)}.db`);
const options = { signal: new AbortController().signal };
setMaxListeners(0, options.signal);
const MAX_BYTES = 400_000;
const entry = (size: number, fill: number, forMs = 60_000): CacheEntry => ({
  value: new Uint8Array(size).fill(fill),
  storedAtMs: Date.now(),
  expiresAtMs: Date.now() + forMs,
});

/** A cache on disk that reads at once: its process has started. */
async function disk(path = fresh(), maxBytes = MAX_BYTES): Promise<DiskCache> {
  const cache = new DiskCache({ path, maxBytes });
  await cache.warm(options);
  return cache;
}

const MAKERS: Readonly<Record<string, () => Cache | Promise<Cache>>> = {
  memory: () => new MemoryCache({ maxBytes: MAX_BYTES }),
  disk: () => disk(),
  layered: async () => new LayeredCache(new MemoryCache({ maxBytes: MAX_BYTES / 4 }), await disk()),
};

describe.each(Object.entries(MAKERS))('cache: %s', (_, make) => {
  it('gives back what was put in, replaces, deletes and forgets', async () => {
    const cache = await make();
    try {
      expect(await cache.get('a', options)).toBeNull();
      const first = entry(1_000, 1);
      await cache.set('a', first, options);
      expect(await cache.get('a', options)).toEqual(first);
      const second = entry(10, 2);
      await cache.set('a', second, options);
      expect((await cache.get('a', options))?.value).toEqual(second.value);
      await cache.delete('a', options);
      expect(await cache.get('a', options)).toBeNull();
      await cache.set('past', entry(10, 3, -1), options);
      expect(await cache.get('past', options)).toBeNull();
      // On a busy machine a short life may be over before it is looked up: then a longer one is tried.
      let brief = entry(10, 4, 200);
      let found: CacheEntry | null = null;
      for (let life = 200; life <= 12_800 && found === null; life *= 4) {
        brief = entry(10, 4, life);
        await cache.set('brief', brief, options);
        found = await cache.get('brief', options);
      }
      expect(found).toEqual(brief);
      await sleep(Math.max(0, brief.expiresAtMs - Date.now()) + 5);
      expect(await cache.get('brief', options)).toBeNull();
    } finally {
      await cache.close();
    }
  });

  it('stays within its bytes and keeps what was put in last', async () => {
    const cache = await make();
    try {
      for (let index = 0; index < 40; index += 1) {
        await cache.set(`k${index}`, entry(20_000, index), options);
      }
      await cache.set('huge', entry(MAX_BYTES, 0), options);
      let kept = 0;
      for (let index = 0; index < 40; index += 1) {
        const found = await cache.get(`k${index}`, options);
        if (found === null) continue;
        kept += found.value.byteLength;
        expect(found.value[0]).toBe(index);
      }
      expect(await cache.get('huge', options)).toBeNull();
      expect(await cache.get('k39', options)).not.toBeNull();
      expect(kept).toBeGreaterThan(40_000);
      expect(kept).toBeLessThanOrEqual(MAX_BYTES);
    } finally {
      await cache.close();
    }
  });
});

describe('cache on disk', () => {
  it('outlives its process, also one that is killed in mid-write, with whole entries', async () => {
    const path = fresh();
    const writer = await disk(path, 50_000_000);
    await writer.set('first', entry(100_000, 7), options);
    const [pid] = writer.pids;
    // Writes are under way when the process goes.
    const writes = Array.from({ length: 20 }, (_, index) =>
      writer.set(`w${index}`, entry(200_000, index), options),
    );
    await Promise.race(writes);
    process.kill(pid as number, 'SIGKILL');
    await Promise.all(writes);
    await writer.close();
    const reader = await disk(path, 50_000_000);
    try {
      expect((await reader.get('first', options))?.value.byteLength).toBe(100_000);
      let whole = 0;
      for (let index = 0; index < 20; index += 1) {
        const found = await reader.get(`w${index}`, options);
        if (found === null) continue;
        whole += 1;
        expect(Buffer.alloc(200_000, index).equals(found.value)).toBe(true);
      }
      expect(whole).toBeGreaterThan(0);
      await reader.set('after', entry(10, 1), options);
      expect(await reader.get('after', options)).not.toBeNull();
    } finally {
      await reader.close();
    }
  });

  it('is shared by two processes that write at once, within one bound', async () => {
    const path = fresh();
    const maxBytes = 3_000_000;
    const both = [await disk(path, maxBytes), await disk(path, maxBytes)];
    try {
      await Promise.all(
        both.map(async (cache, which) => {
          for (let index = 0; index < 60; index += 1) {
            await cache.set(
              `${index % 2 === 0 ? 'same' : which} ${index}`,
              entry(40_000, which + 1),
              options,
            );
          }
        }),
      );
      expect((await both[0]?.get('1 59', options))?.value[0]).toBe(2);
      expect((await both[1]?.get('0 59', options))?.value[0]).toBe(1);
    } finally {
      await Promise.all(both.map((cache) => cache.close()));
    }
    expect(statSync(path).size).toBeLessThan(maxBytes * 1.3);
  });

  it('starts anew on a damaged file and misses where there can be none', async () => {
    const path = fresh();
    writeFileSync(
      path,
      'this is no database, and long enough to be taken for a page of one'.repeat(99),
    );
    const cache = await disk(path, MAX_BYTES);
    await cache.set('a', entry(10, 1), options);
    expect(await cache.get('a', options)).not.toBeNull();
    await cache.close();
    // A folder there can be none: its parent is a file.
    const nowhere = await disk(join(path, 'below', 'cache.db'));
    await nowhere.set('a', entry(10, 1), options);
    expect(await nowhere.get('a', options)).toBeNull();
    await nowhere.close();
  });
});
