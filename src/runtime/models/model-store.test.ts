import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { answer, LoopbackHub, sha256 } from '../../../test/loopback-hub.ts';
import { packageRoot } from '../../core/package-root.ts';
import type { FootnoteError } from '../../core/errors.ts';
import { HubSource } from './hub-source.ts';
import { ModelStore, type ModelStoreOptions } from './model-store.ts';
import type { ModelEntry } from './model-table.ts';
import { PathSource } from './path-source.ts';

const signal = new AbortController().signal;
/** Bytes that begin as a GGUF file does: anything else is refused as no model. */
const ggufBytes = (length: number): Buffer =>
  Buffer.concat([Buffer.from('GGUF'), randomBytes(length - 4)]);
const weights = ggufBytes(300_000);
let hub: LoopbackHub;
let folder: string;

beforeEach(async () => {
  hub = new LoopbackHub();
  await hub.start();
  hub.files.set('org/repo/model.gguf', weights);
  folder = await mkdtemp(join(tmpdir(), 'footnote-store-'));
});

afterEach(async () => {
  await hub.stop();
  await rm(folder, { recursive: true, force: true });
});

function store(options: ModelStoreOptions & { readonly token?: string } = {}): ModelStore {
  const hubSource = new HubSource({
    endpoint: hub.endpoint,
    token: options.token,
    backoffMs: 5,
    stallTimeoutMs: 5_000,
  });
  return new ModelStore(
    { modelDir: folder, hubEndpoint: hub.endpoint, hubToken: options.token },
    { sources: [new PathSource(options.localFolders ?? []), hubSource], ...options },
  );
}

const entry = (hash: string | null, bytes: number | null = weights.length): ModelEntry => ({
  name: 'tiny',
  role: 'generator',
  format: 'gguf',
  licence: 'none',
  languages: ['en'],
  memoryBytes: 0,
  perplexity: null,
  files: [
    {
      name: 'tiny.gguf',
      bytes,
      sha256: hash,
      locations: [{ kind: 'hub', repo: 'org/repo', revision: 'main', file: 'model.gguf' }],
    },
  ],
});

/** Cuts the held connection once so many bytes are on disk. */
const cutAt =
  (bytes: number) =>
  ({ receivedBytes }: { readonly receivedBytes: number }): void => {
    if (receivedBytes === bytes) hub.cut();
  };

const failure = async (promise: Promise<unknown>): Promise<FootnoteError> =>
  promise.then(
    () => {
      throw new Error('it should have failed');
    },
    (error: unknown) => error as FootnoteError,
  );

describe('downloads from the hub', () => {
  it('follows the redirect to the CDN without the token, checks the hash, and asks nobody twice', async () => {
    hub.token = 'secret-token';
    const models = store({ token: 'secret-token' });
    const progress: number[] = [];
    const first = await models.ensure('org/repo:model.gguf', {
      signal,
      onProgress: ({ receivedBytes }) => progress.push(receivedBytes),
    });
    expect(first.path).toBe(join(folder, 'org--repo', 'model.gguf'));
    expect(sha256(await readFile(first.path))).toBe(sha256(weights));
    expect(first.networkBytes).toBe(weights.length);
    expect(progress.at(-1)).toBe(weights.length);
    const hosts = hub.requests.map(({ host, authorization }) => [host, authorization]);
    expect(hosts).toContainEqual(['cdn', undefined]);
    expect(hosts).not.toContainEqual(['cdn', 'Bearer secret-token']);
    expect(hosts).toContainEqual(['hub', 'Bearer secret-token']);

    const before = hub.requests.length;
    const second = await models.ensure('org/repo', { signal });
    expect(second).toMatchObject({ path: first.path, networkBytes: 0 });
    expect(hub.requests).toHaveLength(before);
    expect((await readdir(dirname(first.path))).sort()).toEqual([
      'model.gguf',
      'model.gguf.verified.json',
    ]);
  });

  it('resumes a body that was cut off, by range', async () => {
    hub.holdAfter(100_000);
    const model = await store().ensure('org/repo:model.gguf', {
      signal,
      onProgress: cutAt(100_000),
    });
    expect(sha256(await readFile(model.path))).toBe(sha256(weights));
    expect(hub.downloads.map(({ range }) => range)).toEqual([undefined, 'bytes=100000-']);
    expect(hub.downloads[1]?.ifRange).toBe(`"cdn-${sha256(weights).slice(0, 8)}"`);
    expect(model.networkBytes).toBe(weights.length);
  });

  it('keeps what came before a cancel and goes on from there in the next call', async () => {
    const leaver = new AbortController();
    hub.holdAfter(120_000);
    const error = await failure(
      store().ensure('org/repo:model.gguf', {
        signal: leaver.signal,
        onProgress: ({ receivedBytes }) => {
          if (receivedBytes === 120_000) leaver.abort();
        },
      }),
    );
    expect(error.code).toBe('cancelled');
    const model = await store().ensure('org/repo:model.gguf', { signal });
    expect(hub.downloads.at(-1)?.range).toBe('bytes=120000-');
    expect(sha256(await readFile(model.path))).toBe(sha256(weights));
  });

  it('starts anew when the file changed in mid-download', async () => {
    const renewed = ggufBytes(250_000);
    hub.holdAfter(100_000);
    const cut = cutAt(100_000);
    const model = await store().ensure('org/repo:model.gguf', {
      signal,
      onProgress: (progress) => {
        if (progress.receivedBytes === 100_000) hub.files.set('org/repo/model.gguf', renewed);
        cut(progress);
      },
    });
    expect(sha256(await readFile(model.path))).toBe(sha256(renewed));
  });

  it('starts anew when the CDN ignores ranges or refuses them', async () => {
    hub.holdAfter(100_000);
    hub.cdnFaults.push((_request, response) => {
      response.writeHead(416, { 'content-range': 'bytes */5' }).end();
      return true;
    });
    const model = await store().ensure('org/repo:model.gguf', {
      signal,
      onProgress: cutAt(100_000),
    });
    expect(sha256(await readFile(model.path))).toBe(sha256(weights));
    expect(hub.downloads.map(({ range }) => range)).toEqual([
      undefined,
      'bytes=100000-',
      undefined,
    ]);
  });

  it('follows a renamed repository inside the hub', async () => {
    hub.renamed.set('old/name', 'org/repo');
    const model = await store().ensure('old/name:model.gguf', { signal });
    expect(sha256(await readFile(model.path))).toBe(sha256(weights));
  });

  it('chooses a whole GGUF file by its quantisation when none is named', async () => {
    hub.files.clear();
    for (const name of [
      'a-f16.gguf',
      'a-q8_0.gguf',
      'a-Q4_K_M.gguf',
      'mmproj-Q4_K_M.gguf',
      'README.md',
    ]) {
      hub.files.set(`org/many/${name}`, Buffer.from(name));
    }
    const model = await store().ensure('org/many', { signal });
    expect(model.path).toBe(join(folder, 'org--many', 'a-Q4_K_M.gguf'));
    const rows = await store().list();
    expect(rows.at(-1)).toMatchObject({ state: 'verified', bytes: 13 });
  });
});

describe('refusals of the hub are explained', () => {
  it('401 for a gated repository names HF_TOKEN', async () => {
    hub.token = 'other';
    const error = await failure(store().ensure('org/repo:model.gguf', { signal }));
    expect(error.code).toBe('model-download-failed');
    expect(error.message).toContain('HF_TOKEN');
    expect(error.extra?.['failures']).toMatchObject([
      { source: 'hub', reason: 'hub-gated', http_status: 401 },
    ]);
  });

  it('404 says that there is no such file', async () => {
    const error = await failure(store().ensure('org/repo:none.gguf', { signal }));
    expect(error.message).toContain('no such file');
  });

  it('403 says what the token may not', async () => {
    hub.hubFaults.push(answer(403));
    const error = await failure(store().ensure('org/repo:model.gguf', { signal }));
    expect(error.extra?.['failures']).toMatchObject([{ reason: 'hub-forbidden' }]);
  });

  it('429 waits for a short Retry-After and gives up on a long one', async () => {
    hub.hubFaults.push(answer(429, { 'retry-after': '0' }));
    await store().ensure('org/repo:model.gguf', { signal });
    await rm(folder, { recursive: true });
    hub.hubFaults.push(answer(429, { 'retry-after': '3600' }));
    const error = await failure(store().ensure('org/repo:model.gguf', { signal }));
    expect(error.retryAfterSeconds).toBe(3600);
    expect(error.retryable).toBe(true);
  });

  it('a hub that is not there fails fast', async () => {
    const source = new HubSource({ endpoint: 'http://127.0.0.1:9', backoffMs: 5 });
    const error = await failure(store({ sources: [source] }).ensure('org/repo:x.gguf', { signal }));
    expect(error.message).toContain('cannot be reached');
  });
});

describe('hashes', () => {
  it('refuses bytes that are not the announced ones, naming both hashes, and keeps nothing', async () => {
    const promised = sha256(Buffer.from('something else'));
    hub.announced = promised;
    const error = await failure(store().ensure('org/repo:model.gguf', { signal }));
    expect(error.code).toBe('model-hash-mismatch');
    expect(error.message).toContain(promised);
    expect(error.message).toContain(sha256(weights));
    expect(await readdir(join(folder, 'org--repo'))).toEqual([]);
  });

  it('fetches nothing when the hub announces another hash than the table', async () => {
    const table = [entry(sha256(Buffer.from('the right one')))];
    const error = await failure(store({ table }).ensure('tiny', { signal }));
    expect(error.code).toBe('model-hash-mismatch');
    expect(hub.downloads).toEqual([]);
  });

  it('sets a bad file in the store aside and fetches the right one', async () => {
    await mkdir(join(folder, 'tiny'));
    await writeFile(join(folder, 'tiny', 'tiny.gguf'), 'broken');
    const models = store({ table: [entry(sha256(weights))] });
    const notices: string[] = [];
    const model = await models.ensure('tiny', { signal, onNotice: (text) => notices.push(text) });
    expect(sha256(await readFile(model.path))).toBe(sha256(weights));
    expect(await readFile(`${model.path}.bad`, 'utf8')).toBe('broken');
    expect(notices.join()).toContain(sha256(weights));
    expect(await models.verify('tiny', { signal })).toMatchObject([{ ok: true }]);
    await writeFile(model.path, 'tampered');
    expect(await models.verify('tiny', { signal })).toMatchObject([
      { ok: false, expected: sha256(weights), actual: sha256(Buffer.from('tampered')) },
    ]);
  });

  it('accepts a right file that somebody put there, without the hub', async () => {
    await mkdir(join(folder, 'tiny'));
    await writeFile(join(folder, 'tiny', 'tiny.gguf'), weights);
    const model = await store({ table: [entry(sha256(weights))] }).ensure('tiny', { signal });
    expect(model.networkBytes).toBe(0);
    expect(hub.requests).toEqual([]);
  });
});

describe('local sources', () => {
  it('takes a file from a folder before asking the hub', async () => {
    const stick = await mkdtemp(join(tmpdir(), 'footnote-stick-'));
    await writeFile(join(stick, 'tiny.gguf'), weights);
    const model = await store({
      table: [entry(sha256(weights))],
      localFolders: [stick],
    }).ensure('tiny', { signal });
    expect(sha256(await readFile(model.path))).toBe(sha256(weights));
    expect(hub.requests).toEqual([]);
    await rm(stick, { recursive: true });
  });

  it('goes on to the hub when the local copy is wrong', async () => {
    const stick = await mkdtemp(join(tmpdir(), 'footnote-stick-'));
    await writeFile(join(stick, 'tiny.gguf'), 'wrong');
    const model = await store({
      table: [entry(sha256(weights))],
      localFolders: [stick],
    }).ensure('tiny', { signal });
    expect(sha256(await readFile(model.path))).toBe(sha256(weights));
    await rm(stick, { recursive: true });
  });

  it('uses a path where it lies', async () => {
    const path = join(folder, 'mine.gguf');
    await writeFile(path, weights);
    expect(await store().ensure(path, { signal })).toMatchObject({ name: 'mine', path });
    const error = await failure(store().ensure(join(folder, 'gone.gguf'), { signal }));
    expect(error.code).toBe('model-missing');
  });
});

describe('one download for all', () => {
  it('lets a second call in the same process wait', async () => {
    const models = store();
    const both = await Promise.all([
      models.ensure('org/repo:model.gguf', { signal }),
      store().ensure('org/repo:model.gguf', { signal }),
    ]);
    expect(both.map(({ networkBytes }) => networkBytes).sort((a, b) => a - b)).toEqual([
      0,
      weights.length,
    ]);
    expect(hub.downloads).toHaveLength(1);
  });

  it('lets a second process wait', async () => {
    hub.cdnFaults.push((_request, response, body) => {
      response.writeHead(200, { 'content-length': body.length });
      response.write(body.subarray(0, 1000));
      setTimeout(() => response.end(body.subarray(1000)), 1500);
      return true;
    });
    const code = `
      const { ModelStore } = await import(${JSON.stringify(new URL('./model-store.ts', import.meta.url).href)});
      const store = new ModelStore({ modelDir: process.argv[1], hubEndpoint: process.argv[2] });
      const model = await store.ensure('org/repo:model.gguf', { signal: new AbortController().signal });
      process.stdout.write(String(model.networkBytes));
      process.exit(0);`;
    const run = promisify(execFile);
    const start = () =>
      run(
        process.execPath,
        ['--import', 'tsx', '--input-type=module', '-e', code, folder, hub.endpoint],
        { cwd: packageRoot },
      );
    const outputs = (await Promise.all([start(), start()])).map(({ stdout }) => Number(stdout));
    expect(outputs.sort((a, b) => a - b)).toEqual([0, weights.length]);
    expect(hub.downloads).toHaveLength(1);
  });

  it('takes over the lock of a process that died', async () => {
    const lock = join(folder, 'org--repo', '.lock');
    await mkdir(lock, { recursive: true });
    const longAgo = new Date(Date.now() - 60_000);
    await utimes(lock, longAgo, longAgo);
    await store().ensure('org/repo:model.gguf', { signal });
    expect(existsSync(lock)).toBe(false);
  });

  it('stops waiting when the caller leaves or the wait is over', async () => {
    const lock = join(folder, 'org--repo', '.lock');
    await mkdir(lock, { recursive: true });
    const late = await failure(
      store({ waitTimeoutMs: 400 }).ensure('org/repo:model.gguf', { signal }),
    );
    expect(late.code).toBe('timeout');
    const left = await failure(
      store().ensure('org/repo:model.gguf', { signal: AbortSignal.timeout(200) }),
    );
    expect(left.code).toBe('cancelled');
  });
});
