/**
 * Title, byline, date, canonical URL, site name and declared language of an HTML page, from its head
 * (cheerio over the meta and link tags), its JSON-LD and its visible elements.
 */
import { load } from 'cheerio/slim';
import { linkedObjects, nameOf, type JsonObject } from './linked-data.ts';
import { normaliseLine } from './normalise-text.ts';
import { dateInUrl, parseDate } from './parse-date.ts';
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

type Metas = ReadonlyMap<string, string>;

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

function first(metas: Metas, names: readonly string[]): string | null {
  for (const name of names) {
    const value = metas.get(name);
    if (value !== undefined) return value;
  }
  return null;
}

const text = (element: Element | null | undefined): string =>
  normaliseLine((element?.textContent ?? '').slice(0, 600));
const folded = (value: string): string => value.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '');

/** The title without the site's name at either end: "Bread | The Daily Loaf" → "Bread". */
function withoutSiteName(title: string, site: string): string {
  const parts = title.split(/\s+[|–—·•»«/\\:-]+\s+|\s*[|｜_]\s*/u).filter((part) => part !== '');
  if (parts.length < 2) return title;
  const name = folded(site);
  const isSite = (part: string): boolean => {
    const own = folded(part);
    return own !== '' && name !== '' && (name.includes(own) || own.includes(name));
  };
  const last = parts[parts.length - 1]!;
  if (isSite(last))
    return title.slice(0, title.lastIndexOf(last)).replace(/[\s|｜_–—·•»«/\\:-]+$/u, '') || title;
  if (isSite(parts[0]!))
    return title.slice(parts[0]!.length).replace(/^[\s|｜_–—·•»«/\\:-]+/u, '') || title;
  // An unknown short tail after a bar is the site's name as well.
  const bar = /^(.{15,}?)\s*[|｜]\s*[^|｜]{2,40}$/u.exec(title);
  return bar?.[1] ?? title;
}

function pickTitle(
  document: Document,
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
  const headings = [...document.querySelectorAll('h1')]
    .slice(0, 12)
    .map(text)
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

const BYLINE_SELECTORS = [
  '[rel="author"]',
  'a[href*="/author/"], a[href*="/autor/"], a[href*="/authors/"]',
  '[itemprop="author"] [itemprop="name"]',
  '[itemprop="author"]',
  '[class*="author-name"], [class*="authorName"], [class*="author__name"]',
  '.byline, [class*="byline"]',
  '.author, .post-author, .entry-author, #author',
  '[class*="Author"]',
];

/** The first 8,000 characters that a reader sees, a line per piece of text. */
function leadLines(document: Document): string {
  const lines: string[] = [];
  let size = 0;
  const visit = (node: Node): void => {
    for (let child = node.firstChild; child !== null && size < 8_000; child = child.nextSibling) {
      if (child.nodeType === 1) visit(child);
      else if (child.nodeType === 3) {
        const line = normaliseLine(child.nodeValue ?? '');
        if (line !== '') lines.push(line);
        size += line.length;
      }
    }
  };
  visit(document.body);
  return lines.join('\n');
}

/** A byline without "By", dates, roles and links' leftovers; null when what is left is no name. */
function cleanByline(source: string): string | null {
  let value = normaliseLine(source)
    .replace(/^(?:posted |written |story |words )?(?:by|von|par|por|di|door)\b[:\s]*/iu, '')
    .replace(/^(?:文|作者|记者|記者|撰文|责任编辑|编辑|來源|来源)\s*[/:：|]\s*/u, '')
    .replace(/\s*(?:[|•·]|\bon\b|\bpublished\b|\bupdated\b|\bam\b|,?\s+\d{1,2}[.:/]\d).*$/iu, '')
    .replace(
      /\s*(?:\d{1,2}\s+)?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?\s+\d.*$/iu,
      '',
    )
    .replace(/^@|[,;:\s-]+$/gu, '')
    .trim();
  if (/^(?:admin|administrator|editor|staff|webmaster|root|author|redaktion|guest)$/iu.test(value))
    value = '';
  if (value.length < 2 || value.length > 100 || /https?:|@\w+\.\w|\d{4}/u.test(value)) return null;
  return value.split(/\s+/u).length > 12 ? null : value;
}

function pickByline(
  document: Document,
  metas: Metas,
  linked: readonly JsonObject[],
): string | null {
  const people = (value: unknown): string | null => {
    // An organisation as the author is the publisher's name again.
    const list = (Array.isArray(value) ? value : [value]).filter(
      (item) =>
        !(
          typeof item === 'object' &&
          item !== null &&
          /Organization/u.test(String((item as JsonObject)['@type']))
        ),
    );
    return list.length === 0 ? null : nameOf(list);
  };
  const sources: (string | null)[] = [
    ...linked.map((node) => people(node['author'])),
    first(metas, [
      'author',
      'article:author',
      'dc.creator',
      'dcterms.creator',
      'citation_author',
      'parsely-author',
      'sailthru.author',
      'byl',
      'twitter:data1',
    ]),
  ];
  for (const source of sources) {
    const name = source === null || /^https?:/u.test(source) ? null : cleanByline(source);
    if (name !== null && /\p{L}/u.test(name) && !/\bmin(?:ute)?s?\b/iu.test(name)) return name;
  }
  for (const selector of BYLINE_SELECTORS) {
    for (const element of [...document.querySelectorAll(selector)].slice(0, 3)) {
      if (element.closest('[class*="comment"], footer, aside') !== null) continue;
      const name = cleanByline(text(element));
      if (name !== null && /\p{L}/u.test(name)) return name;
    }
  }
  const chinese =
    /(?:作者|记者|記者|撰文|文)[^\S\n]*[:：/|][^\S\n]*([\p{Script=Han}·]{2,8}|[\p{Lu}][\p{L}. ]{3,30})/u.exec(
      leadLines(document),
    );
  return chinese?.[1] ?? null;
}

const DATE_METAS = [
  'article:published_time',
  'og:published_time',
  'datepublished',
  'date',
  'pubdate',
  'publishdate',
  'publish-date',
  'publish_date',
  'publication_date',
  'article.published',
  'dc.date.issued',
  'dcterms.created',
  'dc.date',
  'dcterms.date',
  'dcterms.issued',
  'citation_publication_date',
  'citation_date',
  'parsely-pub-date',
  'sailthru.date',
  'article:published',
  'cxenseparse:recs:publishtime',
  'weibo:article:create_at',
  'apub:time',
  'og:release_date',
  'datecreated',
  'created',
  'originalpublicationdate',
  'rnews:datepublished',
  'pub_date',
  'last-modified',
  'article:modified_time',
  'og:updated_time',
  'dcterms.modified',
  'datemodified',
];
const DATE_SELECTORS = [
  'time[itemprop="datePublished"]',
  '[itemprop="datePublished"]',
  'time[pubdate]',
  'article time[datetime]',
  'header time[datetime]',
  'time[datetime]',
  'time',
  'abbr.published',
  '[class*="publish"], [class*="posted"], [class*="pubdate"], [class*="entry-date"], [class*="post-date"], [class*="article-date"]',
  '.date, [class*="date"], [class*="Date"], [id*="date"], [class*="time"], [id*="time"]',
];
const VISIBLE_DATE =
  /(?:published|posted|updated|date|发布(?:时间|于)?|日期|时间|發布|發表於|stand|ver[öo]ffentlicht(?: am)?|publi[ée] le|publicado)\s*(?:on|:|：)?\s*([^\n]{6,40})/iu;

function pickDate(
  document: Document,
  metas: Metas,
  linked: readonly JsonObject[],
  url: string,
  now: string,
  monthFirst: boolean,
): string | null {
  const limit = new Date(new Date(now).getTime() + 2 * 86_400_000).toISOString();
  const valid = (source: unknown): string | null => {
    if (typeof source !== 'string') return null;
    const date = parseDate(source, monthFirst);
    return date === null || date > limit || date < '1990' ? null : date;
  };
  for (const key of ['datePublished', 'dateCreated', 'uploadDate']) {
    for (const node of linked) {
      const date = valid(node[key]);
      if (date !== null) return date;
    }
  }
  for (const name of DATE_METAS) {
    const date = valid(metas.get(name));
    if (date !== null) return date;
  }
  const inUrl = dateInUrl(url);
  if (inUrl !== null && inUrl <= limit) return inUrl;
  for (const selector of DATE_SELECTORS) {
    for (const element of [...document.querySelectorAll(selector)].slice(0, 6)) {
      const date =
        valid(element.getAttribute('datetime')) ??
        valid(element.getAttribute('content')) ??
        valid(element.getAttribute('title')) ??
        valid(text(element));
      if (date !== null) return date;
    }
  }
  const body = leadLines(document);
  const labelled = VISIBLE_DATE.exec(body);
  const date = valid(labelled?.[1]);
  if (date !== null) return date;
  const han = /(?<!\d)(?:20\d{2}|民國\d{2,3})\s*年\s*\d{1,2}\s*月\s*\d{1,2}\s*日/u.exec(body);
  return valid(han?.[0]);
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
  return {
    title: pickTitle(document, metas, linked, title, siteName ?? host),
    byline: pickByline(document, metas, linked),
    publishedAt: pickDate(document, metas, linked, url, now, american),
    canonicalUrl: canonicalOf(links.get('canonical') ?? metas.get('og:url'), url),
    site: siteName !== null && siteName.length <= 60 ? siteName : host,
    declaredLanguage,
    linked,
  };
}
