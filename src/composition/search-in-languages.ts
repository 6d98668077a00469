/** Search by the planned queries; where the question's own language yields little, in English as well. */
import { mainScript } from '../../retriever/rank/dense/dense-ranks.ts';
import { planQueries } from '../../retriever/search/plan-queries.ts';
import type { SearchOutcome } from '../../retriever/search/search-all.ts';
import type { SearchRouter } from '../../retriever/search/search-router.ts';
import { abortReason } from '../core/deadline.ts';
import type { Question } from '../core/nouns.ts';
import type { CallOptions } from '../core/seams.ts';
import type { TranslateQuestion } from './translate-question.ts';

/** Fewer results than this are little. */
const LITTLE = 3;

/**
 * Costs nothing where the first search finds enough, or the question is in Latin letters.
 * @throws FootnoteError as `searchAll`
 */
export async function searchInLanguages(
  question: Question,
  router: Pick<SearchRouter, 'search'>,
  translate: TranslateQuestion,
  options: CallOptions & { readonly limit: number },
): Promise<SearchOutcome> {
  const { signal, limit } = options;
  const { freshness, sites } = question;
  const search = (text: string, language: string): Promise<SearchOutcome> => {
    const { texts } = planQueries(text, new Date(question.askedAt));
    const queries = texts.map((one) => ({ text: one, language, freshness, sites, limit }));
    return router.search(queries, { signal });
  };
  const own = await search(question.text, question.language);
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
