/**
 * When a page was published: JSON-LD, meta tags, the URL's path, marked elements, then lines of the text
 * that are dates or say what the date is.
 */
import type { Metas } from './head-metas.ts';
import type { JsonObject } from './linked-data.ts';
import {
  firstOf,
  hasClass,
  isWithin,
  type MarkedElement,
  type PageElements,
} from './page-elements.ts';
import { elementText, leadLines } from './page-text.ts';
import { dateInUrl, parseDate } from './parse-date.ts';

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
const inside = ({ element }: MarkedElement, tag: string): boolean =>
  isWithin(element, (above) => above.tagName === tag);
const PUBLISHED_CLASS = /publish|posted|pubdate|entry-date|post-date|article-date/u;
const DATE_CLASS = /date|Date|time/u;
const DATE_ID = /date|time/u;

/** Marks of the date of publication, the surest first. */
const DATE_MARKS: readonly ((marked: MarkedElement) => boolean)[] = [
  ({ tag, itemprop }) => tag === 'TIME' && itemprop === 'datePublished',
  ({ itemprop }) => itemprop === 'datePublished',
  ({ property }) => /date(?:Published|Created)$/u.test(property),
  ({ tag, pubdate }) => tag === 'TIME' && pubdate,
  (marked) => marked.tag === 'TIME' && marked.dated && inside(marked, 'ARTICLE'),
  (marked) => marked.tag === 'TIME' && marked.dated && inside(marked, 'HEADER'),
  ({ tag, dated }) => tag === 'TIME' && dated,
  ({ tag }) => tag === 'TIME',
  ({ tag, className }) => tag === 'ABBR' && hasClass(className, ['published']),
  ({ className }) => PUBLISHED_CLASS.test(className),
  ({ className, id }) => DATE_CLASS.test(className) || DATE_ID.test(id),
];
/** Elements with one mark that are looked at. */
const MOST_LOOKED_AT = 6;
const VISIBLE_DATE =
  /(?:published|posted|updated|date|发布(?:时间|于)?|公開日?|掲載日?|投稿日?|입력|등록|게시|日期|时间|發布|發表於|stand|ver[öo]ffentlicht(?: am)?|publi[ée] le|publicado)\s*(?:(?:on|:|：)\s*)?([^\n]{6,40})/iu;

/** A line of the text that is little more than a date; label, weekday and time may stand beside it. */
const DATE_LINE_CHARS = 36;
const LAST_CHANGED =
  /(?:last (?:modified|edited|updated|changed)|zuletzt|letzte (?:änderung|aktualisierung)|dernière (?:modification|mise à jour)|最后(?:修改|更新)|最終更新)([^\n]{6,60})/iu;
const UTC = /^[^T]*T.*(?:Z|[+-]00:00)$/u;
const DAY_MS = 86_400_000;

/**
 * The date to believe of an instant in UTC and the date in the page's URL: sites file their pages by their
 * own clock, so a URL a day off says where that clock stood.
 */
function byOwnClock(date: string, inUrl: string | null): string {
  if (inUrl === null || !UTC.test(date)) return date;
  const apart = Math.abs(Date.parse(date.slice(0, 10)) - Date.parse(inUrl));
  return apart === DAY_MS ? inUrl : date;
}

/**
 * ISO 8601 date or instant, or null.
 * @param now dates more than two days after it are not believed
 * @param monthFirst 03/04/2023 is in March, as Americans write
 */
export function pickDate(
  document: Document,
  elements: PageElements,
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
  const inUrl = dateInUrl(url);
  for (const key of ['datePublished', 'dateCreated', 'uploadDate']) {
    for (const node of linked) {
      const date = valid(node[key]);
      if (date !== null) return byOwnClock(date, inUrl);
    }
  }
  for (const name of DATE_METAS) {
    const date = valid(metas.get(name));
    if (date !== null) return byOwnClock(date, inUrl);
  }
  if (inUrl !== null && inUrl <= limit) return inUrl;
  for (const mark of DATE_MARKS) {
    for (const { element } of firstOf(elements.marked, mark, MOST_LOOKED_AT)) {
      const date =
        valid(element.getAttribute('datetime')) ??
        valid(element.getAttribute('content')) ??
        valid(element.getAttribute('title')) ??
        valid(elementText(element));
      if (date !== null) return date;
    }
  }
  const lines = leadLines(document);
  const date = valid(VISIBLE_DATE.exec(lines)?.[1]);
  if (date !== null) return date;
  for (const line of lines.split('\n')) {
    const alone = line.length <= DATE_LINE_CHARS ? valid(line) : null;
    if (alone !== null) return alone;
  }
  const han = /(?<!\d)(?:20\d{2}|民國\d{2,3})\s*年\s*\d{1,2}\s*月\s*\d{1,2}\s*日/u.exec(lines);
  return (
    valid(han?.[0]) ??
    valid(LAST_CHANGED.exec((document.body.textContent ?? '').slice(-6_000))?.[1])
  );
}
