import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SearchProvider } from '../../src/core/seams.ts';
import { DuckDuckGoProvider } from './providers/duckduckgo-provider.ts';
import { MediaWikiProvider } from './providers/mediawiki-provider.ts';
import { SearxngProvider } from './providers/searxng-provider.ts';
import { searchAll } from './search-all.ts';
import { SearchRouter } from './search-router.ts';
import { ENGINE_FACES, type FaceEntry } from './testing/engine-faces.ts';
import { LoopbackEngine, type Reply } from './testing/loopback-engine.ts';

const query = { text: 'tea', language: 'en', limit: 10, sites: [] };
const entry = (url: string): FaceEntry => ({ url, title: `About ${url}`, snippet: 'tea' });
const found = (name: string, urls: readonly string[]): Reply => {
  const face = ENGINE_FACES.find((candidate) => candidate.name === name);
  if (face === undefined) throw new Error(name);
  return urls.length === 0 ? face.nothing() : face.found(urls.map(entry));
};
const options = (): { signal: AbortSignal; timeoutMs: number } => ({
  signal: AbortSignal.timeout(20_000),
  timeoutMs: 5_000,
});

let engines: LoopbackEngine[];
let searxng: LoopbackEngine;
let wiki: LoopbackEngine;
let duck: LoopbackEngine;
let providers: SearchProvider[];

beforeEach(async () => {
  engines = await Promise.all([1, 2, 3].map(() => LoopbackEngine.start()));
  [searxng, wiki, duck] = engines as [LoopbackEngine, LoopbackEngine, LoopbackEngine];
  providers = [
    new SearxngProvider({ url: searxng.url }),
    new MediaWikiProvider({ url: `${wiki.url}/api.php` }),
    new DuckDuckGoProvider({ url: `${duck.url}/html/` }),
  ];
  searxng.answer(found('searxng', ['https://s.org/1', 'https://both.org/']));
  wiki.answer(found('mediawiki', ['https://w.org/1', 'https://www.both.org/#x']));
  duck.answer(found('duckduckgo', ['https://d.org/1']));
});
afterEach(() => Promise.all(engines.map((engine) => engine.close())));

describe('searchAll', () => {
  it('asks the first alone when it answers', async () => {
    const outcome = await searchAll(providers, [query], options());
    expect(outcome.results.map((result) => result.url)).toEqual([
      'https://s.org/1',
      'https://both.org/',
    ]);
    expect(outcome).toMatchObject({ warnings: [], queries: ['tea'] });
    expect(wiki.requests).toHaveLength(0);
  });

  it('merges the first group by reciprocal rank', async () => {
    const outcome = await searchAll(providers, [query], { ...options(), merge: 2 });
    expect(outcome.results.map((result) => result.url)).toEqual([
      'https://both.org/',
      'https://s.org/1',
      'https://w.org/1',
    ]);
    expect(duck.requests).toHaveLength(0);
  });

  it('fuses several queries to one provider, and cuts to the limit', async () => {
    const queries = [
      { ...query, limit: 1 },
      { ...query, limit: 1, text: 'tee' },
    ];
    searxng.behave((request) =>
      found(
        'searxng',
        request.url.searchParams.get('q') === 'tea' ? ['https://a.org/'] : ['https://b.org/'],
      ),
    );
    const outcome = await searchAll(providers, queries, options());
    expect(outcome.results.map((result) => result.url)).toEqual(['https://a.org/']);
    expect(outcome.queries).toEqual(['tea', 'tee']);
  });

  it.each([
    ['search-blocked', { status: 403, body: 'no' }],
    ['search-rate-limited', { status: 429, headers: { 'retry-after': '9' }, body: '' }],
    ['search-bad-response', { body: 'hello' }],
    ['search-empty', { body: '{"results":[]}' }],
    ['search-captcha', { body: '<form id="challenge-form">' }],
  ])('falls through on %s, with a warning that names the provider', async (code, reply) => {
    searxng.answer(reply);
    const outcome = await searchAll(providers, [query], options());
    expect(outcome.results[0]?.provider).toBe('mediawiki');
    expect(outcome.warnings).toMatchObject([
      { code, message: expect.stringContaining('searxng') as string },
    ]);
    expect(duck.requests).toHaveLength(0);
  });

  it('goes on from a provider that hangs, and one that does not listen to its signal', async () => {
    searxng.hang();
    const deaf: SearchProvider = { name: 'deaf', search: () => new Promise(() => undefined) };
    const outcome = await searchAll([deaf, ...providers], [query], {
      ...options(),
      timeoutMs: 150,
      merge: 2,
    });
    expect(outcome.results[0]?.provider).toBe('mediawiki');
    expect(outcome.warnings.map((warning) => warning.code)).toEqual(['timeout', 'timeout']);
    expect(outcome.warnings.map((warning) => warning.message)).toEqual([
      expect.stringContaining('deaf'),
      expect.stringContaining('searxng'),
    ]);
  });

  it('is content with one list when the other of its group fails', async () => {
    wiki.answer({ status: 500, body: 'oops' });
    const outcome = await searchAll(providers, [query], { ...options(), merge: 2 });
    expect(outcome.results).toHaveLength(2);
    expect(outcome.warnings).toMatchObject([
      { code: 'search-bad-response', message: /mediawiki.*500.*oops/u },
    ]);
  });

  it('returns an honest empty list when somebody answered', async () => {
    searxng.answer({ status: 500, body: '' });
    wiki.answer(found('mediawiki', []));
    duck.answer(found('duckduckgo', []));
    const outcome = await searchAll(providers, [query], options());
    expect(outcome.results).toEqual([]);
    expect(outcome.warnings.map((warning) => warning.code)).toEqual([
      'search-bad-response',
      'search-empty',
      'search-empty',
    ]);
  });

  it('fails with all reasons and the shortest wait when nobody answered', async () => {
    searxng.answer({ status: 429, headers: { 'retry-after': '40' }, body: '' });
    wiki.answer({ status: 429, headers: { 'retry-after': '20' }, body: '' });
    duck.answer({ status: 202, body: '' });
    await expect(searchAll(providers, [query], options())).rejects.toMatchObject({
      code: 'search-failed',
      retryAfterSeconds: 20,
      message: /searxng.*mediawiki.*duckduckgo asks for a CAPTCHA/u,
    });
  });

  it('fails when there is no provider, and names a wrong query as such', async () => {
    await expect(searchAll([], [query], options())).rejects.toMatchObject({
      code: 'search-failed',
    });
    const wrong = { ...query, freshness: 'soon' };
    await expect(searchAll(providers, [wrong], options())).rejects.toMatchObject({
      code: 'bad-request',
    });
  });

  it('stops at once when the caller aborts', async () => {
    searxng.hang();
    const controller = new AbortController();
    const search = searchAll(providers, [query], { signal: controller.signal, timeoutMs: 5_000 });
    setTimeout(() => controller.abort(), 50);
    await expect(search).rejects.toMatchObject({ code: 'cancelled' });
    await expect.poll(() => searxng.hungUp).toBe(1);
    expect(wiki.requests).toHaveLength(0);
  });
});

describe('SearchRouter', () => {
  it('leaves a provider alone until its Retry-After has passed', async () => {
    let now = 1_000_000;
    const router = new SearchRouter({ providers, timeoutMs: 5_000, now: () => now });
    searxng.answer({ status: 429, headers: { 'retry-after': '30' }, body: '' });
    await router.search([query], options());
    expect(router.resting()).toEqual([{ provider: 'searxng', seconds: 30 }]);
    now += 20_000;
    const resting = await router.search([query], options());
    expect(resting.results[0]?.provider).toBe('mediawiki');
    expect(resting.warnings).toEqual([
      {
        code: 'search-rate-limited',
        message: 'searxng is left alone for another 10 s after its rate limit',
      },
    ]);
    expect(searxng.requests).toHaveLength(1);
    now += 10_000;
    searxng.answer(found('searxng', ['https://s.org/1']));
    const back = await router.search([query], options());
    expect(back.results[0]?.provider).toBe('searxng');
    expect(router.resting()).toEqual([]);
  });

  it('rests five minutes after a CAPTCHA, and says so when all rest', async () => {
    let now = 1_000_000;
    duck.answer({ status: 202, body: '' });
    const router = new SearchRouter({
      providers: providers.slice(2),
      timeoutMs: 5_000,
      now: () => now,
    });
    await expect(router.search([query], options())).rejects.toMatchObject({
      code: 'search-failed',
    });
    now += 299_000;
    await expect(router.search([query], options())).rejects.toMatchObject({
      code: 'search-failed',
      retryAfterSeconds: 1,
    });
    expect(duck.requests).toHaveLength(1);
  });
});
