/** The first half of the pipeline: search, read pages, rank passages. `POST /v1/search` is this alone. */
import { EventChannel } from '../core/event-channel.ts';
import type { Document, PageFailure, Question, Reference, Warning } from '../core/nouns.ts';
import { Stopwatch } from '../core/stopwatch.ts';
import type { ProgressEvent } from './answer-body.ts';
import type { PipelineOptions, PipelineParts } from './pipeline-parts.ts';
import { numberReferences } from './present/keep-numbers.ts';
import { publicReference } from './present/public-reference.ts';

export interface FoundReferences {
  /** Numbered 1..k, in order of number. */
  readonly references: readonly Reference[];
  /** 0..1: that they hold an answer, by the ranker. */
  readonly answerability: number;
  /** What was searched for; empty where known pages were enough. */
  readonly queries: readonly string[];
  /** The pages that the references were chosen from. */
  readonly documents: readonly Document[];
  /** What went wrong on the way: providers, pages, models. */
  readonly warnings: readonly Warning[];
}

/** From this answerability on, the pages that were read before are enough and nothing is searched for. */
const SURE_WITHOUT_SEARCH = 0.9;

/**
 * Yields `search-end`, `page-end` for each page, `references`.
 * @throws FootnoteError when the search failed, or on cancel
 */
export async function* findReferences(
  question: Question,
  parts: PipelineParts,
  options: PipelineOptions,
  watch = new Stopwatch(),
): AsyncGenerator<ProgressEvent, FoundReferences> {
  const { signal, readBefore = [], maxReferences, earlier = new Map() } = options;
  const rank = async (documents: readonly Document[]) => {
    const ranked = await watch.time('rank', () =>
      parts.references(question, documents, { signal, maxReferences }),
    );
    const { answerability, warnings = [] } = ranked;
    const references = numberReferences(ranked.references, earlier);
    return { references, answerability, warnings, documents };
  };
  const known = readBefore.length === 0 ? null : await rank(readBefore);
  const enough = options.onlyKnown === true || (known?.answerability ?? 0) >= SURE_WITHOUT_SEARCH;
  if (known !== null && enough) {
    yield { type: 'references', references: known.references.map(publicReference) };
    return { ...known, queries: [] };
  }
  const found = await watch.time('search', () =>
    parts.search(question, { signal, limit: options.maxResults }),
  );
  const results = found.results.filter(({ url }) => !isExcluded(url, question.excludedSites));
  yield { type: 'search-end', queries: found.queries, results };
  const events = new EventChannel<ProgressEvent>();
  const reading = parts.readPages(results, {
    signal,
    language: question.language,
    onPage: (url, title, failure) => {
      events.push({ type: 'page-end', url, title, failure });
    },
  });
  reading.then(
    () => events.close(),
    (error: unknown) => events.close({ error }),
  );
  yield* events;
  const pages = await reading;
  watch.add('fetch', pages.timings.fetchMs);
  watch.add('extract', pages.timings.extractMs);
  // What was read before counts as well as what is new: the follow-up may ask of both.
  const fresh = new Set(pages.documents.map(({ url }) => url));
  const ranked = await rank([
    ...pages.documents,
    ...readBefore.filter(({ url }) => !fresh.has(url)),
  ]);
  yield { type: 'references', references: ranked.references.map(publicReference) };
  const warnings = [
    ...found.warnings,
    ...pages.warnings,
    ...pages.failures.map(pageWarning),
    ...ranked.warnings,
  ];
  return { ...ranked, queries: found.queries, warnings };
}

function isExcluded(url: string, hosts: readonly string[] = []): boolean {
  if (hosts.length === 0 || !URL.canParse(url)) return false;
  const { hostname } = new URL(url);
  return hosts.some((host) => hostname === host || hostname.endsWith(`.${host}`));
}

function pageWarning(failure: PageFailure): Warning {
  return { code: failure.code, message: `${failure.url}: ${failure.message}` };
}
