import { FootnoteError } from '../../src/core/errors.ts';
import type { CallOptions, SearchProvider, SearchQuery } from '../../src/core/seams.ts';
import { CoolDowns } from './cool-downs.ts';
import { searchAll, type SearchOutcome } from './search-all.ts';

export interface SearchRouterOptions {
  /** In the order in which they are asked. */
  readonly providers: readonly SearchProvider[];
  /** Deadline of one provider. */
  readonly timeoutMs: number;
  /** How many, from the first on, are asked at once and merged; default 1. */
  readonly merge?: number | undefined;
  /** Refuses to answer from content that is not all indexed yet; default: it is answered with a warning. */
  readonly refuseIncomplete?: boolean | undefined;
  /** For tests: the present in ms. */
  readonly now?: (() => number) | undefined;
}

/** A client is not told to wait longer than this. */
const MOST_WAIT_S = 300;

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

  /** @throws FootnoteError as `searchAll`; `not-ready` too with `refuseIncomplete` */
  async search(queries: readonly SearchQuery[], options: CallOptions): Promise<SearchOutcome> {
    const outcome = await searchAll(this.providers, queries, {
      signal: options.signal,
      timeoutMs: this.#options.timeoutMs,
      merge: this.#options.merge,
      coolDowns: this.#coolDowns,
    });
    const gap = outcome.warnings.find(({ code }) => code === 'index-incomplete');
    if (gap === undefined || this.#options.refuseIncomplete !== true) return outcome;
    const waits = this.providers.map((provider) => provider.indexed?.()?.secondsLeft ?? 5);
    throw new FootnoteError('not-ready', gap.message, {
      stage: 'search',
      retryAfterSeconds: Math.min(MOST_WAIT_S, Math.max(...waits)),
    });
  }

  /**
   * Resolves when all content of our own can be searched; at once where there is none.
   * @throws FootnoteError `cancelled`, and what reading the content throws
   */
  async prepare(options: Parameters<NonNullable<SearchProvider['prepare']>>[0]): Promise<void> {
    for (const provider of this.providers) await provider.prepare?.(options);
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
