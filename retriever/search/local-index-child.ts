/** The child process of the local index: owns the database handles, does all tokenising. */
import { serveChild } from '../../src/runtime/serve-child.ts';
import type { CorpusFile } from './corpus-files.ts';
import { LocalIndexStore, type IndexEntry, type IndexQuery } from './local-index-store.ts';

const stores = new Map<string, LocalIndexStore>();

function store(path: string): LocalIndexStore {
  let opened = stores.get(path);
  if (opened === undefined) {
    opened = new LocalIndexStore(path);
    stores.set(path, opened);
  }
  return opened;
}

serveChild({
  plan: (call: { readonly database: string; readonly files: readonly CorpusFile[] }) =>
    store(call.database).plan(call.files),
  put: (call: { readonly database: string; readonly entries: readonly IndexEntry[] }) => {
    store(call.database).put(call.entries);
  },
  search: (call: { readonly database: string; readonly query: IndexQuery }) =>
    store(call.database).search(call.query),
  count: (call: { readonly database: string }) => store(call.database).count(),
});
