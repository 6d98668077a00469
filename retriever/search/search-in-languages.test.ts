import { afterEach, beforeEach, expect, test } from 'vitest';
import { SearxngProvider } from './providers/searxng-provider.ts';
import { SearchRouter } from './search-router.ts';
import { LoopbackEngine } from './testing/loopback-engine.ts';
import type { Question } from '../../src/core/nouns.ts';
import { searchInLanguages } from './search-in-languages.ts';

let engine: LoopbackEngine;
let router: SearchRouter;
/** What the engine finds for words. */
let pages: Readonly<Record<string, readonly string[]>>;

beforeEach(async () => {
  engine = await LoopbackEngine.start();
  engine.behave(({ url }) => ({
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      query: 'q',
      results: (pages[url.searchParams.get('q') ?? ''] ?? []).map((found) => ({
        url: found,
        title: `Page ${found}`,
        content: 'text',
        engine: 'stand-in',
      })),
    }),
  }));
  const providers = [new SearxngProvider({ url: engine.url })];
  router = new SearchRouter({ providers, timeoutMs: 5_000 });
});
afterEach(() => engine.close());

const asked = (text: string): Question => ({
  text,
  language: 'zh',
  askedAt: '2026-01-15T00:00:00Z',
  sites: [],
});
const options = () => ({ signal: AbortSignal.timeout(20_000), limit: 10 });
const translate = () => Promise.resolve('Where is Normandy?');
const urls = (found: { readonly results: readonly { readonly url: string }[] }) =>
  found.results.map(({ url }) => url);

test('little in the own language: the translation is searched for too, the own results first', async () => {
  pages = {
    诺曼底在哪里: ['https://zh.org/1'],
    'Where is Normandy?': ['https://en.org/1', 'https://zh.org/1'],
  };
  const found = await searchInLanguages(asked('诺曼底在哪里'), router, translate, options());
  expect(urls(found)).toEqual(['https://zh.org/1', 'https://en.org/1']);
  expect(found.queries).toEqual(['诺曼底在哪里', 'Where is Normandy?']);
});

test('enough in the own language, Latin letters or no translation: one search', async () => {
  pages = { 诺曼底在哪里: ['https://zh.org/1', 'https://zh.org/2', 'https://zh.org/3'] };
  await searchInLanguages(asked('诺曼底在哪里'), router, translate, options());
  await searchInLanguages(asked('Wo liegt die Normandie?'), router, translate, options());
  await searchInLanguages(asked('鲁昂在哪里'), router, () => Promise.resolve(null), options());
  expect(engine.requests).toHaveLength(3);
});
