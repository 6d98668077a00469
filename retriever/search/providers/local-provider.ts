import type { SearchResult } from '../../../src/core/nouns.ts';
import type {
  CallOptions,
  IndexProgress,
  SearchProvider,
  SearchQuery,
} from '../../../src/core/seams.ts';
import { isOnSites } from '../finish-results.ts';
import { freshnessWindow, isoDay } from '../freshness.ts';
import type { LocalIndex } from '../local-index.ts';

/**
 * The user's own folder, by the local index. Results are `file:` URLs, which `CorpusFetcher` reads.
 * A file is on a site when its page names a canonical URL there; freshness goes by the document's date,
 * or else by the time the file was changed.
 */
export class LocalProvider implements SearchProvider {
  readonly name = 'local';
  readonly #index: LocalIndex;
  readonly #now: () => number;

  constructor(options: { readonly index: LocalIndex; readonly now?: (() => number) | undefined }) {
    this.#index = options.index;
    this.#now = options.now ?? Date.now;
  }

  async search(query: SearchQuery, options: CallOptions): Promise<readonly SearchResult[]> {
    const window = freshnessWindow(query.freshness, new Date(this.#now()));
    const hits = await this.#index.search(
      {
        text: query.text,
        // Sites are compared here, so more have to come when there are any.
        limit: query.sites.length === 0 ? query.limit : Math.max(200, query.limit),
        earliest: window === null ? null : isoDay(window.start),
      },
      options,
    );
    return hits
      .filter((hit) => isOnSites(hit.site, query.sites))
      .slice(0, query.limit)
      .map((hit, index) => ({
        url: hit.url,
        title: hit.title === '' ? hit.path : hit.title,
        snippet: hit.snippet,
        publishedAt: hit.publishedAt,
        provider: this.name,
        rank: index + 1,
      }));
  }

  indexed(): IndexProgress | null {
    return this.#index.indexed();
  }

  prepare(options: Parameters<LocalIndex['prepare']>[0]): Promise<void> {
    return this.#index.prepare(options);
  }

  /** Ends the index's child process. */
  close(): Promise<void> {
    return this.#index.close();
  }
}
