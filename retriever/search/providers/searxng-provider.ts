import { z } from 'zod';
import type { SearchResult } from '../../../src/core/nouns.ts';
import type { CallOptions, SearchProvider, SearchQuery } from '../../../src/core/seams.ts';
import { finishResults, withSiteOperators } from '../finish-results.ts';
import { freshnessWindow } from '../freshness.ts';
import {
  failure,
  lenientList,
  providerJson,
  StatusError,
  type ProviderOptions,
} from '../provider-request.ts';

const text = z.string().nullish().catch(null);
const answer = z.object({
  // Key-value and answer boxes have no URL.
  results: lenientList(
    z.object({ url: z.string(), title: text, content: text, publishedDate: text }),
  ),
  unresponsive_engines: z.array(z.unknown()).nullish().catch(null),
});
const FIX =
  'its JSON format is switched off: add "json" under search.formats in its settings.yml and restart it';

/**
 * A SearXNG (or searx) instance by its JSON API: `GET /search?q=…&format=json`.
 * Freshness goes as `time_range` (day, week, month, year; a date as the span that holds it), sites as
 * `site:` operators in the words, which its engines understand.
 */
export class SearxngProvider implements SearchProvider {
  readonly name = 'searxng';
  readonly #options: ProviderOptions;

  constructor(options: ProviderOptions) {
    this.#options = options;
  }

  async search(query: SearchQuery, options: CallOptions): Promise<readonly SearchResult[]> {
    const now = new Date(this.#options.now?.() ?? Date.now());
    const url = new URL(this.#options.url);
    if (!/\/search\/?$/u.test(url.pathname)) {
      url.pathname = `${url.pathname.replace(/\/+$/u, '')}/search`;
    }
    url.searchParams.set('q', withSiteOperators(query));
    url.searchParams.set('format', 'json');
    if (query.language !== '') url.searchParams.set('language', query.language);
    const range = freshnessWindow(query.freshness, now)?.range ?? null;
    if (range !== null) url.searchParams.set('time_range', range);
    const found = await this.#ask(url, options.signal);
    const raw = found.results.good.map((result) => ({
      url: result.url,
      title: result.title,
      snippet: result.content,
      date: result.publishedDate,
    }));
    const results = finishResults(this.name, query, raw, now);
    const broken = enginesThatFailed(found.unresponsive_engines ?? []);
    if (results.length === 0 && broken.length > 0) {
      // Nothing found because nothing could search is no honest empty list.
      throw failure('search-blocked', this.name, `got no answer from its engines: ${broken}`);
    }
    if (raw.length === 0 && found.results.skipped > 0) {
      throw failure(
        'search-bad-response',
        this.name,
        `sent ${found.results.skipped} results, none of which has a URL`,
      );
    }
    return results;
  }

  async #ask(url: URL, signal: AbortSignal): Promise<z.infer<typeof answer>> {
    try {
      const call = { provider: this.name, method: 'GET', url, signal } as const;
      const headers = { accept: 'application/json' };
      return await providerJson(this.#options, { ...call, headers }, answer, FIX);
    } catch (error) {
      if (error instanceof StatusError && error.response.status === 403) {
        throw failure('search-blocked', this.name, `refuses us (HTTP 403); probably ${FIX}`, {
          cause: error,
        });
      }
      throw error;
    }
  }
}

/** `[["google", "timeout"], …]` as `google (timeout), …`. */
function enginesThatFailed(entries: readonly unknown[]): string {
  return entries
    .slice(0, 5)
    .map((entry) => (Array.isArray(entry) ? entry.map(String) : [String(entry)]))
    .map(([engine, reason]) => (reason === undefined ? `${engine}` : `${engine} (${reason})`))
    .join(', ')
    .slice(0, 300);
}
