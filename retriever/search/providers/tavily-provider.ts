import { z } from 'zod';
import type { SearchResult } from '../../../src/core/nouns.ts';
import type { CallOptions, SearchProvider, SearchQuery } from '../../../src/core/seams.ts';
import { bareSite, finishResults } from '../finish-results.ts';
import { freshnessWindow, isoDay } from '../freshness.ts';
import {
  failure,
  lenientList,
  providerJson,
  StatusError,
  type ProviderOptions,
} from '../provider-request.ts';

const text = z.string().nullish().catch(null);
const answer = z.object({
  results: lenientList(
    z.object({ url: z.string(), title: text, content: text, published_date: text }),
  ),
});

/**
 * The Tavily Search API: `POST /search` with a bearer key. Freshness goes as `time_range` or
 * `start_date`, sites as `include_domains`.
 */
export class TavilyProvider implements SearchProvider {
  readonly name = 'tavily';
  readonly #options: ProviderOptions;

  constructor(options: ProviderOptions) {
    this.#options = options;
  }

  async search(query: SearchQuery, options: CallOptions): Promise<readonly SearchResult[]> {
    const now = new Date(this.#options.now?.() ?? Date.now());
    const window = freshnessWindow(query.freshness, now);
    const body = {
      query: query.text.slice(0, 400),
      max_results: Math.min(20, query.limit),
      search_depth: 'basic',
      ...(window === null
        ? {}
        : window.isDate || window.range === null
          ? { start_date: isoDay(window.start) }
          : { time_range: window.range }),
      ...(query.sites.length === 0 ? {} : { include_domains: query.sites.map(bareSite) }),
    };
    const call = {
      provider: this.name,
      method: 'POST',
      url: new URL(this.#options.url),
      headers: {
        accept: 'application/json',
        'content-type': 'application/json',
        authorization: `Bearer ${this.#options.key ?? ''}`,
      },
      body: JSON.stringify(body),
      signal: options.signal,
    } as const;
    try {
      const found = await providerJson(this.#options, call, answer);
      const raw = found.results.good.map((result) => ({
        url: result.url,
        title: result.title,
        snippet: result.content,
        date: result.published_date,
      }));
      return finishResults(this.name, query, raw, now);
    } catch (error) {
      if (error instanceof StatusError) {
        const { status } = error.response;
        if (status === 401) {
          throw failure('search-blocked', this.name, 'refuses the key; check TAVILY_API_KEY');
        }
        // 432: the plan is used up; 433: the pay-as-you-go limit is reached.
        if (status === 432 || status === 433) {
          throw failure('search-rate-limited', this.name, `says its plan is used up (${status})`, {
            retryAfterSeconds: 3_600,
          });
        }
      }
      throw error;
    }
  }
}
