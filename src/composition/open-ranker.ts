/** Opens the ranker with the embedder's weights; without them passages are ranked by words alone. */
import { Ranker } from '../../retriever/rank/ranker.ts';
import type { Config } from '../core/config.ts';
import { toFootnoteError } from '../core/errors.ts';
import type { Warning } from '../core/nouns.ts';
import type { EnsureOptions } from '../runtime/models/model-download.ts';
import type { ModelStore } from '../runtime/models/model-store.ts';

/**
 * @returns the ranker, and a warning where it has no embedder; `onNotice` is told the same
 * @throws FootnoteError `cancelled`
 */
export async function openRanker(
  config: Config,
  store: ModelStore,
  options: EnsureOptions,
): Promise<{ readonly ranker: Ranker; readonly warnings: readonly Warning[] }> {
  const { cacheDir, threads, cacheDiskBytes } = config;
  // The greater part is for the pages.
  const vectorBytes = Math.floor(cacheDiskBytes / 16);
  try {
    const { path } = await store.ensure(config.embedder, options);
    const ranker = new Ranker({ weightsPath: path, cacheDir, threads, vectorBytes });
    return { ranker, warnings: [] };
  } catch (error) {
    if (options.signal.aborted) throw error;
    const { code, message: reason } = toFootnoteError(error);
    const message = `ranking without the embedder: ${reason}`;
    options.onNotice?.(message);
    return {
      ranker: new Ranker({ weightsPath: null, cacheDir, threads }),
      warnings: [{ code, message }],
    };
  }
}
