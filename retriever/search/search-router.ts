import type { SearchProvider, SearchQuery } from '../../src/core/seams.ts';
import { CoolDowns } from './cool-downs.ts';
import { searchAll, type SearchOutcome } from './search-all.ts';

export interface SearchRouterOptions {
  /** In the order in which they are asked. */
  readonly providers: readonly SearchProvider[];
  /** Deadline of one provider. */
  readonly timeoutMs: number;
  /** How many, from the first on, are asked at once and merged; default 1. */
  readonly merge?: number | undefined;
  /** For tests: the present in ms. */
  readonly now?: (() => number) | undefined;
}

/** The search of a whole process: `searchAll` with a memory of which providers have to rest. */
export class SearchRouter {
  readonly providers: readonly SearchProvider[];
  readonly #options: SearchRouterOptions;
  readonly #coolDowns: CoolDowns;

  constructor(options: SearchRouterOptions) {
    this.providers = options.providers;
    this.#options = options;
    this.#coolDowns = new CoolDowns(options.now);
  }

  /** @throws FootnoteError as `searchAll` */
  search(
    queries: readonly SearchQuery[],
    options: { readonly signal: AbortSignal },
  ): Promise<SearchOutcome> {
    return searchAll(this.providers, queries, {
      signal: options.signal,
      timeoutMs: this.#options.timeoutMs,
      merge: this.#options.merge,
      coolDowns: this.#coolDowns,
    });
  }

  /** Providers that are left alone now, with the seconds left; for `doctor` and metrics. */
  resting(): readonly { readonly provider: string; readonly seconds: number }[] {
    return this.providers.flatMap(({ name }) => {
      const rest = this.#coolDowns.resting(name);
      return rest === null ? [] : [{ provider: name, seconds: rest.seconds }];
    });
  }

  /** Ends what providers hold (the local index's child process). */
  async close(): Promise<void> {
    await Promise.all(
      this.providers.map(async (provider) => {
        if ('close' in provider && typeof provider.close === 'function') await provider.close();
      }),
    );
  }
}
