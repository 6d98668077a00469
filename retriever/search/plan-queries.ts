import { keywords } from './keywords.ts';

export interface PlannedQueries {
  /** One to three texts for the search box, the most faithful first. */
  readonly texts: readonly string[];
}

/** Queries of one question, all together. */
const MOST_QUERIES = 3;

/**
 * What to type into the search box for a question: the question as it stands, its dates resolved already;
 * and, for a question in Chinese, Japanese or Korean with names or numbers in Latin letters, those alone,
 * which find pages in other languages. Sites and freshness are the provider's business. A question of two
 * parts is also searched for part by part; of more, as a whole only.
 *
 * Bare keywords are no query of their own: engines weigh words themselves, and those that require
 * every word (MediaWiki, the local index) are given keywords by their providers.
 * @param parts the questions it is made of, each by itself
 */
export function planQueries(question: string, parts: readonly string[] = []): PlannedQueries {
  const whole = question.trim();
  const texts = [whole];
  const latin = latinNames(whole);
  if (parts.length > 1 && parts.length < MOST_QUERIES) texts.push(...parts);
  else if (latin !== null && latin.toLowerCase() !== whole.toLowerCase()) texts.push(latin);
  return { texts: [...new Set(texts)] };
}

/** Names and numbers in Latin letters of a question in Han, kana or Hangul; null without a name. */
function latinNames(text: string): string | null {
  if (!/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u.test(text)) {
    return null;
  }
  const words = text.match(/[\p{Script=Latin}\d][\p{Script=Latin}\p{M}\d.+#&'’-]*/gu) ?? [];
  const names = words.filter((word) => /\p{Script=Latin}{3}/u.test(word));
  if (names.length === 0) return null;
  return keywords(words.map((word) => word.replace(/(?<![.'’-])[.'’-]+$/u, '')).join(' '));
}
