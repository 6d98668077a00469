import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CONFIG_FIELDS, loadConfig, redactConfig } from './config.ts';

const HOME = mkdtempSync(join(tmpdir(), 'footnote-home-'));

describe('values as container files leave them', () => {
  it('trims blanks, line ends and quotes; takes words, marks of thousands and bare hosts', () => {
    const config = loadConfig({
      environment: {
        FOOTNOTE_SEARXNG_URL: ' "127.0.0.1:8888/searx" \r',
        FOOTNOTE_SEARCH: "'searxng'\r",
        FOOTNOTE_FETCH_ALLOW: ' 127.0.0.1:80 , ',
        FOOTNOTE_IGNORE_ROBOTS: 'TRUE',
        FOOTNOTE_CACHE_DISK_BYTES: '100_000_000',
        FOOTNOTE_LOG_LEVEL: 'WARN',
        all_proxy: 'proxy.example:3128',
        no_proxy: '.example.org',
      },
    });
    expect(config).toMatchObject({
      searxngUrl: 'http://127.0.0.1:8888/searx',
      search: ['searxng'],
      fetchAllow: ['127.0.0.1:80'],
      ignoreRobots: true,
      cacheDiskBytes: 100_000_000,
      logLevel: 'warn',
      httpProxy: 'proxy.example:3128',
      httpsProxy: 'proxy.example:3128',
      noProxy: '.example.org',
    });
  });

  it('names the variable and shows the value that it refuses, but no secret', () => {
    const refuse = (environment: NodeJS.ProcessEnv) => () => loadConfig({ environment });
    expect(refuse({ FOOTNOTE_SEARXNG_URL: 'http://u:secret@a b/' })).toThrow(
      /searxngUrl \(from FOOTNOTE_SEARXNG_URL\): must be a URL.*"http:\/\/\*\*\*@a b\/"/u,
    );
    expect(refuse({ FOOTNOTE_IGNORE_ROBOTS: 'maybe' })).toThrow(
      /must be true or false \(it is "maybe"\)/u,
    );
    expect(refuse({ HTTP_PROXY: 'gopher://u:secret@x' })).toThrow(/HTTP_PROXY.*not supported/u);
    expect(refuse({ HTTP_PROXY: 'gopher://u:secret@x' })).not.toThrow(/secret/u);
    const shown = redactConfig(
      loadConfig({ environment: { FOOTNOTE_SEARXNG_URL: 'http://u:secret@a/' } }),
    );
    expect(shown['searxngUrl']).toBe('http://***@a/');
  });
});

describe('loadConfig', () => {
  it('layers defaults, file, environment and flags', () => {
    const file = join(HOME, 'config.json');
    writeFileSync(file, JSON.stringify({ port: 1, drafts: 3, host: '::1' }));
    const config = loadConfig({
      file,
      environment: { HOME, FOOTNOTE_PORT: '2', FOOTNOTE_FETCH_ALLOW: ' a:1 , 10.0.0.0/8,' },
      flags: { host: '0.0.0.0', drafts: undefined },
    });
    expect(config).toMatchObject({
      port: 2,
      drafts: 3,
      host: '0.0.0.0',
      maxReferences: 5,
      fetchAllow: ['a:1', '10.0.0.0/8'],
    });
    expect(Object.isFrozen(config)).toBe(true);
  });

  it('names each wrong option and where it came from', () => {
    expect(() =>
      loadConfig({ environment: { HOME, FOOTNOTE_PORT: 'x', FOOTNOTE_DEVICE: 'tpu' } }),
    ).toThrow(/(?=.*port \(from FOOTNOTE_PORT\))(?=.*device \(from FOOTNOTE_DEVICE\))/su);
    const file = join(HOME, 'typo.json');
    writeFileSync(file, '{"prot": 1}');
    expect(() => loadConfig({ file, environment: { HOME } })).toThrow(/prot/u);
  });

  it('puts store and cache into the user cache, independent of each other', () => {
    const config = loadConfig({ environment: { HOME, FOOTNOTE_CACHE_DIR: '/elsewhere' } });
    expect(config.modelDir).toBe(join(HOME, '.cache/footnote/models'));
    expect(config.cacheDir).toBe('/elsewhere');
  });

  it('hides secrets', () => {
    const config = loadConfig({
      environment: { HOME, TAVILY_API_KEY: 'tv-1', FOOTNOTE_API_KEYS: 'k1,k2', HF_TOKEN: 'hf' },
    });
    const shown = JSON.stringify(redactConfig(config));
    for (const secret of ['tv-1', 'k1', 'k2', '"hf"']) expect(shown).not.toContain(secret);
  });

  it('knows every variable of the contract', () => {
    const names = Object.values(CONFIG_FIELDS).map((field) => field.env as string);
    for (const name of [
      'FOOTNOTE_SEARCH',
      'FOOTNOTE_SEARXNG_URL',
      'FOOTNOTE_CORPUS_DIR',
      'FOOTNOTE_FETCH_ALLOW',
      'FOOTNOTE_MODEL_DIR',
      'FOOTNOTE_GENERATOR',
      'FOOTNOTE_EMBEDDER',
      'FOOTNOTE_DEVICE',
      'HF_ENDPOINT',
      'HF_TOKEN',
      'FOOTNOTE_HOST',
      'FOOTNOTE_PORT',
      'FOOTNOTE_API_KEYS',
      'FOOTNOTE_CACHE_DIR',
      'FOOTNOTE_LOG_LEVEL',
    ]) {
      expect(names).toContain(name);
    }
  });
});
