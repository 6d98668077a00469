/**
 * Search results to documents: fetched and extracted side by side, each page as it comes, under one
 * deadline for the whole set. The answer starts from the pages that came in time.
 */
import { createHash } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { abortReason, deadline, orAbort } from '../../src/core/deadline.ts';
import { FootnoteError, toFootnoteError } from '../../src/core/errors.ts';
import type { Document, FetchedPage, PageFailure, SearchResult } from '../../src/core/nouns.ts';
import type { Extractor, Fetcher } from '../../src/core/seams.ts';
import { isJavascriptShell } from './javascript-shell.ts';
import { PendingClock } from './pending-clock.ts';
import type { Renderer } from './renderer.ts';

export interface ReadPagesDeps {
  readonly fetcher: Fetcher;
  readonly extractor: Extractor;
  /** Null: pages that need a browser are read without one. */
  readonly renderer: Pick<Renderer, 'render'> | null;
}

/** What became of one page. */
export type PageOutcome =
  | {
      readonly url: string;
      readonly result: SearchResult;
      readonly document: Document;
      /** Read, but less well than it might have been: no browser for its scripts. */
      readonly warning: PageFailure | null;
    }
  | { readonly url: string; readonly result: SearchResult; readonly failure: PageFailure };

export interface ReadPagesOptions {
  readonly signal: AbortSignal;
  /** For the whole set. */
  readonly deadlineMs: number;
  /** For one page: fetching, rendering and extracting. */
  readonly pageTimeoutMs: number;
  /** Called once for each page, as it ends; never after `readPages` has returned. */
  readonly onPage?: ((outcome: PageOutcome) => void) | undefined;
  /** The reader's language (BCP 47). */
  readonly language?: string | undefined;
  /** Pages fetched at a time; default 12. */
  readonly concurrency?: number | undefined;
  /** Pages fetched at a time from one host; default 3. */
  readonly perHost?: number | undefined;
  /**
   * Never wait for the slowest: once `afterMs` have passed and `pages` documents are there, the others
   * count as late.
   */
  readonly patience?: { readonly afterMs: number; readonly pages: number } | undefined;
  /** Asked after each document with all so far, in result order; true ends the reading early. */
  readonly enough?: ((documents: readonly Document[]) => boolean) | undefined;
}

export interface ReadPagesResult {
  /** In the order of the results, none twice by its text. */
  readonly documents: readonly Document[];
  /**
   * In the order of the results, warnings of pages that were read all the same included; pages
   * dropped because `enough` was reached are no failures.
   */
  readonly failures: readonly PageFailure[];
  readonly timings: {
    /** Wall time during which at least one page waited on the network (or the browser). */
    readonly fetchMs: number;
    /** Wall time during which no page waited on the network and at least one on extraction. */
    readonly extractMs: number;
  };
}

type Stage = PageFailure['stage'];

/**
 * Reads the pages of the results.
 * @throws FootnoteError only `cancelled` (or the signal's own typed reason); what fails for one page
 *   is a `PageFailure`. Work that is late is cancelled, and its outcome goes nowhere.
 */
export async function readPages(
  results: readonly SearchResult[],
  deps: ReadPagesDeps,
  options: ReadPagesOptions,
): Promise<ReadPagesResult> {
  if (options.signal.aborted) throw abortReason(options.signal);
  const started = performance.now();
  const limit = deadline(options.deadlineMs, options.signal);
  const hurry = new AbortController();
  // Ends all pages when the set is complete enough, or late.
  const stop = new AbortController();
  setMaxListeners(0, stop.signal, limit.signal);
  const clock = new PendingClock();
  const outcomes = new Map<number, PageOutcome>();
  const stages = new Map<number, Stage>();
  let open = true;
  let satisfied = false;

  const { patience } = options;
  const hurryUp = (): void => {
    if (patience === undefined || performance.now() - started < patience.afterMs) return;
    if (documentsOf(outcomes).length >= patience.pages) hurry.abort();
  };
  const timer = patience === undefined ? undefined : setTimeout(hurryUp, patience.afterMs + 1);

  const settle = (index: number, outcome: PageOutcome): void => {
    if (!open || satisfied || outcomes.has(index)) return;
    outcomes.set(index, outcome);
    options.onPage?.(outcome);
    hurryUp();
    if ('document' in outcome && options.enough?.(documentsOf(outcomes)) === true) {
      satisfied = true;
      stop.abort(new FootnoteError('cancelled', 'enough pages were read'));
    }
  };

  const readOne = async (index: number, result: SearchResult): Promise<void> => {
    const page = deadline(options.pageTimeoutMs, stop.signal);
    try {
      const outcome = await readPage(result, deps, {
        signal: page.signal,
        language: options.language,
        clock,
        onStage: (stage) => stages.set(index, stage),
      });
      settle(index, outcome);
    } catch (error) {
      settle(index, failure(result, stages.get(index) ?? 'fetch', error));
    } finally {
      page.clear();
    }
  };

  const all = inTurn(results, options, readOne, () => open && !stop.signal.aborted);
  try {
    await Promise.race([orAbort(all, limit.signal), ended(stop.signal), ended(hurry.signal)]);
    if (hurry.signal.aborted) {
      results.forEach((result, index) => {
        settle(index, failure(result, stages.get(index) ?? 'fetch', slow(started)));
      });
    }
  } catch (error) {
    if (options.signal.aborted) {
      open = false;
      stop.abort(abortReason(options.signal));
      throw abortReason(options.signal);
    }
    // The set's deadline: what is there is there.
    results.forEach((result, index) => {
      settle(index, failure(result, stages.get(index) ?? 'fetch', late(error, options.deadlineMs)));
    });
  } finally {
    open = false;
    clearTimeout(timer);
    limit.clear();
    if (!satisfied) stop.abort(new FootnoteError('timeout', 'the other pages are being read'));
  }
  const { networkMs, extractionOnlyMs } = clock.read();
  return {
    documents: documentsOf(outcomes),
    failures: inOrder(outcomes).flatMap((outcome) =>
      'failure' in outcome ? outcome.failure : (outcome.warning ?? []),
    ),
    timings: { fetchMs: networkMs, extractMs: extractionOnlyMs },
  };
}

/** Starts the pages in their order, as many at a time as allowed; resolves when all have ended. */
function inTurn(
  results: readonly SearchResult[],
  options: ReadPagesOptions,
  readOne: (index: number, result: SearchResult) => Promise<void>,
  goesOn: () => boolean,
): Promise<void> {
  const { concurrency = 12, perHost = 3 } = options;
  const waiting = results.map((result, index) => ({ result, index, host: hostOf(result.url) }));
  const busy = new Map<string, number>();
  let active = 0;
  return new Promise((resolve) => {
    const pump = (): void => {
      while (goesOn() && active < concurrency) {
        const place = waiting.findIndex(({ host }) => (busy.get(host) ?? 0) < perHost);
        const [next] = place < 0 ? [] : waiting.splice(place, 1);
        if (next === undefined) break;
        active += 1;
        busy.set(next.host, (busy.get(next.host) ?? 0) + 1);
        void readOne(next.index, next.result).finally(() => {
          active -= 1;
          busy.set(next.host, (busy.get(next.host) ?? 1) - 1);
          pump();
        });
      }
      if (active === 0 && (waiting.length === 0 || !goesOn())) resolve();
    };
    pump();
  });
}

interface PageRun {
  readonly signal: AbortSignal;
  readonly language: string | undefined;
  readonly clock: PendingClock;
  readonly onStage: (stage: Stage) => void;
}

/** One page: fetched, extracted, and rendered when it turns out to be a shell. */
async function readPage(
  result: SearchResult,
  deps: ReadPagesDeps,
  run: PageRun,
): Promise<PageOutcome> {
  const call = { signal: run.signal };
  run.onStage('fetch');
  const page = await run.clock.during(
    'network',
    deps.fetcher.fetch(result.url, { ...call, language: run.language }),
  );
  const plain = await tryExtract(page, deps, run);
  if (!isJavascriptShell(page, plain.document?.text ?? '')) {
    if (plain.document === null) throw plain.error;
    const warning = page.cut === true ? failure(result, 'fetch', cutOff()).failure : null;
    return success(result, plain.document, warning);
  }
  try {
    run.onStage('render');
    if (deps.renderer === null) {
      throw new FootnoteError('render-unavailable', 'the page needs JavaScript');
    }
    const rendered = await run.clock.during('network', deps.renderer.render(page.finalUrl, call));
    const built = await tryExtract({ ...rendered, url: page.url }, deps, run);
    if (built.document === null) throw built.error;
    const before = plain.document;
    const better = before === null || built.document.text.length >= before.text.length;
    return success(result, better ? built.document : before);
  } catch (error) {
    if (plain.document === null) throw error;
    // What the plain page says still counts; that more was not to be had is a warning.
    return success(result, plain.document, failure(result, 'render', error).failure);
  }
}

async function tryExtract(
  page: FetchedPage,
  deps: ReadPagesDeps,
  run: PageRun,
): Promise<
  | { readonly document: Document; readonly error: null }
  | { readonly document: null; readonly error: FootnoteError }
> {
  run.onStage('extract');
  try {
    const document = await run.clock.during(
      'extraction',
      deps.extractor.extract(page, { signal: run.signal }),
    );
    if (document.text.trim() !== '') return { document, error: null };
    return { document: null, error: new FootnoteError('extract-failed', 'no text in the page') };
  } catch (error) {
    const typed = toFootnoteError(error, 'extract-failed');
    // Only an empty page may be a shell; a hopeless one is not worth a browser.
    if (typed.code !== 'extract-failed') throw typed;
    return { document: null, error: typed };
  }
}

/** The page's own title and date first; the search engine's where it has none. */
function success(
  result: SearchResult,
  document: Document,
  warning: PageFailure | null = null,
): PageOutcome {
  return {
    url: result.url,
    result,
    document: {
      ...document,
      title: document.title.trim() === '' ? result.title : document.title,
      publishedAt: document.publishedAt ?? result.publishedAt,
    },
    warning,
  };
}

function failure(result: SearchResult, stage: Stage, thrown: unknown) {
  const { code, message } = toFootnoteError(
    thrown,
    stage === 'extract' ? 'extract-failed' : 'fetch-failed',
  );
  return { url: result.url, result, failure: { url: result.url, stage, code, message } };
}

function cutOff(): FootnoteError {
  return new FootnoteError(
    'fetch-failed',
    'the connection was lost before the page had come whole; what came was read',
  );
}

function slow(started: number): FootnoteError {
  const ms = Math.round(performance.now() - started);
  return new FootnoteError(
    'timeout',
    `not waited for: enough other pages were there after ${ms} ms`,
  );
}

function late(error: unknown, deadlineMs: number): FootnoteError {
  return new FootnoteError('timeout', `not there within ${deadlineMs} ms, the time for all pages`, {
    cause: error,
  });
}

function inOrder(outcomes: ReadonlyMap<number, PageOutcome>): PageOutcome[] {
  return [...outcomes].toSorted(([a], [b]) => a - b).map(([, outcome]) => outcome);
}

/** Documents in the order of their results; of those with the same text, the first. */
function documentsOf(outcomes: ReadonlyMap<number, PageOutcome>): Document[] {
  const seen = new Set<string>();
  return inOrder(outcomes).flatMap((outcome) => {
    if (!('document' in outcome)) return [];
    const { document } = outcome;
    const key = createHash('sha256')
      .update(document.text.replace(/\s+/gu, ' ').trim())
      .digest('base64');
    if (seen.has(key)) return [];
    seen.add(key);
    return [document];
  });
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : '';
}

/** Resolves when the signal aborts. */
function ended(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
