/**
 * Who wrote a page: JSON-LD, meta tags, marked elements, then a line that says so ("By Ada Miller",
 * "文：山田花子"). Of several sources the first that holds a name wins; the site's own name counts only
 * when nobody else is named.
 */
import { first, type Metas } from './head-metas.ts';
import { nameOf, type JsonObject } from './linked-data.ts';
import { normaliseLine } from './normalise-text.ts';
import {
  firstOf,
  hasClass,
  isWithin,
  type MarkedElement,
  type PageElements,
} from './page-elements.ts';
import { elementText, folded, leadLines } from './page-text.ts';

const includesAny = (text: string, parts: readonly string[]): boolean =>
  text !== '' && parts.some((part) => text.includes(part));
const links =
  (parts: readonly string[]) =>
  ({ tag, href }: MarkedElement): boolean =>
    tag === 'A' && includesAny(href, parts);
const named =
  (parts: readonly string[]) =>
  ({ className }: MarkedElement): boolean =>
    includesAny(className, parts);

/** Marks of a byline, the surest first. */
const BYLINE_MARKS: readonly ((marked: MarkedElement) => boolean)[] = [
  ({ rel }) => rel.toLowerCase() === 'author',
  links(['/author/', '/autor/', '/authors/', '/autoren/', '/auteur/']),
  ({ itemprop, element }) =>
    itemprop === 'name' &&
    isWithin(element, (above) => above.getAttribute('itemprop') === 'author'),
  ({ itemprop }) => itemprop === 'author',
  named(['author-name', 'authorName', 'author__name']),
  named(['byline']),
  ({ className, id }) =>
    id === 'author' || hasClass(className, ['author', 'post-author', 'entry-author']),
  named(['Author']),
  links(['/staff/', '/profil/', '/people/']),
  named(['author', 'writer', 'redakteur']),
];
/** Elements with one mark that are looked at. */
const MOST_LOOKED_AT = 3;
/** Where names are not the page's author. */
const ELSEWHERE =
  'nav, aside, body > footer, [class*="comment"]:not(body), [class*="related"]:not(body), [class*="teaser"]:not(body), [class*="menu"]:not(body)';

const SAYS_AUTHOR =
  /author|written|posted|byline|geschrieben|verfasst|autor|[ée]crit|escrito|作者/iu;
const NAME_WORD = String.raw`\p{Lu}[\p{L}'’.-]*`;
const NAME = `${NAME_WORD}(?: (?:(?:von|van|de|der|den|di|da|del|la|le|und|and|et|y) )?${NAME_WORD}){0,5}`;
/** A whole line, as pages without any mark-up of it have it. */
const BYLINE_LINE = new RegExp(
  `^(?:(?:posted|written|words|story|article|text|geschrieben|verfasst|erstellt|autor(?:in)?|author) ?(?:by|von)? ?[: ]|by|von|par|por|di|door) ?(${NAME})(?: ?[@|•·,].*)?$`,
  'mu',
);
const LABELLED =
  /(?:作者|记者|記者|撰文|文|筆者|著者)[^\S\n]*[:：/|][^\S\n]*([\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}·・ー]{2,12}|[\p{Lu}][\p{L}. ]{3,30})/u;
const REPORTER = /(?:^|\s)(\p{Script=Hangul}{2,4}) ?기자(?=\s|$|[^\p{L}])/mu;

/** A byline without "By", dates, roles and links' leftovers; null when what is left is no name. */
function cleanByline(source: string): string | null {
  let value = normaliseLine(source)
    .replace(
      /^(?:posted |written |story |words |geschrieben |verfasst |erstellt |ein beitrag |text )?(?:by|von|par|por|di|door)\b[:\s]*/iu,
      '',
    )
    .replace(/^(?:text|autor(?:in)?|author)\s*:\s*/iu, '')
    .replace(/^(?:文|作者|记者|記者|撰文|责任编辑|编辑|來源|来源)\s*[/:：|]\s*/u, '')
    .replace(
      /(?<!\s)\s*(?:[|•·]|\bon\b|\bpublished\b|\bupdated\b|\bam\b|(?:,\s+|(?<=\s))\d{1,2}[.:/]\d)[^]*$/iu,
      '',
    )
    .replace(
      /(?<!\s)\s*(?:\d{1,2}\s+)?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,20}\.?\s+\d[^]*$/iu,
      '',
    )
    .replace(/^@|(?<![,;:\s-])[,;:\s-]+$/gu, '')
    .trim();
  if (
    /^(?:admin|administrator|editor|staff|webmaster|root|authors?|redaktion|guest|autor(?:en)?|follow|share)$/iu.test(
      value,
    )
  )
    value = '';
  if (value.length < 2 || value.length > 100 || /^\d|https?:|@\w+\.\w|\d{4}/u.test(value))
    return null;
  return value.split(/\s+/u).length > 12 || !/\p{L}/u.test(value) ? null : value;
}

/** Names of a JSON-LD `author`; an organisation there is the publisher's name again. */
function people(value: unknown): string | null {
  const list = (Array.isArray(value) ? value : [value]).filter(
    (item) =>
      !(
        typeof item === 'object' &&
        item !== null &&
        /Organization/u.test(String((item as JsonObject)['@type']))
      ),
  );
  return list.length === 0 ? null : nameOf(list);
}

/** WordPress tells readers of cards who wrote: `twitter:label1` "Written by", `twitter:data1` the name. */
function cardAuthor(metas: Metas): string | null {
  for (const number of ['1', '2']) {
    if (SAYS_AUTHOR.test(metas.get(`twitter:label${number}`) ?? ''))
      return metas.get(`twitter:data${number}`) ?? null;
  }
  return metas.has('twitter:label1') ? null : (metas.get('twitter:data1') ?? null);
}

function* candidates(
  document: Document,
  elements: PageElements,
  metas: Metas,
  linked: readonly JsonObject[],
): Generator<string> {
  const stated = [
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
    ]),
    cardAuthor(metas),
    ...linked.map((node) => people(node['creator'])),
  ];
  for (const source of stated) {
    const name = source === null || /^https?:/u.test(source) ? null : cleanByline(source);
    if (name !== null && !/\bmin(?:ute)?s?\b/iu.test(name)) yield name;
  }
  for (const mark of BYLINE_MARKS) {
    for (const { element } of firstOf(elements.marked, mark, MOST_LOOKED_AT)) {
      if (element.closest(ELSEWHERE) !== null) continue;
      const source = elementText(element);
      // The last selectors catch whole boxes about the author as well: only short ones are names.
      const name = source.length > 160 ? null : cleanByline(source);
      if (name !== null) yield name;
    }
  }
  const lines = leadLines(document);
  for (const pattern of [LABELLED, REPORTER, BYLINE_LINE]) {
    const name = pattern.exec(lines)?.[1];
    if (name !== undefined) yield name.trim();
  }
}

/** @param site the site's own name: an author of that name is believed last */
export function pickByline(
  document: Document,
  elements: PageElements,
  metas: Metas,
  linked: readonly JsonObject[],
  site: string,
): string | null {
  let fallback: string | null = null;
  for (const name of candidates(document, elements, metas, linked)) {
    if (folded(name) !== folded(site)) return name;
    fallback ??= name;
  }
  return fallback;
}
