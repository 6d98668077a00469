import type { Dispatcher } from 'undici';
import type { Config } from '../../src/core/config.ts';
import { FootnoteError } from '../../src/core/errors.ts';
import type { Cache, Extractor, SearchProvider } from '../../src/core/seams.ts';
import { CachingProvider } from './caching-provider.ts';
import { CorpusFetcher } from './corpus-fetcher.ts';
import { LocalIndex } from './local-index.ts';
import type { ProviderOptions } from './provider-request.ts';
import { BraveProvider } from './providers/brave-provider.ts';
import { DuckDuckGoProvider } from './providers/duckduckgo-provider.ts';
import { LocalProvider } from './providers/local-provider.ts';
import { MediaWikiProvider } from './providers/mediawiki-provider.ts';
import { SearxngProvider } from './providers/searxng-provider.ts';
import { SerperProvider } from './providers/serper-provider.ts';
import { TavilyProvider } from './providers/tavily-provider.ts';
import { SearchRouter } from './search-router.ts';

export interface SearchDeps {
  /** Reads the files of the local corpus. */
  readonly extractor: Extractor;
  /** Where engines' answers are kept; none: they are not. */
  readonly cache?: Cache | null | undefined;
  /** For proxies and tests; default: undici's global one. */
  readonly dispatcher?: Dispatcher | undefined;
  readonly now?: (() => number) | undefined;
  /** Stands between the router and the providers: to record what they answer, or to answer for them. */
  readonly tap?: ((live: Chain) => Chain) | undefined;
}

interface Chain {
  readonly providers: readonly SearchProvider[];
  readonly merge: number;
}

interface Entry {
  /** What is missing, as a sentence that says how to mend it; null when the provider can be made. */
  readonly missing: (config: Config) => string | null;
  readonly keyless: boolean;
  readonly make: (
    config: Config,
    options: (url: string, key?: string) => ProviderOptions,
    deps: SearchDeps,
  ) => SearchProvider;
}

const key = (name: string) => (value: string | undefined) =>
  value === undefined || value === '' ? `set ${name} to its API key` : null;

/** All providers, in the order in which configured ones are asked by default. */
const PROVIDERS: Readonly<Record<string, Entry>> = {
  searxng: {
    missing: (config) =>
      config.searxngUrl === undefined
        ? "set FOOTNOTE_SEARXNG_URL to an instance's base URL, such as http://127.0.0.1:8888"
        : null,
    keyless: false,
    make: (config, options) => new SearxngProvider(options(config.searxngUrl ?? '')),
  },
  brave: {
    missing: (config) => key('BRAVE_API_KEY')(config.braveKey),
    keyless: false,
    make: (config, options) => new BraveProvider(options(config.braveUrl, config.braveKey)),
  },
  tavily: {
    missing: (config) => key('TAVILY_API_KEY')(config.tavilyKey),
    keyless: false,
    make: (config, options) => new TavilyProvider(options(config.tavilyUrl, config.tavilyKey)),
  },
  serper: {
    missing: (config) => key('SERPER_API_KEY')(config.serperKey),
    keyless: false,
    make: (config, options) => new SerperProvider(options(config.serperUrl, config.serperKey)),
  },
  mediawiki: {
    missing: () => null,
    keyless: true,
    make: (config, options) => new MediaWikiProvider(options(config.mediawikiUrl)),
  },
  duckduckgo: {
    missing: () => null,
    keyless: true,
    make: (config, options) => new DuckDuckGoProvider(options(config.duckduckgoUrl)),
  },
  local: {
    missing: (config) =>
      config.corpusDir === undefined ? 'set FOOTNOTE_CORPUS_DIR to a folder of documents' : null,
    keyless: false,
    make: (config, _, deps) => {
      const folder = config.corpusDir ?? '';
      const fetcher = new CorpusFetcher({ folder, maxBytes: config.maxPageBytes });
      const index = new LocalIndex({
        folder,
        cacheDir: config.cacheDir,
        fetcher,
        extractor: deps.extractor,
        patienceMs: Math.min(3_000, config.searchTimeoutMs / 2),
        giveUpMs: Math.max(0, config.searchTimeoutMs - 1_000),
      });
      return new LocalProvider({ index, now: deps.now });
    },
  },
};

/** Names that `FOOTNOTE_SEARCH` takes. */
const PROVIDER_NAMES: readonly string[] = Object.keys(PROVIDERS);

/** A provider's state, for `footnote doctor`: `fix` says what to set, null when it can be used. */
export interface ProviderState {
  readonly name: string;
  readonly keyless: boolean;
  readonly fix: string | null;
}

export function providerStates(config: Config): readonly ProviderState[] {
  return Object.entries(PROVIDERS).map(([name, entry]) => ({
    name,
    keyless: entry.keyless,
    fix: entry.missing(config),
  }));
}

/**
 * The names of the providers in use, in order: those of `FOOTNOTE_SEARCH`; without it, those that are
 * configured, then the keyless ones, then `local` (contract: Environment).
 * @throws FootnoteError `config-invalid` for a name that no provider has, `search-unconfigured` for one
 *   that was asked for but lacks its URL, key or folder
 */
export function providerOrder(config: Config): readonly string[] {
  if (config.search.length === 0) {
    const usable = PROVIDER_NAMES.filter((name) => PROVIDERS[name]?.missing(config) === null);
    // `local` stands last in the table, the keyless ones before it.
    return usable;
  }
  const names = [...new Set(config.search.map((name) => name.trim().toLowerCase()))];
  for (const name of names) {
    const entry = Object.hasOwn(PROVIDERS, name) ? PROVIDERS[name] : undefined;
    if (entry === undefined) {
      throw new FootnoteError(
        'config-invalid',
        `FOOTNOTE_SEARCH names ${JSON.stringify(name)}; it takes ${PROVIDER_NAMES.join(', ')}`,
        { stage: 'search' },
      );
    }
    const fix = entry.missing(config);
    if (fix !== null) {
      throw new FootnoteError(
        'search-unconfigured',
        `FOOTNOTE_SEARCH names ${name}, but it is not configured: ${fix}`,
        { stage: 'search' },
      );
    }
  }
  return names;
}

/** The providers in use, in order. Throws as `providerOrder`. */
export function searchProviders(config: Config, deps: SearchDeps): SearchProvider[] {
  const options = (url: string, key?: string): ProviderOptions => ({
    url,
    key,
    dispatcher: deps.dispatcher,
    timeoutMs: config.searchTimeoutMs,
    now: deps.now,
  });
  const made = providerOrder(config).flatMap(
    (name) => PROVIDERS[name]?.make(config, options, deps) ?? [],
  );
  const { cache } = deps;
  if (cache === undefined || cache === null || config.searchCacheSeconds === 0) return made;
  const scope = [config.searxngUrl, config.mediawikiUrl, config.duckduckgoUrl].join(' ');
  const freshMs = config.searchCacheSeconds * 1_000;
  // The local index knows when its files change.
  return made.map((provider) =>
    provider.name === 'local' ? provider : new CachingProvider(provider, { cache, scope, freshMs }),
  );
}

/**
 * How many providers are merged: with an order of the user's own, or with a configured engine in
 * front, the first answers alone and the rest are its fall-back; with none, Wikipedia and DuckDuckGo,
 * which know different things, are merged.
 */
export function defaultMerge(config: Config): number {
  const order = providerOrder(config);
  if (config.search.length > 0) return 1;
  const [first, second] = order;
  const keyless = (name: string | undefined): boolean =>
    name !== undefined && PROVIDERS[name]?.keyless === true;
  return keyless(first) && keyless(second) ? 2 : 1;
}

/**
 * The search of the process, as configured. A corpus folder that was configured without an order of
 * the user's own is asked beside the first engines and merged with them: as a mere fall-back it would
 * never be asked while the web answers. Throws as `providerOrder`.
 */
export function searchRouter(config: Config, deps: SearchDeps): SearchRouter {
  const merge = defaultMerge(config);
  const providers = searchProviders(config, deps);
  const local = providers.find(({ name }) => name === 'local');
  const beside = config.search.length === 0 && local !== undefined && providers.length > 1;
  const others = providers.filter((provider) => provider !== local);
  const chain: Chain = {
    providers: beside ? [...others.slice(0, merge), local, ...others.slice(merge)] : providers,
    merge: beside ? merge + 1 : merge,
  };
  return new SearchRouter({
    ...(deps.tap?.(chain) ?? chain),
    refuseIncomplete: config.indexIncomplete === 'refuse',
    timeoutMs: config.searchTimeoutMs,
    now: deps.now,
  });
}
