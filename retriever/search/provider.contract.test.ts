import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CorpusFetcher } from './corpus-fetcher.ts';
import { LocalIndex } from './local-index.ts';
import { LocalProvider } from './providers/local-provider.ts';
import {
  CONTRACT_NOW,
  providerContract,
  type EngineState,
  type ProviderCase,
} from './provider.contract.ts';
import { ENGINE_FACES, type EngineFace } from './testing/engine-faces.ts';
import { LoopbackEngine, type Reply } from './testing/loopback-engine.ts';
import { PlainExtractor } from './testing/plain-extractor.ts';

const HTML = { 'content-type': 'text/html; charset=utf-8' };
const CAPTCHA_PAGE = `<!DOCTYPE html><html><head><title>One more step</title></head><body>
  <form id="challenge-form" action="//duckduckgo.com/anomaly.js?sv=html" method="POST">
  <div class="anomaly-modal__title">Unfortunately, bots use this engine too.</div>
  <div class="anomaly-modal__description">Please complete the following challenge to confirm this
  search was made by a human.</div></form></body></html>`;

/** One HTTP engine as a case: each state is what its server does. */
function engineCase(face: EngineFace): ProviderCase {
  let engine: LoopbackEngine;
  const replies = (state: EngineState): Reply | null => {
    if (state.kind === 'found') return face.found(state.entries);
    if (state.kind === 'nothing') return face.nothing();
    if (state.kind === 'forbidden') return { status: 403, headers: HTML, body: '<h1>No</h1>' };
    // Seen in the wild as 200, 202, 403 and 429; the marks in the page decide.
    if (state.kind === 'captcha') return { status: 202, headers: HTML, body: CAPTCHA_PAGE };
    if (state.kind === 'garbage') {
      return { headers: HTML, body: '<html><body><p>Welcome to nginx!</p></body></html>' };
    }
    if (state.kind === 'huge') return { body: Buffer.alloc(5_000_000, 'x') };
    if (state.kind === 'limited') {
      return { status: 429, headers: { 'retry-after': state.retryAfter }, body: 'slow down' };
    }
    return null;
  };
  return {
    name: face.name,
    open: async () => {
      engine = await LoopbackEngine.start();
    },
    close: () => engine.close(),
    provider: async (state, timeoutMs) => {
      const reply = replies(state);
      if (reply === null) engine.hang();
      else engine.answer(reply);
      // Port 1 on loopback: nobody listens there.
      const base = state.kind === 'gone' ? 'http://127.0.0.1:1' : engine.url;
      const url = base + face.path;
      return face.make({ url, key: face.key, timeoutMs, now: CONTRACT_NOW });
    },
    seen: () => ({
      words: face.words(engine.last),
      freshness: face.freshness(engine.last),
      sites: face.sites(engine.last),
    }),
    expected: { week: face.week, since: face.since, twoSites: face.twoSites },
    skips: face.skips,
  };
}

/** The local index as a case: each state is what lies in its folder. */
function localCase(): ProviderCase {
  let folder: string;
  let runs = 0;
  const open: LocalIndex[] = [];
  return {
    name: 'local',
    open: async () => {
      folder = await mkdtemp(join(tmpdir(), 'footnote-contract-'));
    },
    close: async () => {
      await Promise.all(open.map((index) => index.close()));
      await rm(folder, { recursive: true });
    },
    provider: async (state) => {
      const corpus = join(folder, `corpus-${runs++}`);
      await mkdir(corpus);
      const entries = state.kind === 'found' ? state.entries : [];
      for (const [index, entry] of entries.entries()) {
        const safe = entry.title.replaceAll('<', '&lt;');
        await writeFile(
          join(corpus, `page-${index}.html`),
          `<html lang="en"><head><title>${safe}</title><meta name="date" content="${entry.date}">
           <link rel="canonical" href="${entry.url}"></head><body>${entry.snippet}</body></html>`,
        );
      }
      const index = new LocalIndex({
        folder: corpus,
        cacheDir: join(folder, 'cache'),
        fetcher: new CorpusFetcher({ folder: corpus }),
        extractor: new PlainExtractor(),
        patienceMs: 20_000,
      });
      open.push(index);
      return new LocalProvider({ index, now: CONTRACT_NOW });
    },
    seen: () => null,
    expected: { week: null, since: null, twoSites: null },
    skips: {
      http: 'no HTTP: a folder on this machine',
      order: 'ordered by its own BM25; URLs are file: URLs',
      freshnessPassed: 'no engine to pass it to; the index filters',
      sitesPassed: 'no engine to pass them to; canonical URLs are compared',
    },
  };
}

for (const face of ENGINE_FACES) providerContract(engineCase(face));
providerContract(localCase());
