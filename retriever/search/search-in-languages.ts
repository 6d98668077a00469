/** Search by the planned queries; where the question's own language yields little, in English as well. */
import { abortReason } from '../../src/core/deadline.ts';
import type { Question } from '../../src/core/nouns.ts';
import type { CallOptions } from '../../src/core/seams.ts';
import { mainScript } from '../rank/dense/dense-ranks.ts';
import { planQueries } from './plan-queries.ts';
import type { SearchOutcome } from './search-all.ts';
import type { SearchRouter } from './search-router.ts';

/** A question in English; null where there is no translation in time. Throws only `cancelled`. */
export type TranslateToEnglish = (
  question: string,
  target: 'en',
  options: CallOptions,
) => Promise<string | null>;

/** Fewer results than this are little. */
const LITTLE = 3;
/** Results of a question of several parts, of those of one: .76 of two facts are in ten pages, .89 in fifteen. */
const WITH_PARTS = 1.5;

/**
 * Costs nothing where the first search finds enough, or the question is in Latin letters.
 * @throws FootnoteError as `searchAll`
 */
export async function searchInLanguages(
  question: Question,
  router: Pick<SearchRouter, 'search'>,
  translate: TranslateToEnglish,
  options: CallOptions & {
    readonly limit: number;
    /** The questions it is made of, each by itself. */
    readonly parts?: readonly string[] | undefined;
  },
): Promise<SearchOutcome> {
  const { signal, limit } = options;
  const { freshness, sites } = question;
  const search = (
    text: string,
    language: string,
    parts: readonly string[] = [],
  ): Promise<SearchOutcome> => {
    const { texts } = planQueries(text, parts);
    // Each part needs room for pages of its own.
    const most = parts.length === 0 ? limit : Math.ceil(limit * WITH_PARTS);
    const queries = texts.map((one) => ({ text: one, language, freshness, sites, limit: most }));
    return router.search(queries, { signal });
  };
  const own = await search(question.text, question.language, options.parts);
  const script = mainScript(question.text);
  if (own.results.length >= LITTLE || script === null || script === 'Latin') return own;
  const translation = await translate(question.text, 'en', { signal });
  if (translation === null) return own;
  const more = await search(translation, 'en').catch(() => null);
  if (signal.aborted) throw abortReason(signal);
  if (more === null) return own;
  const known = new Set(own.results.map(({ url }) => url));
  const fresh = more.results.filter(({ url }) => !known.has(url));
  return {
    queries: [...own.queries, ...more.queries],
    results: [...own.results, ...fresh].slice(0, limit),
    warnings: [...own.warnings, ...more.warnings],
  };
}
