/**
 * How each engine speaks, for the contract suite: the answer it gives for some entries, what it says
 * when it finds nothing, and where in a request the query, the sites and the freshness stand.
 */
import type { SearchProvider } from '../../../src/core/seams.ts';
import type { ProviderOptions } from '../provider-request.ts';
import { BraveProvider } from '../providers/brave-provider.ts';
import { DuckDuckGoProvider } from '../providers/duckduckgo-provider.ts';
import { MediaWikiProvider } from '../providers/mediawiki-provider.ts';
import { SearxngProvider } from '../providers/searxng-provider.ts';
import { SerperProvider } from '../providers/serper-provider.ts';
import { TavilyProvider } from '../providers/tavily-provider.ts';
import type { Reply, SeenRequest } from './loopback-engine.ts';

export interface FaceEntry {
  readonly url: string;
  readonly title: string;
  readonly snippet: string;
  /** ISO 8601 day. */
  readonly date?: string;
}

export interface EngineFace {
  readonly name: string;
  readonly path: string;
  readonly key: string | undefined;
  readonly make: (options: ProviderOptions) => SearchProvider;
  readonly found: (entries: readonly FaceEntry[]) => Reply;
  readonly nothing: () => Reply;
  /** The query words as the engine received them. */
  readonly words: (request: SeenRequest) => string;
  /** Where the key stands. */
  readonly sentKey?: (request: SeenRequest) => unknown;
  /** Where the freshness stands: for `week`, and for the date 2026-01-31 (now is 2026-03-01). */
  readonly freshness: (request: SeenRequest) => unknown;
  readonly week: unknown;
  readonly since: unknown;
  /** Where the sites `example.org` and `example.com` stand, and what stands there. */
  readonly sites: (request: SeenRequest) => unknown;
  readonly twoSites: unknown;
  /** Contract tests that make no sense here, with the reason. */
  readonly skips: Readonly<Record<string, string>>;
}

const json = (value: unknown): Reply => ({
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value),
});
const posted = (request: SeenRequest): Record<string, unknown> =>
  JSON.parse(request.body) as Record<string, unknown>;
const form = (request: SeenRequest): URLSearchParams => new URLSearchParams(request.body);
const operators = 'tea houses (site:example.org OR site:example.com)';
const escape = (text: string): string =>
  text.replace(/[&<>"]/gu, (sign) => `&#${sign.codePointAt(0)};`);

export const ENGINE_FACES: readonly EngineFace[] = [
  {
    name: 'searxng',
    path: '/',
    key: undefined,
    make: (options) => new SearxngProvider(options),
    found: (entries) =>
      json({
        query: 'q',
        results: entries.map((entry) => ({
          url: entry.url,
          title: entry.title,
          content: entry.snippet,
          engine: 'stand-in',
          publishedDate: entry.date === undefined ? null : `${entry.date}T00:00:00`,
        })),
      }),
    nothing: () => json({ query: 'q', results: [] }),
    words: (request) => request.url.searchParams.get('q') ?? '',
    freshness: (request) => request.url.searchParams.get('time_range'),
    week: 'week',
    since: 'month',
    sites: (request) => request.url.searchParams.get('q'),
    twoSites: operators,
    skips: {},
  },
  {
    name: 'mediawiki',
    path: '/w/api.php',
    key: undefined,
    make: (options) => new MediaWikiProvider(options),
    found: (entries) =>
      json({
        query: {
          // The API lists pages by their id; `index` holds the order.
          pages: entries
            .map((entry, index) => ({
              pageid: 100 - index,
              ns: 0,
              title: entry.title,
              index: index + 1,
              fullurl: entry.url,
              extract: entry.snippet,
              revisions: [{ timestamp: `${entry.date ?? '2026-02-28'}T00:00:00Z` }],
            }))
            .toReversed(),
        },
      }),
    nothing: () => json({ batchcomplete: true }),
    words: (request) => request.url.searchParams.get('gsrsearch') ?? '',
    freshness: () => null,
    week: null,
    since: null,
    sites: () => null,
    twoSites: null,
    skips: {
      date: 'a wiki has no date of publication, only of the last edit',
      freshnessPassed: 'the API cannot search by age; pages are compared by their last edit',
      sitesPassed: 'one wiki is one site; results are compared afterwards',
    },
  },
  {
    name: 'duckduckgo',
    path: '/html/',
    key: undefined,
    make: (options) => new DuckDuckGoProvider(options),
    found: (entries) => ({
      headers: { 'content-type': 'text/html; charset=UTF-8' },
      body: `<!DOCTYPE html><html><body><div class="serp__results"><div id="links" class="results">
        <div class="result results_links results_links_deep result--ad"><div class="result__body">
          <h2 class="result__title"><a class="result__a" href="https://duckduckgo.com/y.js?ad_domain=shop.example&amp;u3=x">Buy now</a></h2>
          <a class="result__snippet" href="#">An advertisement</a></div></div>
        ${entries
          .map(
            (
              entry,
            ) => `<div class="result results_links results_links_deep web-result"><div class="links_main links_deep result__body">
          <h2 class="result__title"><a rel="nofollow" class="result__a" href="//duckduckgo.com/l/?uddg=${encodeURIComponent(entry.url)}&amp;rut=0f">${escape(entry.title)}</a></h2>
          <div class="result__extras"><div class="result__extras__url"><a class="result__url" href="#">host</a>${entry.date === undefined ? '' : `<span>&nbsp; ${entry.date}T00:00:00.0000000</span>`}</div></div>
          <a class="result__snippet" href="#"><b>${escape(entry.snippet)}</b></a></div></div>`,
          )
          .join('\n')}
      </div></div></body></html>`,
    }),
    nothing: () => ({
      headers: { 'content-type': 'text/html' },
      body: '<html><body><div id="links" class="results"><div class="no-results">No results.</div></div></body></html>',
    }),
    words: (request) => form(request).get('q') ?? '',
    freshness: (request) => form(request).get('df'),
    week: 'w',
    since: '2026-01-31..2026-03-01',
    sites: (request) => form(request).get('q'),
    twoSites: operators,
    skips: {},
  },
  {
    name: 'brave',
    path: '/res/v1/web/search',
    key: 'brave-key',
    make: (options) => new BraveProvider(options),
    found: (entries) =>
      json({
        type: 'search',
        web: {
          results: entries.map((entry) => ({
            url: entry.url,
            title: entry.title,
            description: `<strong>${escape(entry.snippet)}</strong>`,
            ...(entry.date === undefined ? {} : { page_age: `${entry.date}T00:00:00` }),
          })),
        },
      }),
    nothing: () => json({ type: 'search' }),
    words: (request) => request.url.searchParams.get('q') ?? '',
    sentKey: (request) => request.headers['x-subscription-token'],
    freshness: (request) => request.url.searchParams.get('freshness'),
    week: 'pw',
    since: '2026-01-31to2026-03-01',
    sites: (request) => request.url.searchParams.get('q'),
    twoSites: operators,
    skips: {},
  },
  {
    name: 'tavily',
    path: '/search',
    key: 'tavily-key',
    make: (options) => new TavilyProvider(options),
    found: (entries) =>
      json({
        results: entries.map((entry) => ({
          url: entry.url,
          title: entry.title,
          content: entry.snippet,
          score: 0.9,
          ...(entry.date === undefined ? {} : { published_date: entry.date }),
        })),
      }),
    nothing: () => json({ results: [] }),
    words: (request) => String(posted(request)['query']),
    sentKey: (request) => request.headers.authorization?.replace('Bearer ', ''),
    freshness: (request) => posted(request)['time_range'] ?? posted(request)['start_date'],
    week: 'week',
    since: '2026-01-31',
    sites: (request) => posted(request)['include_domains'],
    twoSites: ['example.org', 'example.com'],
    skips: {},
  },
  {
    name: 'serper',
    path: '/search',
    key: 'serper-key',
    make: (options) => new SerperProvider(options),
    found: (entries) =>
      json({
        organic: entries.map((entry, index) => ({
          link: entry.url,
          title: entry.title,
          snippet: entry.snippet,
          position: index + 1,
          ...(entry.date === undefined ? {} : { date: spokenDate(entry.date) }),
        })),
      }),
    nothing: () => json({ searchParameters: {}, organic: [] }),
    words: (request) => String(posted(request)['q']),
    sentKey: (request) => request.headers['x-api-key'],
    freshness: (request) => posted(request)['tbs'],
    week: 'qdr:w',
    since: 'cdr:1,cd_min:1/31/2026',
    sites: (request) => posted(request)['q'],
    twoSites: operators,
    skips: {},
  },
];

/** `2026-02-27` as `Feb 27, 2026`. */
function spokenDate(day: string): string {
  return new Date(`${day}T00:00:00Z`).toLocaleDateString('en-US', {
    year: 'numeric',
    month: 'short',
    day: 'numeric',
    timeZone: 'UTC',
  });
}
