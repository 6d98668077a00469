/**
 * The composition root: the one place that names concrete classes. It wires the rooms to the
 * pipeline, opens models lazily, and closes everything it opened.
 */
import { LocalGenerator } from '../generator/local-generator.ts';
import { extractiveDrafts } from '../generator/draft/extractive-draft.ts';
import { buildPrompt } from '../generator/prompt/build-prompt.ts';
import { ChildExtractor } from '../retriever/extract/child-extractor.ts';
import { CorpusFetcher } from '../retriever/search/corpus-fetcher.ts';
import { parseFetchAllow } from '../retriever/fetch/guard-policy.ts';
import { makeGuardedDispatcher } from '../retriever/fetch/guarded-dispatcher.ts';
import { CachingFetcher } from '../retriever/fetch/caching-fetcher.ts';
import { HttpFetcher } from '../retriever/fetch/http-fetcher.ts';
import { readPages } from '../retriever/fetch/read-pages.ts';
import { Renderer } from '../retriever/fetch/renderer.ts';
import { Robots } from '../retriever/fetch/robots.ts';
import { translationTarget } from '../retriever/rank/fusion/foreign-pages.ts';
import type { Ranker } from '../retriever/rank/ranker.ts';
import { providerStates, searchRouter } from '../retriever/search/configured-providers.ts';
import { textFragmentUrl } from '../scorer/citation/text-fragment-url.ts';
import { abstention } from '../scorer/abstain/abstention.ts';
import type { PipelineParts } from './answer/answer-pipeline.ts';
import { AnswerService } from './answer/answer-service.ts';
import { liveWebReachable } from './composition/live-web.ts';
import { openGenerator } from './composition/open-generator.ts';
import { openJudge } from './composition/open-judge.ts';
import { openCache } from './composition/open-cache.ts';
import { openRanker } from './composition/open-ranker.ts';
import { searchInLanguages } from './composition/search-in-languages.ts';
import { questionTranslator } from './composition/translate-question.ts';
import type { PageRenderer, WebTap } from './composition/web-seams.ts';
import type { Config } from './core/config.ts';
import { orAbort } from './core/deadline.ts';
import type { Warning } from './core/nouns.ts';
import type { Fetcher } from './core/seams.ts';
import type { PullProgress } from './runtime/models/model-download.ts';
import { ModelStore } from './runtime/models/model-store.ts';
import { startSampleWeb, type SampleWeb } from './sample-web/sample-web.ts';

export interface AppOptions {
  /** Ends start-up and all work. */
  readonly signal: AbortSignal;
  readonly onProgress?: ((progress: PullProgress) => void) | undefined;
  /** News for the user, one line each: offline, a model passed over, … */
  readonly onNotice?: ((message: string) => void) | undefined;
  /** Records what the web says, or stands in for it (`eval/run/warc`). */
  readonly web?: WebTap | undefined;
}

export interface App {
  readonly service: AnswerService;
  readonly parts: PipelineParts;
  /** True: the built-in sample web answers, asked for or for want of another. */
  readonly sample: boolean;
  /** Loads the models; answers wait for what they need anyway. */
  warm(): Promise<void>;
  /** Why the app is not ready, or null when it is. */
  notReady(): string | null;
  close(): Promise<void>;
}

/** Deadline of scoring and citing one question's drafts, and of ranking its passages. */
const JUDGE_TIMEOUT_MS = 30_000;
/** When this share of the pages is there after a third of their time, the rest is not waited for. */
const ENOUGH_SHARE = 0.6;
const RANK_TIMEOUT_MS = 60_000;

/** Takes the sample web when it is asked for, or when nothing is configured and no web is reached. */
async function chooseWeb(
  config: Config,
  options: AppOptions,
): Promise<{ readonly config: Config; readonly sample: SampleWeb | null }> {
  if (options.web?.offline === true) return { config, sample: null };
  const wanted = config.search.length === 1 && config.search[0] === 'sample';
  if (!wanted) {
    const configured =
      config.search.length > 0 ||
      providerStates(config).some(({ keyless, fix }) => !keyless && fix === null);
    if (configured) return { config, sample: null };
    const probe = makeGuardedDispatcher({ policy: parseFetchAllow(config.fetchAllow) });
    try {
      if (await liveWebReachable(config, probe, options)) return { config, sample: null };
    } finally {
      await probe.close();
    }
    options.onNotice?.(
      'offline: no search engine is reached; answering from the built-in sample web',
    );
  }
  const sample = await startSampleWeb({});
  return {
    sample,
    config: {
      ...config,
      search: ['searxng'],
      searxngUrl: sample.searchUrl,
      fetchAllow: [...config.fetchAllow, sample.allow],
    },
  };
}

/** @throws FootnoteError `config-invalid`, `search-unconfigured`, `cancelled` */
export async function createApp(userConfig: Config, options: AppOptions): Promise<App> {
  const { config, sample } = await chooseWeb(userConfig, options);
  const stop = new AbortController();
  const life = AbortSignal.any([options.signal, stop.signal]);
  const store = new ModelStore(config);
  const dispatcher = makeGuardedDispatcher({ policy: parseFetchAllow(config.fetchAllow) });
  // Extraction gets half of a page's time: 4 s as configured by default.
  const extractor = new ChildExtractor({ pageTimeoutMs: config.pageTimeoutMs / 2 });
  const { cache, scope } = openCache(config);
  const robots = config.ignoreRobots
    ? null
    : new Robots({ dispatcher, kept: cache === null ? undefined : { cache, scope } });
  const web = new HttpFetcher({
    dispatcher,
    robots,
    maxBytes: config.maxPageBytes,
    timeoutMs: config.pageTimeoutMs,
  });
  const cached =
    cache === null
      ? null
      : new CachingFetcher({
          fetcher: web,
          cache,
          scope,
          freshMs: config.pageCacheSeconds * 1_000,
        });
  const corpus =
    config.corpusDir === undefined
      ? null
      : new CorpusFetcher({ folder: config.corpusDir, maxBytes: config.maxPageBytes });
  const everywhere: Fetcher = {
    fetch: (url, call) =>
      corpus !== null && url.startsWith('file:')
        ? corpus.fetch(url, call)
        : (cached ?? web).fetch(url, call),
  };
  const fetcher = options.web?.fetcher(everywhere) ?? everywhere;
  const browser = new Renderer({
    dispatcher,
    robots,
    chromiumPath: config.chromiumPath,
    timeoutMs: config.pageTimeoutMs,
    maxBytes: config.maxPageBytes,
  });
  const renderer: PageRenderer = options.web?.renderer(browser) ?? browser;
  const router = searchRouter(config, {
    extractor,
    cache,
    tap: options.web === undefined ? undefined : (live) => options.web?.search(live) ?? live,
  });
  const judge = openJudge(config, store, { signal: life });

  // Models are opened once, by whoever needs them first; a generator that failed is tried again by the next.
  const openWarnings: Warning[] = [];
  let reading: Promise<void> | null = null;
  const openExtractor = (): Promise<void> => {
    // An extractor that cannot start fails page by page, where it is reported.
    reading ??= extractor.warmUp({ signal: life }).catch(() => undefined);
    return reading;
  };
  let ranker: Promise<Ranker> | null = null;
  const openReader = (): Promise<Ranker> => {
    ranker ??= openRanker(config, store, { ...options, signal: life }).then((opened) => {
      openWarnings.push(...opened.warnings);
      return opened.ranker;
    });
    return ranker;
  };
  // Ahead of its time, where a ranker is there already; its own failure is told by `references`.
  const prepare = (...coming: Parameters<Ranker['prepare']>): void => {
    ranker?.then(
      (one) => one.prepare(...coming),
      () => undefined,
    );
  };
  let generator: Promise<LocalGenerator | null> | null = null;
  const openWriter = (): Promise<LocalGenerator | null> => {
    // After the embedder, so that two downloads do not share one progress line.
    generator ??= openReader()
      .then(() => openGenerator(config, store, { ...options, signal: life }))
      .then(
        (opened) => {
          openWarnings.push(...opened.warnings);
          return opened.generator;
        },
        (error: unknown) => {
          generator = null;
          throw error;
        },
      );
    return generator;
  };

  const translate = questionTranslator(({ signal }) => orAbort(openWriter(), signal));
  const parts: PipelineParts = {
    search: (question, call) => {
      prepare({ question: question.text }, call.signal);
      return searchInLanguages(question, router, translate, call);
    },
    readPages: async (results, { signal, onPage }) => {
      // A cold start takes seconds: it must not eat the deadline of the pages.
      await orAbort(openExtractor(), signal);
      const read = await readPages(
        results,
        { fetcher, extractor, renderer },
        {
          signal,
          deadlineMs: config.pagesTimeoutMs,
          pageTimeoutMs: config.pageTimeoutMs,
          patience: {
            afterMs: config.pagesTimeoutMs / 3,
            pages: Math.max(3, Math.ceil(results.length * ENOUGH_SHARE)),
          },
          onPage: (outcome) => {
            if ('failure' in outcome) onPage(outcome.url, null, outcome.failure);
            else {
              const { document } = outcome;
              prepare({ document }, signal);
              onPage(outcome.url, document.title, null);
            }
          },
        },
      );
      return { ...read, warnings: openWarnings };
    },
    references: async (question, documents, { signal, maxReferences }) => {
      const target = translationTarget(question.text, documents);
      const [one, translation] = await Promise.all([
        openReader(),
        target === null ? null : translate(question.text, target, { signal }),
      ]);
      const timeoutMs = RANK_TIMEOUT_MS;
      return one.references(question, documents, { maxReferences, signal, timeoutMs, translation });
    },
    prompt: (question, references) => buildPrompt('direct', { question, references }),
    extractiveDrafts,
    generator: ({ signal }) => orAbort(openWriter(), signal),
    judge: (input, { signal }) =>
      judge.judge(
        { ...input, question: input.question.text, language: input.question.language },
        { signal, timeoutMs: JUDGE_TIMEOUT_MS },
      ),
    abstention: (question, references, premise) =>
      abstention(references, question.language, premise),
    linkTo: textFragmentUrl,
  };
  const service = new AnswerService(parts, config);
  let state: string | null = 'the models are still loading';

  return {
    service,
    parts,
    sample: sample !== null,
    warm: async () => {
      // In the order in which a question needs them: side by side they would slow each other down.
      await openExtractor();
      await (await openReader()).warm(life);
      await Promise.all([
        judge.warm({ signal: life }),
        openWriter().then((one) => one?.warm(life)),
      ]);
      state = null;
    },
    notReady: () => state,
    close: async () => {
      state = 'the service is stopping';
      stop.abort();
      await Promise.allSettled([
        ranker?.then((one) => one.close()),
        generator?.then((one) => one?.close()),
        judge.close(),
        router.close(),
        browser.close(),
        extractor.close(),
        sample?.close(),
        cached?.close(),
      ]);
      await cache?.close();
      await dispatcher.close();
    },
  };
}
