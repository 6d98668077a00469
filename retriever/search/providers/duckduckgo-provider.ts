import { load } from 'cheerio/slim';
import type { SearchResult } from '../../../src/core/nouns.ts';
import type { CallOptions, SearchProvider, SearchQuery } from '../../../src/core/seams.ts';
import { isCaptchaPage } from '../captcha-page.ts';
import { finishResults, withSiteOperators, type RawResult } from '../finish-results.ts';
import { freshnessWindow, isoDay } from '../freshness.ts';
import { captcha, failure, providerRequest, type ProviderOptions } from '../provider-request.ts';

const RANGES = { day: 'd', week: 'w', month: 'm', year: 'y' } as const;
/** The page's region codes for a language; others search all regions. */
const REGIONS: Readonly<Record<string, string>> = {
  en: 'us-en',
  zh: 'cn-zh',
  ja: 'jp-jp',
  ko: 'kr-kr',
  de: 'de-de',
  fr: 'fr-fr',
  es: 'es-es',
  it: 'it-it',
  pt: 'pt-pt',
  nl: 'nl-nl',
  pl: 'pl-pl',
  ru: 'ru-ru',
  sv: 'se-sv',
  tr: 'tr-tr',
  uk: 'ua-uk',
};

/**
 * DuckDuckGo's page for browsers without JavaScript: a form post, results in HTML. No key. It limits
 * machines that ask often, by a CAPTCHA page (status 202). Freshness goes as `df` (`d`, `w`, `m`, `y`,
 * or `2026-01-31..2026-02-28`), sites as `site:` operators.
 */
export class DuckDuckGoProvider implements SearchProvider {
  readonly name = 'duckduckgo';
  readonly #options: ProviderOptions;

  constructor(options: ProviderOptions) {
    // The page has some 50 kB; a small cap bounds what parsing can cost on the event loop.
    this.#options = { maxBytes: 800_000, ...options };
  }

  async search(query: SearchQuery, options: CallOptions): Promise<readonly SearchResult[]> {
    const now = new Date(this.#options.now?.() ?? Date.now());
    const url = new URL(this.#options.url);
    const window = freshnessWindow(query.freshness, now);
    const form = new URLSearchParams({
      q: withSiteOperators(query).slice(0, 490),
      b: '',
      kl: REGIONS[query.language] ?? 'wt-wt',
    });
    if (window !== null) {
      form.set(
        'df',
        window.isDate || window.range === null
          ? `${isoDay(window.start)}..${isoDay(now)}`
          : RANGES[window.range],
      );
    }
    const response = await providerRequest(this.#options, {
      provider: this.name,
      method: 'POST',
      url,
      headers: {
        accept: 'text/html',
        'accept-language': query.language === 'en' ? 'en' : `${query.language},en;q=0.5`,
        'content-type': 'application/x-www-form-urlencoded',
        referer: `${url.origin}/`,
      },
      body: form.toString(),
      signal: options.signal,
    });
    const page = parsePage(response.text, url);
    if (page.results.length === 0) {
      if (response.status === 202 || isCaptchaPage(response.text)) throw captcha(this.name);
      if (!page.saysNothingFound) {
        throw failure(
          'search-bad-response',
          this.name,
          'sent a page that is no result page; its layout may have changed',
        );
      }
    }
    return finishResults(this.name, query, page.results, now);
  }
}

/** Organic results of the page, ads left out, and whether it says itself that there are none. */
function parsePage(
  html: string,
  base: URL,
): { readonly results: readonly RawResult[]; readonly saysNothingFound: boolean } {
  const $ = load(html);
  const results: RawResult[] = [];
  for (const element of $('.result').slice(0, 60).toArray()) {
    const result = $(element);
    if (result.is('.result--ad, .result--no-result, .badge--ad')) continue;
    const link = result.find('a.result__a').first();
    const url = unwrap(link.attr('href') ?? '', base);
    if (url === null) continue;
    const snippet = result.find('.result__snippet').first().text();
    const extras = result.find('.result__extras__url').text();
    const date = /\d{4}-\d{2}-\d{2}/u.exec(extras)?.[0];
    results.push({ url, title: link.text(), snippet, date });
  }
  const saysNothingFound = $('.no-results, .result--no-result').length > 0;
  return { results, saysNothingFound };
}

/** The target of `//duckduckgo.com/l/?uddg=…`; null for ads (`/y.js`) and links to the engine itself. */
function unwrap(href: string, base: URL): string | null {
  if (href === '') return null;
  let url: URL;
  try {
    url = new URL(href, base);
  } catch {
    return null;
  }
  const own = url.host === base.host || /(?:^|\.)duckduckgo\.com$/u.test(url.hostname);
  if (!own) return url.href;
  const target = url.pathname.startsWith('/l/') ? url.searchParams.get('uddg') : null;
  // An ad's link is wrapped twice.
  return target === null || /^https?:\/\/(?:\w+\.)?duckduckgo\.com\/y\.js/u.test(target)
    ? null
    : target;
}
