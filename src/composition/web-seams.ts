/** Where the program touches the web: the seams that an archive records, or stands in for. */
import type { FetchedPage } from '../core/nouns.ts';
import type { CallOptions, Fetcher, SearchProvider } from '../core/seams.ts';

/** A browser that runs a page's scripts. Throws as `Fetcher`, and `render-unavailable`. */
export interface PageRenderer {
  render(url: string, options: CallOptions): Promise<FetchedPage>;
}

/** The providers in their order, and how many of the first are asked at once and merged. */
export interface ProviderChain {
  readonly providers: readonly SearchProvider[];
  readonly merge: number;
}

/** Stands between the pipeline and the web. */
export interface WebTap {
  /** True: nothing behind the tap is touched, so that no web is looked for at the start. */
  readonly offline: boolean;
  search(live: ProviderChain): ProviderChain;
  fetcher(live: Fetcher): Fetcher;
  renderer(live: PageRenderer): PageRenderer;
}
