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
  organic: lenientList(z.object({ link: z.string(), title: text, snippet: text, date: text })),
});
const RANGES = { day: 'qdr:d', week: 'qdr:w', month: 'qdr:m', year: 'qdr:y' } as const;
const LANGUAGES: Readonly<Record<string, string>> = { zh: 'zh-cn', no: 'nb' };

/**
 * The Serper API (Google's results as JSON): `POST /search`, key in `X-API-KEY`. Freshness goes as
 * Google's `tbs` (`qdr:w`, or `cdr:1,cd_min:1/31/2026` for a date), sites as `site:` operators.
 */
export class SerperProvider implements SearchProvider {
  readonly name = 'serper';
  readonly #options: ProviderOptions;

  constructor(options: ProviderOptions) {
    this.#options = options;
  }

  async search(query: SearchQuery, options: CallOptions): Promise<readonly SearchResult[]> {
    const now = new Date(this.#options.now?.() ?? Date.now());
    const window = freshnessWindow(query.freshness, now);
    const body = {
      q: withSiteOperators(query),
      num: Math.min(20, query.limit),
      ...(query.language === '' ? {} : { hl: LANGUAGES[query.language] ?? query.language }),
      ...(window === null
        ? {}
        : {
            tbs:
              window.isDate || window.range === null
                ? `cdr:1,cd_min:${americanDay(window.start)}`
                : RANGES[window.range],
          }),
    };
    const call = {
      provider: this.name,
      method: 'POST',
      url: new URL(this.#options.url),
      headers: {
        accept: 'application/json',
        'content-type': 'application/json',
        'x-api-key': this.#options.key ?? '',
      },
      body: JSON.stringify(body),
      signal: options.signal,
    } as const;
    try {
      const found = await providerJson(this.#options, call, answer);
      const raw = found.organic.good.map((result) => ({
        url: result.link,
        title: result.title,
        snippet: result.snippet,
        date: result.date,
      }));
      return finishResults(this.name, query, raw, now);
    } catch (error) {
      if (error instanceof StatusError) {
        const { status, text } = error.response;
        if (/not enough credits/iu.test(text)) {
          throw failure('search-blocked', this.name, 'says the account has no credits left');
        }
        if (status === 401 || (status === 403 && /unauthori[sz]ed/iu.test(text))) {
          throw failure('search-blocked', this.name, 'refuses the key; check SERPER_API_KEY');
        }
      }
      throw error;
    }
  }
}

/** `1/31/2026`, as Google's own date filter writes it. */
function americanDay(date: Date): string {
  return `${date.getUTCMonth() + 1}/${date.getUTCDate()}/${date.getUTCFullYear()}`;
}
