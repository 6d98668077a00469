import type { SearchResult } from '../../src/core/nouns.ts';
import type { SearchQuery } from '../../src/core/seams.ts';
import { freshnessWindow } from './freshness.ts';
import { publishedDate } from './published-date.ts';

/** One result as an engine gave it; only the URL must be there. */
export interface RawResult {
  readonly url: string;
  readonly title?: string | null | undefined;
  readonly snippet?: string | null | undefined;
  readonly date?: string | null | undefined;
}

const MAX_TITLE = 300;
const MAX_SNIPPET = 1_000;
/** Only what engines mark matches with: `vector<int>` in a title is text. */
const MARKS = /<\/?(?:b|strong|em|i|mark|span|wbr|br|p|font|sup|sub)(?:\s[^<>]*)?\/?>/giu;
const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
};

/**
 * Turns an engine's results into `SearchResult`s: web URLs only, markup out of titles and snippets,
 * dates in ISO 8601, and what the engine let through against the query dropped (other sites, results
 * dated before the freshness window; a result without a date stays). Ranks count from 1.
 */
export function finishResults(
  provider: string,
  query: SearchQuery,
  raw: readonly RawResult[],
  now: Date,
): readonly SearchResult[] {
  const window = freshnessWindow(query.freshness, now);
  const earliest = window?.start.toISOString().slice(0, 10);
  const results: SearchResult[] = [];
  for (const entry of raw) {
    if (results.length >= query.limit) break;
    const url = webUrl(entry.url);
    if (url === null || !isOnSites(url.hostname, query.sites)) continue;
    const publishedAt = publishedDate(entry.date, now);
    if (publishedAt !== null && earliest !== undefined && publishedAt.slice(0, 10) < earliest) {
      continue;
    }
    const title = plainText(entry.title ?? '').slice(0, MAX_TITLE);
    results.push({
      url: url.href,
      title: title === '' ? url.hostname : title,
      snippet: plainText(entry.snippet ?? '').slice(0, MAX_SNIPPET),
      publishedAt,
      provider,
      rank: results.length + 1,
    });
  }
  return results;
}

/** True when a host is one of the sites or below one; no sites mean the whole web. */
export function isOnSites(hostname: string, sites: readonly string[]): boolean {
  if (sites.length === 0) return true;
  const host = hostname.toLowerCase().replace(/^www\./u, '');
  return sites.some((site) => {
    const wanted = bareSite(site);
    return wanted !== '' && (host === wanted || host.endsWith(`.${wanted}`));
  });
}

/** A site as the user may write it (`https://www.example.org/`, `Example.org`) as a bare host name. */
export function bareSite(site: string): string {
  return site
    .trim()
    .toLowerCase()
    .replace(/^[a-z]+:\/\//u, '')
    .replace(/^(?:www\.|\*\.)/u, '')
    .replace(/[/:?#][^]*$/u, '');
}

/**
 * The query with `site:` operators, for engines that take them in the words. Site names are cut down
 * to host characters, so that they cannot carry operators of their own.
 */
export function withSiteOperators(query: SearchQuery): string {
  const operators = query.sites
    .map(bareSite)
    .filter((site) => /^[\p{L}\p{N}.-]+$/u.test(site))
    .map((site) => `site:${site}`);
  if (operators.length === 0) return query.text;
  return `${query.text} ${operators.length === 1 ? operators[0] : `(${operators.join(' OR ')})`}`;
}

function webUrl(text: string): URL | null {
  try {
    const url = new URL(text.trim());
    return url.protocol === 'http:' || url.protocol === 'https:' ? url : null;
  } catch {
    return null;
  }
}

/** Text without the engines' `<strong>` marks, entities decoded, white space as single blanks. */
function plainText(markup: string): string {
  return markup
    .slice(0, 20_000)
    .replace(MARKS, '')
    .replace(/&(#x?[\da-f]+|[a-z]+);/giu, (whole, name: string) => {
      if (!name.startsWith('#')) return ENTITIES[name.toLowerCase()] ?? whole;
      const code = /^#x/iu.test(name) ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
      return code > 31 && code <= 0x10ffff ? String.fromCodePoint(code) : ' ';
    })
    .replace(/\s+/gu, ' ')
    .trim();
}
