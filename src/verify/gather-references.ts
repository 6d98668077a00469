/** What a text is checked against: given texts, pages read through the guard, or what a search finds. */
import { EventChannel } from '../core/event-channel.ts';
import { FootnoteError } from '../core/errors.ts';
import type { Document, SearchResult, Warning } from '../core/nouns.ts';
import { questionLanguage } from '../core/question-language.ts';
import type { CallOptions } from '../core/seams.ts';
import type { VerifyEvent, VerifyReference, VerifyRequest } from './verification.ts';
import type { TextClaim, VerifyParts } from './verify-parts.ts';

/** Searches for one text. A long text is searched for by sentences spread over it. */
const MOST_SEARCHES = 10;
const RESULTS_A_SEARCH = 3;
const MOST_PAGES = 20;
/** Characters of a sentence that are searched for. */
const QUERY_CHARACTERS = 200;

interface Gathered {
  readonly references: readonly VerifyReference[];
  readonly warnings: readonly Warning[];
}

/**
 * Yields `page-end` for each page.
 * @throws FootnoteError `search-failed` and the like, `bad-request` when no page could be read, on cancel
 */
export async function* gatherReferences(
  request: VerifyRequest,
  claims: readonly TextClaim[],
  parts: VerifyParts,
  options: CallOptions,
): AsyncGenerator<VerifyEvent, Gathered> {
  const { references, urls } = request;
  if (references !== undefined) {
    return {
      references: references.map(({ title = '', url, text }, index) => ({
        number: index + 1,
        url: url ?? null,
        title,
        site: siteOf(url),
        published_at: null,
        fetched_at: null,
        text,
      })),
      warnings: [],
    };
  }
  if (urls !== undefined) {
    const asked = urls.map((url, index) => ({ ...blankResult(url), rank: index + 1 }));
    const { documents, warnings } = yield* readAll(asked, parts, options);
    // A page keeps the number of its URL: the text's own [n] mean places in that list.
    return {
      references: asked.map(({ url, rank }) => {
        const page = documents.find((one) => one.url === url || one.canonicalUrl === url);
        return page === undefined ? { ...emptyPage(url), number: rank } : pageOf(page, rank);
      }),
      warnings,
    };
  }
  const found = await searchFor(request, claims, parts, options);
  const { documents, warnings } = yield* readAll(found.results, parts, options);
  return {
    references: documents.map((page, index) => pageOf(page, index + 1)),
    warnings: [...found.warnings, ...warnings],
  };
}

async function searchFor(
  { text, question }: VerifyRequest,
  claims: readonly TextClaim[],
  parts: VerifyParts,
  { signal }: CallOptions,
): Promise<{ readonly results: SearchResult[]; readonly warnings: Warning[] }> {
  const language = await questionLanguage(question ?? text.slice(0, 1_000));
  const wanted = claims.filter(({ claim }) => claim.length > 20).map(({ claim }) => claim);
  const step = Math.max(1, wanted.length / MOST_SEARCHES);
  const spread = Array.from(
    { length: Math.min(MOST_SEARCHES, wanted.length) },
    (_, index) => wanted[Math.floor(index * step)] as string,
  );
  const queries = [...(question === undefined ? [] : [question]), ...spread];
  const results = new Map<string, SearchResult>();
  const warnings = new Map<string, Warning>();
  let failure: unknown = null;
  for (const query of queries) {
    if (results.size >= MOST_PAGES) break;
    try {
      const found = await parts.search(
        {
          text: query.slice(0, QUERY_CHARACTERS),
          language: language.split('-')[0] ?? language,
          askedAt: new Date().toISOString(),
          sites: [],
        },
        { signal, limit: RESULTS_A_SEARCH },
      );
      for (const one of found.results) if (!results.has(one.url)) results.set(one.url, one);
      for (const one of found.warnings) warnings.set(`${one.code} ${one.message}`, one);
    } catch (error) {
      if (signal.aborted) throw error;
      failure = error;
    }
  }
  if (results.size === 0 && failure !== null) throw failure as Error;
  return { results: [...results.values()].slice(0, MOST_PAGES), warnings: [...warnings.values()] };
}

async function* readAll(
  results: readonly SearchResult[],
  parts: VerifyParts,
  { signal }: CallOptions,
): AsyncGenerator<
  VerifyEvent,
  { readonly documents: readonly Document[]; readonly warnings: readonly Warning[] }
> {
  if (results.length === 0) return { documents: [], warnings: [] };
  const events = new EventChannel<VerifyEvent>();
  const reading = parts.readPages(results, {
    signal,
    onPage: (url, title, failure) => {
      events.push({ type: 'page-end', url, title, failure: failure?.code ?? null });
    },
  });
  reading.then(
    () => events.close(),
    (error: unknown) => events.close({ error }),
  );
  yield* events;
  const { documents, failures, warnings } = await reading;
  if (documents.length === 0) {
    const said = failures.map(({ url, message }) => `${url}: ${message}`).join('; ');
    throw new FootnoteError('fetch-failed', `none of the pages could be read: ${said}`, {
      stage: 'fetch',
    });
  }
  return {
    documents,
    warnings: [
      ...warnings,
      ...failures.map(({ code, url, message }) => ({ code, message: `${url}: ${message}` })),
    ],
  };
}

const blankResult = (url: string): SearchResult => ({
  url,
  title: '',
  snippet: '',
  publishedAt: null,
  provider: 'verify',
  rank: 1,
});

const siteOf = (url: string | undefined): string =>
  url !== undefined && URL.canParse(url) ? new URL(url).hostname.replace(/^www\./u, '') : '';

const emptyPage = (url: string): VerifyReference => ({
  number: 0,
  url,
  title: '',
  site: siteOf(url),
  published_at: null,
  fetched_at: null,
  text: '',
});

const pageOf = (page: Document, number: number): VerifyReference => ({
  number,
  url: page.url,
  title: page.title,
  site: page.site,
  published_at: page.publishedAt,
  fetched_at: page.fetchedAt,
  text: page.text,
});
