/**
 * The sample web's own search engine: Okapi BM25 (k1 1.2, b 0.75) over the pages' article text, the
 * title counted three times, with a floor on how much of the query a result has to match. Nothing
 * here knows the questions: terms come from the pages' sources alone.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { foldHan, terms } from '../core/tokens.ts';
import { plainText, type SamplePage } from './page-source.ts';
import { siteOf } from './page-html.ts';

export interface PageHit {
  readonly page: SamplePage;
  readonly score: number;
  /** The part of the page that matches best, some 200 characters. */
  readonly snippet: string;
}

export interface PageQuery {
  readonly text: string;
  /** BCP 47 tag; pages in this language are preferred, others are not left out. */
  readonly language?: string | undefined;
  /** Only pages changed at or after this instant (milliseconds since the epoch). */
  readonly since?: number | undefined;
  readonly limit: number;
}

const K1 = 1.2;
const B = 0.75;
const TITLE_WEIGHT = 3;
/** Share of the query's weight (idf) that a result has to match: words, Chinese pairs. */
const MIN_COVERAGE = { spaced: 0.4, unspaced: 0.26 };
/** Results that score less than this share of the best one are dropped. */
const MIN_OF_BEST = 0.25;

const STOP_WORDS = new Set(
  terms(
    `a about above after again all also an and any are as at be because been before being between both
    but by can could did do does doing don't down during each few for from further get gets give go had
    has have having he her here him his how i if in into is isn't it its itself just know let like
    long make made many me mean means more most much my name no nor not now of off often old on once one
    only or other our out over own people please same say says she should since so some such tell than
    that the their them then there these they this those through time to too under until up us use used
    very want was way we were what when where which while who whom whose why will with would year years
    you your first kind happen happens happened called ever`,
    { stem: true },
  ),
);
const HAN_STOP = new Set(
  foldHan(
    '一过共次的了是在有和与及或呢吗吧啊呀么什哪谁怎样多少几个为何因被把对从到向于就都也很又还要能会可以不没这那其之它他她们我你您请问来去上下里最第一种些此该',
  ),
);

function isStop(term: string): boolean {
  if (/^[\p{Script=Han}]+$/u.test(term)) return Array.from(term).every((one) => HAN_STOP.has(one));
  return STOP_WORDS.has(term) || (term.length === 1 && /[a-z]/u.test(term));
}

function contentTerms(text: string): string[] {
  return terms(text, { stem: true }).filter((term) => !isStop(term));
}

interface IndexedPage {
  readonly page: SamplePage;
  readonly counts: ReadonlyMap<string, number>;
  readonly length: number;
}

interface PageIndex {
  readonly pages: readonly IndexedPage[];
  readonly frequencies: ReadonlyMap<string, number>;
  readonly meanLength: number;
}

/** Builds the index, one page a turn of the event loop, so that nothing else waits for it. */
export async function indexPages(pages: readonly SamplePage[]): Promise<PageIndex> {
  const indexed: IndexedPage[] = [];
  const frequencies = new Map<string, number>();
  for (const page of pages) {
    const counts = new Map<string, number>();
    const add = (text: string, weight: number): void => {
      for (const term of contentTerms(text)) counts.set(term, (counts.get(term) ?? 0) + weight);
    };
    add(page.title, TITLE_WEIGHT);
    add(`${page.summary}\n${page.section}\n${plainText(page)}`, 1);
    for (const [label, value] of page.info) add(`${label} ${value}`, 1);
    let length = 0;
    for (const [term, count] of counts) {
      length += count;
      frequencies.set(term, (frequencies.get(term) ?? 0) + 1);
    }
    indexed.push({ page, counts, length });
    await nextTurn();
  }
  const total = indexed.reduce((sum, { length }) => sum + length, 0);
  return { pages: indexed, frequencies, meanLength: total / Math.max(1, indexed.length) };
}

const SITE_OPERATOR = /(?:^|\s)site:(\S+)/giu;

/** The words of a query without its `site:` operators, and the folders those name. */
function splitQuery(text: string): { readonly words: string; readonly sites: readonly string[] } {
  const sites = [...text.matchAll(SITE_OPERATOR)].map(([, value]) => (value ?? '').toLowerCase());
  return { words: text.replace(SITE_OPERATOR, ' ').trim(), sites };
}

/** True when a `site:` value names the page's folder; a value with our own address means any page. */
function onSite(page: SamplePage, site: string): boolean {
  return (
    site.includes(page.site) ||
    /^(?:https?:\/\/)?(?:127\.0\.0\.1|localhost)(?::\d+)?\/?$/u.test(site)
  );
}

/** Pages for a query, best first; an empty list when nothing matches well enough. */
export function searchPages(index: PageIndex, query: PageQuery): PageHit[] {
  const { words, sites } = splitQuery(query.text);
  const wanted = [...new Set(contentTerms(words))];
  if (wanted.length === 0) return [];
  const count = index.pages.length;
  const idf = (term: string): number => {
    const frequency = index.frequencies.get(term) ?? 0;
    return Math.log(1 + (count - frequency + 0.5) / (frequency + 0.5));
  };
  const unspaced = wanted.filter((term) => /\p{Script=Han}/u.test(term)).length;
  const minCoverage = unspaced * 2 > wanted.length ? MIN_COVERAGE.unspaced : MIN_COVERAGE.spaced;
  // A pair that no page holds and that has a function character in it mostly straddles two words.
  const straddles = (term: string): boolean =>
    !index.frequencies.has(term) && Array.from(term).some((one) => HAN_STOP.has(one));
  const total = wanted.reduce((sum, term) => sum + (straddles(term) ? 0.2 : 1) * idf(term), 0);
  const hits: { page: SamplePage; score: number }[] = [];
  for (const { page, counts, length } of index.pages) {
    if (sites.length > 0 && !sites.some((site) => onSite(page, site))) continue;
    if (query.since !== undefined && Date.parse(page.updated) < query.since) continue;
    let score = 0;
    let covered = 0;
    let matched = 0;
    for (const term of wanted) {
      const frequency = counts.get(term);
      if (frequency === undefined) continue;
      matched += 1;
      covered += idf(term);
      const saturation = frequency + K1 * (1 - B + (B * length) / index.meanLength);
      score += (idf(term) * frequency * (K1 + 1)) / saturation;
    }
    if (matched < Math.min(2, wanted.length) || covered < minCoverage * total) continue;
    const same = query.language !== undefined && sameLanguage(page, query.language);
    hits.push({ page, score: same ? score * 1.1 : score });
  }
  hits.sort((a, b) => b.score - a.score || (a.page.path < b.page.path ? -1 : 1));
  const best = hits[0]?.score ?? 0;
  return hits
    .filter(({ score }) => score >= MIN_OF_BEST * best)
    .slice(0, query.limit)
    .map(({ page, score }) => ({ page, score, snippet: snippetOf(page, new Set(wanted)) }));
}

function sameLanguage(page: SamplePage, language: string): boolean {
  return siteOf(page.site).language.slice(0, 2) === language.slice(0, 2).toLowerCase();
}

/** The paragraph with most of the query's terms, cut around the first of them. */
function snippetOf(page: SamplePage, wanted: ReadonlySet<string>): string {
  let best = page.summary;
  let bestMatches = 0;
  for (const sentence of plainText(page).split(/(?<=[.!?]\s)|(?<=[。！？])|\n+/u)) {
    const matches = new Set(contentTerms(sentence).filter((term) => wanted.has(term))).size;
    if (matches > bestMatches) [best, bestMatches] = [sentence, matches];
  }
  const text = best.trim();
  return text.length <= 240 ? text : `${text.slice(0, 237)}...`;
}
