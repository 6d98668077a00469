import { describe, expect, it } from 'vitest';
import { loadConfig, type Config } from '../../src/core/config.ts';
import {
  defaultMerge,
  providerOrder,
  providerStates,
  searchProviders,
  searchRouter,
} from './configured-providers.ts';
import { PlainExtractor } from './testing/plain-extractor.ts';

const config = (environment: Record<string, string>): Config =>
  loadConfig({ environment: { HOME: '/nowhere', ...environment } });
const deps = { extractor: new PlainExtractor() };

describe('configured search providers', () => {
  it('are the keyless ones by default, merged', () => {
    const plain = config({});
    expect(searchProviders(plain, deps).map((provider) => provider.name)).toEqual([
      'mediawiki',
      'duckduckgo',
    ]);
    expect(defaultMerge(plain)).toBe(2);
  });

  it('are by default those that are configured, then the keyless ones, then local', async () => {
    const full = config({
      FOOTNOTE_SEARXNG_URL: 'http://127.0.0.1:8888',
      SERPER_API_KEY: 'k',
      FOOTNOTE_CORPUS_DIR: '/nowhere/corpus',
    });
    expect(providerOrder(full)).toEqual(['searxng', 'serper', 'mediawiki', 'duckduckgo', 'local']);
    expect(defaultMerge(full)).toBe(1);
    const router = searchRouter(full, deps);
    // Asked beside the first engine, not only when the web has failed.
    expect(router.providers.map(({ name }) => name).slice(0, 2)).toEqual(['searxng', 'local']);
    await router.close();
  });

  it('are those of FOOTNOTE_SEARCH, in that order', () => {
    const ordered = config({
      FOOTNOTE_SEARCH: 'duckduckgo, Brave,mediawiki,brave',
      BRAVE_API_KEY: 'k',
    });
    expect(providerOrder(ordered)).toEqual(['duckduckgo', 'brave', 'mediawiki']);
    expect(defaultMerge(ordered)).toBe(1);
  });

  it('names an unknown one and lists those there are', () => {
    expect(() => providerOrder(config({ FOOTNOTE_SEARCH: 'google' }))).toThrow(
      /"google"; it takes searxng, brave, tavily, serper, mediawiki, duckduckgo, local/u,
    );
    expect(() => providerOrder(config({ FOOTNOTE_SEARCH: 'constructor' }))).toThrow(/it takes/u);
  });

  it.each([
    ['searxng', /FOOTNOTE_SEARXNG_URL/u],
    ['brave', /BRAVE_API_KEY/u],
    ['tavily', /TAVILY_API_KEY/u],
    ['serper', /SERPER_API_KEY/u],
    ['local', /FOOTNOTE_CORPUS_DIR/u],
  ])('says what %s lacks when it is asked for', (name, fix) => {
    const lacking = config({ FOOTNOTE_SEARCH: `mediawiki,${name}` });
    expect(() => searchProviders(lacking, deps)).toThrow(fix);
    expect(() => searchProviders(lacking, deps)).toThrow(
      expect.objectContaining({ code: 'search-unconfigured' }) as Error,
    );
    expect(providerStates(lacking).find((state) => state.name === name)?.fix).toMatch(fix);
  });
});
