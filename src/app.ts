/**
 * The composition root: the one place that names concrete classes. It wires the rooms to the
 * pipeline, opens models lazily, and closes everything it opened.
 */
import { extractiveDrafts } from '../generator/draft/extractive-draft.ts';
import { buildPrompt } from '../generator/prompt/build-prompt.ts';
import { writePrompt } from '../generator/prompt/write-prompt.ts';
import { questionTranslator } from '../generator/prompt/translate-question.ts';
import { translateSentence } from '../generator/prompt/translate-sentence.ts';
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
import type { SearchRouter } from '../retriever/search/search-router.ts';
import { searchInLanguages } from '../retriever/search/search-in-languages.ts';
import { textFragmentUrl } from '../scorer/citation/text-fragment-url.ts';
import { abstention } from '../scorer/abstain/abstention.ts';
import type { PipelineParts } from './answer/pipeline-parts.ts';
import { AnswerService } from './answer/answer-service.ts';
import { askedQuestion, separateParts } from './answer/understand/asked-question.ts';
import { sourceLanguage } from './answer/write/across-languages.ts';
import { liveWebReachable } from './composition/live-web.ts';
import { openGenerator } from './composition/open-generator.ts';
import { openJudge } from './composition/open-judge.ts';
import { openCache } from './composition/open-cache.ts';
import { openOnce } from './composition/open-once.ts';
import { openRanker } from './composition/open-ranker.ts';
import type { PageRenderer, WebTap } from './composition/web-seams.ts';
import { VerifyService } from './verify/verify-service.ts';
import { proxySettings, type Config } from './core/config.ts';
import { orAbort } from './core/deadline.ts';
import { evidenceBreadth } from './core/question-kind.ts';
import type { Fetcher } from './core/seams.ts';
import type { PullProgress } from './runtime/models/model-download.ts';
import { withUsableFolders } from './composition/usable-folders.ts';
import { serviceDispatcher } from './runtime/proxy-dispatcher.ts';
import { findModel } from './runtime/models/model-table.ts';
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
  readonly verifier: VerifyService;
  readonly parts: PipelineParts;
  /** True: the built-in sample web answers, asked for or for want of another. */
  readonly sample: boolean;
  /** Loads the models; answers wait for what they need anyway. */
  warm(): Promise<void>;
  /** Resolves when a configured folder is indexed; at once without one. */
  prepare(options: Parameters<SearchRouter['prepare']>[0]): Promise<void>;
  /** Why the app is not ready, or null when it is. */
  notReady(): string | null;
  close(): Promise<void>;
}

/** Deadline of scoring and citing one question's drafts, and of ranking its passages. */
const JUDGE_TIMEOUT_MS = 30_000;
/** A few claims against long references, the first time with their preparation. */
const VERIFY_TIMEOUT_MS = 60_000;
/** When this share of the pages is there after a third of their time, the rest is not waited for. */
const ENOUGH_SHARE = 0.6;
const RANK_TIMEOUT_MS = 60_000;
/** Models of the table that need less memory translate too badly (measured on the 0.5B). */
const TRANSLATES_FROM_BYTES = 4e9;

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
    const probe = makeGuardedDispatcher({
      policy: parseFetchAllow(config.fetchAllow),
      proxy: proxySettings(config),
    });
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
      noProxy: [config.noProxy ?? '', sample.allow].filter((part) => part !== '').join(','),
    },
  };
}

/** @throws FootnoteError `config-invalid`, `search-unconfigured`, `cancelled` */
export async function createApp(userConfig: Config, options: AppOptions): Promise<App> {
  const usable = withUsableFolders(userConfig, options.onNotice);
  const { config, sample } = await chooseWeb(usable, options);
  const stop = new AbortController();
  const life = AbortSignal.any([options.signal, stop.signal]);
  const store = new ModelStore(config);
  const proxy = proxySettings(config);
  const dispatcher = makeGuardedDispatcher({ policy: parseFetchAllow(config.fetchAllow), proxy });
  const engines = serviceDispatcher(proxy);
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
    dispatcher: engines,
    extractor,
    cache,
    tap: options.web === undefined ? undefined : (live) => options.web?.search(live) ?? live,
  });

  // An extractor that cannot start fails page by page, where it is reported.
  const reading = openOnce(() => extractor.warmUp({ signal: life }).catch(() => undefined));
  const ranking = openOnce(() => openRanker(config, store, { ...options, signal: life }));
  // After the embedder, so that two downloads do not share one progress line, and the judge finds it.
  const writing = openOnce(async () => {
    await ranking.open();
    return openGenerator(config, store, { ...options, signal: life });
  });
  const judging = openOnce(async () => {
    await ranking.open();
    return openJudge(config, store, { ...options, signal: life });
  });
  // Ahead of its time, where a ranker is there already; its own failure is reported by `references`.
  const prepare = (...coming: Parameters<Ranker['prepare']>): void => {
    ranking.current?.then(
      ({ ranker }) => ranker.prepare(...coming),
      () => undefined,
    );
  };

  const translate = questionTranslator(
    async ({ signal }) => (await orAbort(writing.open(), signal)).generator,
  );
  // A small model's translation helps to find pages, but is no text to show or to judge by.
  const translates = async (signal: AbortSignal): Promise<boolean> => {
    const { generator } = await orAbort(writing.open(), signal);
    const known = generator === null ? undefined : findModel(generator.model);
    return generator !== null && (known?.memoryBytes ?? Infinity) >= TRANSLATES_FROM_BYTES;
  };
  const parts: PipelineParts = {
    search: (question, call) => {
      prepare({ question: question.text }, call.signal);
      const parts = separateParts(askedQuestion(question.text));
      return searchInLanguages(question, router, translate, { ...call, parts });
    },
    readPages: async (results, { signal, language, onPage }) => {
      // A cold start takes seconds: it must not eat the deadline of the pages.
      await orAbort(reading.open(), signal);
      const read = await readPages(
        results,
        { fetcher, extractor, renderer },
        {
          signal,
          language,
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
      return { ...read, warnings: [] };
    },
    references: async (question, documents, { signal, maxReferences }) => {
      // Over sources in one other language the question is asked in theirs.
      const able = await translates(signal);
      const theirs = able ? sourceLanguage(question, documents) : null;
      const translated =
        theirs === null ? null : await translate(question.text, theirs, { signal });
      const meant = translated === null ? question : { ...question, text: translated };
      const asked = askedQuestion(meant.text);
      const target = translated === null ? translationTarget(question.text, documents) : null;
      const [{ ranker, warnings }, translation] = await Promise.all([
        orAbort(ranking.open(), signal),
        target === null ? null : translate(question.text, target, { signal }),
      ]);
      const found = await ranker.references(meant, documents, {
        maxReferences,
        signal,
        timeoutMs: RANK_TIMEOUT_MS,
        translation,
        parts: separateParts(asked),
        breadth: evidenceBreadth(asked),
      });
      return { ...found, warnings };
    },
    prompt: (question, references) => buildPrompt('direct', { question, references }),
    translate: {
      question: async (text, to, call) =>
        (await translates(call.signal)) ? translate(text, to, call) : null,
      sentence: async (text, to, call) => {
        const { generator } = await orAbort(writing.open(), call.signal);
        if (generator === null || !(await translates(call.signal))) return null;
        return translateSentence(text, to, generator, call);
      },
    },
    writer: {
      prompt: (question, kind, references) => writePrompt({ question, kind, references }),
      check: async (input, { signal }) => {
        const { judge } = await orAbort(judging.open(), signal);
        return judge.checkWritten(input, { signal, timeoutMs: JUDGE_TIMEOUT_MS });
      },
    },
    extractiveDrafts,
    generator: ({ signal }) => orAbort(writing.open(), signal),
    judge: async (input, { signal }) => {
      const { judge, warnings } = await orAbort(judging.open(), signal);
      const asked = {
        ...input,
        question: input.question.text,
        language: input.question.language,
      };
      const judged = await judge.judge(asked, { signal, timeoutMs: JUDGE_TIMEOUT_MS });
      return { ...judged, warnings };
    },
    abstention: (question, references, premise) =>
      abstention(references, question.language, premise),
    linkTo: textFragmentUrl,
  };
  const service = new AnswerService(parts, config);
  const verifier = new VerifyService({
    ...parts,
    textClaims: async (text, { signal }) => {
      const { judge } = await orAbort(judging.open(), signal);
      return judge.textClaims(text, { signal, timeoutMs: JUDGE_TIMEOUT_MS });
    },
    verifyClaims: async (input, { signal }) => {
      const { judge } = await orAbort(judging.open(), signal);
      return judge.verifyClaims(input, { signal, timeoutMs: VERIFY_TIMEOUT_MS });
    },
  });
  let state: string | null = 'the models are still loading';

  return {
    service,
    verifier,
    parts,
    sample: sample !== null,
    warm: async () => {
      // Opening a generator keeps one core busy, whatever else opens meanwhile; the rest comes in the order
      // in which a question needs it, because side by side they would slow each other down.
      const written = writing.open().then(({ generator }) => generator?.warm(life));
      const rest = async (): Promise<void> => {
        await reading.open();
        await (await ranking.open()).ranker.warm(life);
        await (await judging.open()).judge.warm({ signal: life });
      };
      await Promise.all([rest(), written]);
      state = null;
      // A folder is indexed before the first question asks for it; a failure is reported by the search.
      router.prepare({ signal: life }).catch(() => undefined);
    },
    prepare: (call) => router.prepare(call),
    notReady: () => state,
    close: async () => {
      state = 'the service is stopping';
      stop.abort();
      await Promise.allSettled([
        ranking.current?.then(({ ranker }) => ranker.close()),
        writing.current?.then(({ generator }) => generator?.close()),
        judging.current?.then(({ judge }) => judge.close()),
        router.close(),
        browser.close(),
        extractor.close(),
        sample?.close(),
        cached?.close(),
      ]);
      await cache?.close();
      await dispatcher.close();
      await engines.destroy();
    },
  };
}
