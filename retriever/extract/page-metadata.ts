/**
 * Title, byline, date, canonical URL, site name and declared language of an HTML page, from its head
 * (cheerio over the meta and link tags), its JSON-LD and its visible elements.
 */
import { load } from 'cheerio/slim';
import { first, type Metas } from './head-metas.ts';
import { linkedObjects, nameOf, type JsonObject } from './linked-data.ts';
import { normaliseLine } from './normalise-text.ts';
import { pickByline } from './page-byline.ts';
import { pickDate } from './page-date.ts';
import { pageElements, type PageElements } from './page-elements.ts';
import { elementText, folded } from './page-text.ts';
import type { HtmlScan } from './scan-html.ts';

export interface PageMetadata {
  readonly title: string;
  readonly byline: string | null;
  readonly publishedAt: string | null;
  readonly canonicalUrl: string | null;
  readonly site: string;
  readonly declaredLanguage: string | null;
  readonly linked: readonly JsonObject[];
}

function readHead(head: string): {
  metas: Metas;
  links: ReadonlyMap<string, string>;
  title: string;
} {
  const $ = load(head, { xmlMode: false });
  const metas = new Map<string, string>();
  $('meta').each((_, element) => {
    const name = (
      $(element).attr('property') ??
      $(element).attr('name') ??
      $(element).attr('itemprop') ??
      $(element).attr('http-equiv') ??
      ''
    ).toLowerCase();
    const content = normaliseLine($(element).attr('content') ?? '');
    for (const part of name.split(/\s+/u))
      if (part !== '' && content !== '' && !metas.has(part)) metas.set(part, content);
  });
  const links = new Map<string, string>();
  $('link[rel][href]').each((_, element) => {
    const rel = ($(element).attr('rel') ?? '').toLowerCase();
    if (!links.has(rel)) links.set(rel, $(element).attr('href') ?? '');
  });
  return { metas, links, title: normaliseLine($('title').first().text()) };
}

/** The title without the site's name at either end: "Bread | The Daily Loaf" → "Bread". */
function withoutSiteName(title: string, site: string): string {
  const parts = title
    .split(/(?<!\s)\s+[|–—·•»«/\\:-]+\s+|(?:(?<!\s)\s+)?[|｜_]\s*/u)
    .filter((part) => part !== '');
  if (parts.length < 2) return title;
  const name = folded(site);
  const isSite = (part: string): boolean => {
    const own = folded(part);
    return own !== '' && name !== '' && (name.includes(own) || own.includes(name));
  };
  const last = parts[parts.length - 1]!;
  if (isSite(last))
    return (
      title
        .slice(0, title.lastIndexOf(last))
        .replace(/(?<![\s|｜_–—·•»«/\\:-])[\s|｜_–—·•»«/\\:-]+$/u, '') || title
    );
  if (isSite(parts[0]!))
    return title.slice(parts[0]!.length).replace(/^[\s|｜_–—·•»«/\\:-]+/u, '') || title;
  // An unknown short tail after a bar is the site's name as well.
  const bar = Math.max(title.lastIndexOf('|'), title.lastIndexOf('｜'));
  const head = title.slice(0, Math.max(0, bar)).trimEnd();
  const tail = title.slice(bar + 1).trimStart();
  return head.length >= 15 && tail.length >= 2 && tail.length <= 40 ? head : title;
}

/** A first-level heading that leads home is the site's name, on every page of it. */
function isMasthead(heading: Element): boolean {
  const link = heading.querySelector('a[href]') ?? heading.closest('a[href]');
  return /^(?:https?:\/\/[^/]+\/?|\/)(?:index\.\w+)?$/iu.test(link?.getAttribute('href') ?? '');
}

function pickTitle(
  elements: PageElements,
  metas: Metas,
  linked: readonly JsonObject[],
  titleTag: string,
  site: string,
): string {
  const open = first(metas, [
    'og:title',
    'twitter:title',
    'dc.title',
    'dcterms.title',
    'citation_title',
    'sailthru.title',
    'parsely-title',
  ]);
  const headline = linked
    .map((node) => node['headline'])
    .find((value): value is string => typeof value === 'string' && value.trim().length > 3);
  const headings = elements.headings
    .slice(0, 12)
    .filter((heading) => !isMasthead(heading))
    .map(elementText)
    .filter((value) => value.length > 3 || /\p{Script=Han}{2}/u.test(value));
  const full = folded(titleTag);
  // A first heading that the title tag repeats is the title as readers see it.
  const shared = headings.find(
    (value) =>
      full.includes(folded(value)) && folded(value).length >= Math.min(12, full.length * 0.3),
  );
  if (shared !== undefined && !folded(site).includes(folded(shared)))
    return withoutSiteName(shared, site);
  const candidate =
    open ??
    (headline === undefined ? null : normaliseLine(headline)) ??
    (titleTag === '' ? null : titleTag) ??
    headings[0];
  return candidate === undefined || candidate === null
    ? ''
    : withoutSiteName(decodeEntities(candidate), site);
}

function decodeEntities(value: string): string {
  return /&(?:#\w+|\w+);/u.test(value) ? load(value.replace(/</gu, '&lt;')).text() : value;
}

/** Host without `www.`. */
export function hostOf(url: string): string {
  try {
    return new URL(url).hostname.replace(/^www\./u, '');
  } catch {
    return '';
  }
}

/** The canonical URL when it is absolute (after resolving), http(s), and of the same site; else null. */
function canonicalOf(href: string | null | undefined, pageUrl: string): string | null {
  if (href === null || href === undefined || href.trim() === '') return null;
  try {
    const page = new URL(pageUrl);
    const found = new URL(href.trim(), page);
    if (found.protocol !== 'http:' && found.protocol !== 'https:') return null;
    const domain = (host: string): string =>
      host
        .replace(/^(?:www|m|mobile|amp)\./u, '')
        .split('.')
        .slice(-2)
        .join('.');
    if (domain(found.hostname) !== domain(page.hostname)) return null;
    // A home page named as the canonical form of an inner page is a template's mistake.
    if (found.pathname === '/' && found.search === '' && page.pathname !== '/') return null;
    found.hash = '';
    return found.href;
  } catch {
    return null;
  }
}

/**
 * Reads a page's metadata; never throws on odd markup.
 * @param document the parsed page, before anything is pruned from it
 * @param now ISO 8601 instant: dates after it (plus two days) are not believed
 */
export function pageMetadata(
  document: Document,
  scan: HtmlScan,
  url: string,
  now: string,
): PageMetadata {
  const { metas, links, title } = readHead(scan.head);
  const linked = linkedObjects(scan.linkedData);
  const host = hostOf(url);
  const publisher =
    linked.map((node) => nameOf(node['publisher'])).find((name) => name !== null) ?? null;
  const siteName =
    first(metas, ['og:site_name', 'application-name', 'apple-mobile-web-app-title']) ?? publisher;
  const declaredLanguage =
    document.documentElement.getAttribute('lang') ??
    document.documentElement.getAttribute('xml:lang') ??
    document.body.getAttribute('lang') ??
    first(metas, ['content-language', 'language', 'og:locale', 'dc.language']);
  const american =
    /^en[-_]us$/iu.test(declaredLanguage ?? '') ||
    /^en[-_]us$/iu.test(metas.get('og:locale') ?? '');
  const elements = pageElements(document);
  return {
    title: pickTitle(elements, metas, linked, title, siteName ?? host),
    byline: pickByline(document, elements, metas, linked, siteName ?? host),
    publishedAt: pickDate(document, elements, metas, linked, url, now, american),
    canonicalUrl: canonicalOf(links.get('canonical') ?? metas.get('og:url'), url),
    site: siteName !== null && siteName.length <= 60 ? siteName : host,
    declaredLanguage,
    linked,
  };
}
