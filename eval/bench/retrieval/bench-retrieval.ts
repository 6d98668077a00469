/**
 * `npm run bench -- retrieval [--questions 12] [--peer-questions 3] [--python PATH] [--kb 300]`: our own
 * overhead for ten large pages, stage by stage, as the app composes its parts: search, pages, references.
 * Search and pages come over loopback without delay. Beside it, on the same pages and with the same
 * embedder, the way WebGLM goes (its `model/retriever`): one page after the other through html2text,
 * lines of at least 50 characters, all of them embedded, the nearest to the question first.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { dot } from '../../../src/runtime/e5/dot.ts';
import { E5Embedder } from '../../../src/runtime/e5/e5-embedder.ts';
import { createApp } from '../../../src/app.ts';
import { loadConfig } from '../../../src/core/config.ts';
import { toFootnoteError } from '../../../src/core/errors.ts';
import type { Question } from '../../../src/core/nouns.ts';
import { packageRoot } from '../../../src/core/package-root.ts';
import { ModelStore } from '../../../src/runtime/models/model-store.ts';
import { runPeer } from '../extraction/run-peer.ts';
import {
  readPages,
  readQuestions,
  sampleQuestions,
  type FrozenPage,
} from '../../suites/frozen-web/frozen-web-data.ts';
import { pageSearch, startFrozenWeb } from '../../suites/frozen-web/frozen-web-server.ts';
import { distribution } from '../../metrics/distribution.ts';
import { largePageHtml } from './large-pages.ts';
import { plainTextLines } from './plain-text-lines.ts';

const DATA = join(packageRoot, '../shared/data/frozen-web-dev');
const PAGES = 10;
/** No page may be lost to a deadline: all ten are waited for. */
const PATIENCE_MS = 120_000;

/** Figures in ms by stage, one for each question. */
class StageTable {
  readonly #stages = new Map<string, number[]>();

  add(stage: string, ms: number): void {
    this.#stages.set(stage, [...(this.#stages.get(stage) ?? []), ms]);
  }

  print(name: string): void {
    console.log(`${name.padEnd(44)} median ms     p90 ms`);
    for (const [stage, times] of this.#stages) {
      const { p50, p90 } = distribution(times);
      console.log(
        `  ${stage.padEnd(42)} ${p50.toFixed(0).padStart(9)}  ${p90.toFixed(0).padStart(9)}`,
      );
    }
  }
}

/** The page with a mark after each paragraph: what was embedded for another question is no help. */
const marked = (page: FrozenPage, round: number): FrozenPage => ({
  ...page,
  paragraphs: page.paragraphs.map((one) => ({ ...one, text: `${one.text} [${round}]` })),
});

const asked = (text: string): Question => ({
  text,
  language: 'en',
  askedAt: '2026-01-15T00:00:00Z',
  sites: [],
});

/** As WebGLM's extractor filters lines. */
function paragraphsOf(text: string): readonly string[] {
  return text
    .split(/\n\s*\n/u)
    .map((part) => part.replace(/\s+/gu, ' ').trim())
    .filter((part) => part.length >= 50)
    .map((part) => part.slice(0, 1_200));
}

async function measurePeer(
  questions: readonly string[],
  pagesOf: (question: string) => readonly { readonly id: string; readonly html: string }[],
  embedder: E5Embedder,
  python: string,
): Promise<void> {
  const table = new StageTable();
  const script = fileURLToPath(new URL('../extraction/peers/python-peer.py', import.meta.url));
  let how = 'html2text of PyPI';
  let paragraphs = 0;
  await embedder.embed(['Warm.'], { kind: 'passage', signal: AbortSignal.timeout(PATIENCE_MS) });
  for (const question of questions) {
    const pages = pagesOf(question).map((page) => ({ ...page, url: 'http://localhost/' }));
    const peer = await runPeer(python, [script, 'html2text'], pages, 1);
    let readMs = 0;
    const texts = pages.map(({ html }, index) => {
      const answer = peer?.answers[index];
      if (answer !== undefined) {
        readMs += answer.ms;
        return answer.text;
      }
      how = `re-made in TypeScript: ${python} has no html2text`;
      const started = performance.now();
      const text = plainTextLines(html);
      readMs += performance.now() - started;
      return text;
    });
    const started = performance.now();
    const parts = texts.flatMap(paragraphsOf);
    const signal = AbortSignal.timeout(600_000);
    const [wanted] = await embedder.embed([question], { kind: 'query', signal });
    const vectors = await embedder.embed(parts, { kind: 'passage', signal });
    const embedMs = performance.now() - started;
    parts
      .map((text, index) => ({ text, score: dot(wanted!, vectors[index]!) }))
      .sort((a, b) => b.score - a.score);
    const restMs = performance.now() - started - embedMs;
    paragraphs += parts.length;
    table.add('pages to text, one by one', readMs);
    table.add('embed every paragraph', embedMs);
    table.add('rank by cosine', restMs);
    table.add('total', readMs + embedMs + restMs);
  }
  table.print(`WebGLM's way (${questions.length} questions, ${how})`);
  console.log(`  ${(paragraphs / questions.length).toFixed(0)} paragraphs a question`);
}

export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      questions: { type: 'string', default: '12' },
      'peer-questions': { type: 'string', default: '3' },
      python: { type: 'string', default: 'python3' },
      kb: { type: 'string', default: '300' },
    },
  });
  if (!existsSync(DATA)) {
    console.log(`no data at ${DATA}; nothing measured`);
    return;
  }
  const frozen = readPages(DATA);
  const bytes = Number(values.kb) * 1_000;
  const questions = sampleQuestions(readQuestions(DATA), 'en', Number(values.questions) + 2).map(
    ({ question }) => question,
  );
  const find = pageSearch(frozen);
  // Made before the clock runs; a server of its own would have them ready as well.
  const made = new Map<string, string>();
  const makePages = (round: number): void => {
    made.clear();
    for (const page of find(questions[round] ?? '')) {
      made.set(page.page_id, largePageHtml(marked(page, round), bytes));
    }
  };
  const web = await startFrozenWeb(frozen, ({ page_id }) => made.get(page_id) ?? '');
  const stop = new AbortController();
  const cacheDir = mkdtempSync(join(tmpdir(), 'footnote-bench-'));
  const user = loadConfig();
  const config = loadConfig({
    flags: {
      ...user,
      search: 'searxng',
      searxngUrl: web.origin,
      fetchAllow: web.allow,
      ignoreRobots: true,
      maxResults: PAGES,
      pagesTimeoutMs: PATIENCE_MS,
      pageTimeoutMs: PATIENCE_MS,
      pageCacheSeconds: 0,
      searchCacheSeconds: 0,
    },
  });
  const app = await createApp(config, {
    signal: stop.signal,
    onNotice: (message) => console.log(message),
  });
  try {
    const table = new StageTable();
    const signal = stop.signal;
    let texts = 0;
    let documents = 0;
    for (const [index, question] of questions.entries()) {
      makePages(index);
      const one = asked(question);
      const started = performance.now();
      const { results } = await app.parts.search(one, { signal, limit: PAGES });
      const searched = performance.now();
      const read = await app.parts.readPages(results.slice(0, PAGES), {
        signal,
        onPage: (url, _, failure) => {
          if (failure !== null) console.log(`${url}: ${failure.code} ${failure.message}`);
        },
      });
      const readAll = performance.now();
      await app.parts.references(one, read.documents, {
        signal,
        maxReferences: config.maxReferences,
      });
      const ended = performance.now();
      // The first two load the models and compile the code.
      if (index < 2) continue;
      documents += read.documents.length;
      texts += read.documents.reduce((sum, { text }) => sum + text.length, 0);
      table.add('search (loopback)', searched - started);
      table.add('pages: while one is still being fetched', read.timings.fetchMs);
      table.add('pages: extraction after the last came', read.timings.extractMs);
      table.add('rank: passages, scores, references', ended - readAll);
      table.add('total', ended - started);
      table.add(
        'own: total less search and fetching',
        ended - started - (searched - started) - read.timings.fetchMs,
      );
    }
    const asks = questions.length - 2;
    console.log(
      `${asks} questions, ${(documents / asks).toFixed(1)} pages of ${values.kb} kB each, ${(texts / documents / 1_000).toFixed(1)} kB of text a page`,
    );
    table.print('footnote');
    await comparePeer(Number(values['peer-questions']));
  } finally {
    await app.close();
    stop.abort();
    await web.close();
    rmSync(cacheDir, { recursive: true, force: true });
  }

  async function comparePeer(count: number): Promise<void> {
    try {
      const store = new ModelStore(config);
      const { path } = await store.ensure(config.embedder, { signal: stop.signal });
      const embedder = await E5Embedder.load({ weightsPath: path, cacheDir, threads: 2 });
      const pagesOf = (question: string): readonly { id: string; html: string }[] => {
        makePages(questions.indexOf(question));
        return [...made].map(([id, html]) => ({ id, html }));
      };
      await measurePeer(questions.slice(2, 2 + count), pagesOf, embedder, values.python);
    } catch (error) {
      console.log(`WebGLM's way: not measured: ${toFootnoteError(error).message}`);
    }
  }
}
