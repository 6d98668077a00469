import { z } from 'zod';
import type { SearchResult } from '../../../src/core/nouns.ts';
import type { CallOptions, SearchProvider, SearchQuery } from '../../../src/core/seams.ts';
import { finishResults, withSiteOperators } from '../finish-results.ts';
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
  web: z
    .object({
      results: lenientList(
        z.object({ url: z.string(), title: text, description: text, page_age: text, age: text }),
      ),
    })
    .nullish(),
});

/** Languages the API knows, by its own codes; an unknown `search_lang` is an error there. */
const LANGUAGES: Readonly<Record<string, string>> = {
  zh: 'zh-hans',
  ja: 'jp',
  pt: 'pt-pt',
  no: 'nb',
};
for (const code of 'ar eu bn bg ca hr cs da nl en et fi fr gl de gu he hi hu is it kn ko lv lt ms ml mr nb pl pa ro ru sr sk sl es sv ta te th tr uk vi'.split(
  ' ',
)) {
  (LANGUAGES as Record<string, string>)[code] = code;
}
const RANGES = { day: 'pd', week: 'pw', month: 'pm', year: 'py' } as const;

/**
 * The Brave Search API: `GET /res/v1/web/search`, key in `X-Subscription-Token`. Freshness goes as
 * `pd`, `pw`, `pm`, `py` or `2026-01-31to2026-02-28`, sites as `site:` operators. At most 20 results,
 * 400 characters and 50 words.
 */
export class BraveProvider implements SearchProvider {
  readonly name = 'brave';
  readonly #options: ProviderOptions;

  constructor(options: ProviderOptions) {
    this.#options = options;
  }

  async search(query: SearchQuery, options: CallOptions): Promise<readonly SearchResult[]> {
    const now = new Date(this.#options.now?.() ?? Date.now());
    const url = new URL(this.#options.url);
    const words = withSiteOperators(query).split(/\s+/u).slice(0, 50).join(' ').slice(0, 400);
    url.searchParams.set('q', words);
    url.searchParams.set('count', String(Math.min(20, query.limit)));
    url.searchParams.set('text_decorations', 'false');
    url.searchParams.set('result_filter', 'web');
    const language = LANGUAGES[query.language];
    if (language !== undefined) url.searchParams.set('search_lang', language);
    const window = freshnessWindow(query.freshness, now);
    if (window !== null) {
      url.searchParams.set(
        'freshness',
        window.isDate || window.range === null
          ? `${isoDay(window.start)}to${isoDay(now)}`
          : RANGES[window.range],
      );
    }
    const headers = {
      accept: 'application/json',
      'x-subscription-token': this.#options.key ?? '',
    };
    const call = {
      provider: this.name,
      method: 'GET',
      url,
      headers,
      signal: options.signal,
    } as const;
    try {
      const found = await providerJson(this.#options, call, answer);
      const raw = (found.web?.results.good ?? []).map((result) => ({
        url: result.url,
        title: result.title,
        snippet: result.description,
        date: result.page_age ?? result.age,
      }));
      return finishResults(this.name, query, raw, now);
    } catch (error) {
      // An unknown key gets 422 here, not 401.
      if (error instanceof StatusError && /SUBSCRIPTION_TOKEN_INVALID/u.test(error.response.text)) {
        throw failure('search-blocked', this.name, 'refuses the key; check BRAVE_API_KEY');
      }
      throw error;
    }
  }
}
