import type { SearchResult } from '../../src/core/nouns.ts';
import type { Cache, CallOptions, SearchProvider, SearchQuery } from '../../src/core/seams.ts';
import { isLoopback } from '../fetch/caching-fetcher.ts';

export interface CachingProviderOptions {
  readonly cache: Cache;
  /** Put before every key: the provider's URL, so that two instances are not taken for one. */
  readonly scope: string;
  /** How long an answer is given again; a question about the last day has it for a tenth of that. */
  readonly freshMs: number;
}

/**
 * A provider whose answers are given again for a while. Empty lists and errors are not kept, nor are
 * results on this machine itself (test servers, whose ports are soon somebody else's).
 */
export class CachingProvider implements SearchProvider {
  readonly name: string;
  readonly #provider: SearchProvider;
  readonly #options: CachingProviderOptions;

  constructor(provider: SearchProvider, options: CachingProviderOptions) {
    this.name = provider.name;
    this.#provider = provider;
    this.#options = options;
  }

  async search(query: SearchQuery, options: CallOptions): Promise<readonly SearchResult[]> {
    const { cache, scope, freshMs } = this.#options;
    const { text, language, limit, freshness, sites } = query;
    const key = `search ${this.name} ${scope} ${JSON.stringify([text, language, limit, freshness ?? null, [...sites].sort()])}`;
    const known = await cache.get(key, options);
    if (known !== null) {
      try {
        return JSON.parse(new TextDecoder().decode(known.value)) as readonly SearchResult[];
      } catch {
        // A damaged entry is a miss.
      }
    }
    const results = await this.#provider.search(query, options);
    if (results.length > 0 && !results.some(({ url }) => isLoopback(url))) {
      const now = Date.now();
      const value = new TextEncoder().encode(JSON.stringify(results));
      const expiresAtMs = now + (freshness === 'day' ? freshMs / 10 : freshMs);
      void cache.set(key, { value, storedAtMs: now, expiresAtMs }, options);
    }
    return results;
  }
}
