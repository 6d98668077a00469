import { z } from 'zod';
import type { SearchResult } from '../../../src/core/nouns.ts';
import type { CallOptions, SearchProvider, SearchQuery } from '../../../src/core/seams.ts';
import { finishResults } from '../finish-results.ts';
import { freshnessWindow } from '../freshness.ts';
import { keywords } from '../keywords.ts';
import { failure, lenientList, providerJson, type ProviderOptions } from '../provider-request.ts';

const page = z.object({
  title: z.string(),
  index: z.number().nullish().catch(null),
  fullurl: z.string().nullish(),
  extract: z.string().nullish().catch(null),
  revisions: z
    .array(z.object({ timestamp: z.string() }))
    .nullish()
    .catch(null),
});
const answer = z.object({
  query: z.object({ pages: lenientList(page) }).nullish(),
  error: z.object({ code: z.string(), info: z.string().catch('') }).nullish(),
});

/** Languages with a Wikipedia of more than some 100,000 articles; others fall back to English. */
const LANGUAGES = new Set(
  `en zh ja ko de fr es it pt nl pl ru sv uk vi ar fa he tr cs hu fi da no nb ro sr bg el ca id ms th hi bn
  ta ur eu gl hr sk sl lt lv et hy ka kk uz az be mk eo la af sq cy simple`.split(/\s+/u),
);

/**
 * Wikipedia, or any other MediaWiki, by its action API (`generator=search`, with `extracts` for the
 * snippet and `info` for the URL). No key. `{lang}` in the base URL becomes the query's language.
 * MediaWiki requires all words, so questions are cut to keywords; when those find nothing, they are
 * tried once more joined by `OR`, which its usual search engine understands. A wiki has no date of
 * publication, so freshness drops the pages last edited before it; sites are compared afterwards.
 */
export class MediaWikiProvider implements SearchProvider {
  readonly name = 'mediawiki';
  readonly #options: ProviderOptions;

  constructor(options: ProviderOptions) {
    this.#options = options;
  }

  async search(query: SearchQuery, options: CallOptions): Promise<readonly SearchResult[]> {
    const words = keywords(query.text).slice(0, 280);
    const found = await this.#ask(words, query, options.signal);
    const alternatives = words.split(' ');
    if (found.length > 0 || alternatives.length < 2) return found;
    return await this.#ask(alternatives.join(' OR ').slice(0, 290), query, options.signal);
  }

  async #ask(
    words: string,
    query: SearchQuery,
    signal: AbortSignal,
  ): Promise<readonly SearchResult[]> {
    const now = new Date(this.#options.now?.() ?? Date.now());
    const call = {
      provider: this.name,
      method: 'GET',
      url: this.#url(words, query),
      headers: { accept: 'application/json' },
      signal,
    } as const;
    const hint = 'FOOTNOTE_MEDIAWIKI_URL must be the address of its api.php';
    const { query: found, error } = await providerJson(this.#options, call, answer, hint);
    if (error !== null && error !== undefined) {
      const limited = error.code === 'ratelimited' || error.code === 'maxlag';
      throw failure(
        limited ? 'search-rate-limited' : 'search-bad-response',
        this.name,
        `answered ${error.code}: ${error.info.slice(0, 200)}`,
        limited ? { retryAfterSeconds: 60 } : {},
      );
    }
    const earliest = freshnessWindow(query.freshness, now)?.start.toISOString();
    const raw = (found?.pages.good ?? [])
      .filter((entry) => {
        const edited = entry.revisions?.[0]?.timestamp;
        return earliest === undefined || edited === undefined || edited >= earliest;
      })
      .sort((a, b) => (a.index ?? 0) - (b.index ?? 0))
      .flatMap((entry) =>
        entry.fullurl === null || entry.fullurl === undefined
          ? []
          : [{ url: entry.fullurl, title: entry.title, snippet: entry.extract }],
      );
    return finishResults(this.name, query, raw, now);
  }

  #url(words: string, query: SearchQuery): URL {
    const language = LANGUAGES.has(query.language) ? query.language : 'en';
    const url = new URL(this.#options.url.replaceAll('{lang}', language));
    const limit = String(Math.min(20, query.limit));
    const parameters = {
      action: 'query',
      format: 'json',
      formatversion: '2',
      redirects: '1',
      generator: 'search',
      gsrsearch: words,
      gsrnamespace: '0',
      gsrlimit: limit,
      prop: 'info|extracts|revisions',
      inprop: 'url',
      exintro: '1',
      explaintext: '1',
      exchars: '400',
      exlimit: limit,
      rvprop: 'timestamp',
    };
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    return url;
  }
}
