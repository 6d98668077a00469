/** The child process of `DiskCache`: owns the database handles. */
import type { CacheEntry } from '../../src/core/seams.ts';
import { serveChild } from '../../src/runtime/serve-child.ts';
import { DiskCacheStore } from './disk-cache-store.ts';
import { isDamage, removeSqlite } from './sqlite-file.ts';

interface Place {
  readonly path: string;
  readonly maxBytes: number;
}

let store: DiskCacheStore | null = null;

/** Runs `work`; on a file that turns out to be damaged, once more on a new one. */
function withStore<T>(place: Place, work: (store: DiskCacheStore) => T): T {
  try {
    store ??= new DiskCacheStore(place.path, place.maxBytes);
    return work(store);
  } catch (error) {
    if (!isDamage(error)) throw error;
    store?.close();
    removeSqlite(place.path);
    store = new DiskCacheStore(place.path, place.maxBytes);
    return work(store);
  }
}

serveChild({
  open: ({ place }: { readonly place: Place }) => {
    withStore(place, () => undefined);
  },
  get: ({ place, key }: { readonly place: Place; readonly key: string }) =>
    withStore(place, (open) => open.get(key, Date.now())),
  set: (call: { readonly place: Place; readonly key: string; readonly entry: CacheEntry }) => {
    withStore(call.place, (open) => {
      open.set(call.key, call.entry, Date.now());
    });
  },
  delete: ({ place, key }: { readonly place: Place; readonly key: string }) => {
    withStore(place, (open) => {
      open.delete(key);
    });
  },
});
