import { keywords } from './keywords.ts';

export interface PlannedQueries {
  /** One to three texts for the search box, the most faithful first. */
  readonly texts: readonly string[];
}

/**
 * What to type into the search box for a question: the question with its dates resolved ("last year"
 * means a year, seen from `now`); and, for a question in Chinese, Japanese or Korean with names or
 * numbers in Latin letters, those alone, which find pages in other languages. Sites and freshness are
 * the provider's business.
 *
 * Bare keywords are no query of their own: engines weigh words themselves, and those that require
 * every word (MediaWiki, the local index) are given keywords by their providers.
 * @param now when the question was asked: what "today" means
 */
export function planQueries(question: string, now: Date): PlannedQueries {
  const resolved = resolveDates(question.trim(), now);
  const texts = [resolved];
  const latin = latinNames(resolved);
  if (latin !== null && latin.toLowerCase() !== resolved.toLowerCase()) texts.push(latin);
  return { texts };
}

const MONTHS =
  'January February March April May June July August September October November December'.split(
    ' ',
  );
type Resolve = (now: Date) => string;
const year =
  (offset: number): Resolve =>
  (now) =>
    String(now.getUTCFullYear() + offset);
const shifted = (now: Date, months: number, days: number): Date =>
  new Date(
    Date.UTC(
      now.getUTCFullYear(),
      now.getUTCMonth() + months,
      months === 0 ? now.getUTCDate() + days : 1,
    ),
  );
const englishMonth =
  (offset: number): Resolve =>
  (now) => {
    const date = shifted(now, offset, 0);
    return `${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
  };
const englishDay =
  (offset: number): Resolve =>
  (now) => {
    const date = shifted(now, 0, offset);
    return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
  };
const hanYear =
  (offset: number): Resolve =>
  (now) =>
    `${now.getUTCFullYear() + offset}年`;
const hanMonth =
  (offset: number): Resolve =>
  (now) => {
    const date = shifted(now, offset, 0);
    return `${date.getUTCFullYear()}年${date.getUTCMonth() + 1}月`;
  };
const hanDay =
  (offset: number): Resolve =>
  (now) => {
    const date = shifted(now, 0, offset);
    return `${date.getUTCFullYear()}年${date.getUTCMonth() + 1}月${date.getUTCDate()}日`;
  };

/**
 * Words that mean a date. The possessive stays ("last year's winner" → "2025's winner" reads as an
 * engine reads it); "the last year of", "a year ago today" and titles in quotation marks are left alone.
 */
const DATES: readonly (readonly [RegExp, Resolve])[] = [
  [/\b(?<!the )last year\b(?! of\b)/giu, year(-1)],
  [/\b(?<!of )this year\b/giu, year(0)],
  [/\bnext year\b/giu, year(1)],
  [/\blast month\b(?! of\b)/giu, englishMonth(-1)],
  [/\bthis month\b/giu, englishMonth(0)],
  [/\bnext month\b/giu, englishMonth(1)],
  [/\byesterday\b/giu, englishDay(-1)],
  [/\btomorrow\b/giu, englishDay(1)],
  [/前年/gu, hanYear(-2)],
  [/去年|昨年|작년/gu, hanYear(-1)],
  [/今年|올해/gu, hanYear(0)],
  [/明年|来年|來年|내년/gu, hanYear(1)],
  [/上个?月|上個月|先月/gu, hanMonth(-1)],
  [/这个?月|這個月|本月|今月/gu, hanMonth(0)],
  [/下个月|下個月|来月/gu, hanMonth(1)],
  [/昨天|昨日/gu, hanDay(-1)],
  [/明天|明日/gu, hanDay(1)],
];

/** The text with words such as "last year" or 去年 replaced by the year, month or day they mean. */
function resolveDates(text: string, now: Date): string {
  // Titles keep their words: "Last Year at Marienbad", 《去年烟花特别多》.
  return text.replace(/"[^"]*"|“[^”]*”|《[^》]*》|「[^」]*」|[^"“《「]+|["“《「]/gu, (part) =>
    /^["“《「]./u.test(part)
      ? part
      : DATES.reduce(
          (rest, [words, resolve]) =>
            rest.replace(words, (found) => (isTitle(found) ? found : resolve(now))),
          part,
        ),
  );
}

/** Two capitals inside ("Last Year"): a name rather than a date. */
const isTitle = (found: string): boolean => /\p{Lu}\p{Ll}+ \p{Lu}/u.test(found);

/** Names and numbers in Latin letters of a question in Han, kana or Hangul; null without a name. */
function latinNames(text: string): string | null {
  if (!/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u.test(text)) {
    return null;
  }
  const words = text.match(/[\p{Script=Latin}\d][\p{Script=Latin}\p{M}\d.+#&'’-]*/gu) ?? [];
  const names = words.filter((word) => /\p{Script=Latin}{3}/u.test(word));
  if (names.length === 0) return null;
  return keywords(words.map((word) => word.replace(/[.'’-]+$/u, '')).join(' '));
}
