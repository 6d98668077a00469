/**
 * Builds the local index of a folder, as a process of its own: `index-corpus.ts FOLDER CACHE_DIR`.
 * Prints `indexing` when some files are in, and `done N` at the end. For tests of several processes.
 */
import { CorpusFetcher } from '../corpus-fetcher.ts';
import { INDEX_BATCH, LocalIndex } from '../local-index.ts';
import { PlainExtractor } from './plain-extractor.ts';

const [folder = '', cacheDir = ''] = process.argv.slice(2);
const extractor = new PlainExtractor();
const index = new LocalIndex({
  folder,
  cacheDir,
  fetcher: new CorpusFetcher({ folder }),
  extractor,
});
const progress = setInterval(() => {
  // Two batches are surely written by then.
  if (extractor.read.length < 2.5 * INDEX_BATCH) return;
  clearInterval(progress);
  process.stdout.write('indexing\n');
}, 1);
const state = await index.refresh({ signal: AbortSignal.timeout(60_000) });
clearInterval(progress);
process.stdout.write(`done ${state.files}\n`);
await index.close();
