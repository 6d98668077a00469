/** The child process of the local index: owns the database handles, does all tokenising. */
import { serveChild } from '../../src/runtime/serve-child.ts';
import type { CorpusFile } from './corpus-files.ts';
import {
  isDamage,
  LocalIndexStore,
  removeIndex,
  type IndexEntry,
  type IndexQuery,
} from './local-index-store.ts';

const stores = new Map<string, LocalIndexStore>();

/** Runs `work` on the index at `path`; when that turns out to be damaged, once more on a new one. */
function withStore<T>(path: string, work: (store: LocalIndexStore) => T): T {
  let store = stores.get(path) ?? new LocalIndexStore(path);
  stores.set(path, store);
  try {
    return work(store);
  } catch (error) {
    if (!isDamage(error)) throw error;
    stores.delete(path);
    store.close();
    removeIndex(path);
    store = new LocalIndexStore(path);
    stores.set(path, store);
    return work(store);
  }
}

serveChild({
  plan: (call: { readonly database: string; readonly files: readonly CorpusFile[] }) =>
    withStore(call.database, (store) => store.plan(call.files, Date.now())),
  put: (call: { readonly database: string; readonly entries: readonly IndexEntry[] }) => {
    withStore(call.database, (store) => {
      store.put(call.entries, Date.now());
    });
  },
  search: (call: { readonly database: string; readonly query: IndexQuery }) =>
    withStore(call.database, (store) => store.search(call.query)),
  count: (call: { readonly database: string }) =>
    withStore(call.database, (store) => store.count()),
});
