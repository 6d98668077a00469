import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { abortReason } from '../../core/deadline.ts';
import { FootnoteError } from '../../core/errors.ts';
import type { FetchedFile, FetchFileOptions, ModelSource } from './model-source.ts';
import type { ModelEntry, ModelFile } from './model-table.ts';
import { PartWriter, sizeOf } from './part-writer.ts';

/**
 * Copies files from folders of this machine (a USB stick, a shared disk): `<folder>/<file>`,
 * `<folder>/<model>/<file>`, or the file under its hub name. For machines without any network.
 */
export class PathSource implements ModelSource {
  readonly name = 'path';
  readonly #folders: readonly string[];

  constructor(folders: readonly string[]) {
    this.#folders = folders;
  }

  offers(entry: ModelEntry, file: ModelFile): boolean {
    return this.#find(entry, file) !== null;
  }

  async fetch(
    entry: ModelEntry,
    file: ModelFile,
    targetFile: string,
    options: FetchFileOptions,
  ): Promise<FetchedFile> {
    const found = this.#find(entry, file);
    if (found === null) {
      throw new FootnoteError(
        'model-download-failed',
        `${file.name} is not in ${this.#folders.join(', ')}`,
        { stage: 'models', extra: { reason: 'path-not-found' } },
      );
    }
    const totalBytes = await sizeOf(found);
    const writer = await PartWriter.open(targetFile, 0, options.signal);
    try {
      for await (const chunk of createReadStream(found, {
        highWaterMark: 1 << 20,
      }) as AsyncIterable<Buffer>) {
        if (options.signal.aborted) throw abortReason(options.signal);
        await writer.write(chunk);
        options.onProgress?.({ receivedBytes: writer.bytes, totalBytes });
      }
      return {
        bytes: writer.bytes,
        sha256: writer.digest(),
        announcedSha256: null,
        networkBytes: 0,
      };
    } finally {
      await writer.close();
    }
  }

  #find(entry: ModelEntry, file: ModelFile): string | null {
    const names = [
      file.name,
      join(entry.name, file.name),
      ...file.locations.flatMap((one) => (one.kind === 'hub' ? [one.file] : [])),
    ];
    for (const folder of this.#folders) {
      for (const name of names) {
        const path = join(folder, name);
        if (existsSync(path)) return path;
      }
    }
    return null;
  }
}
