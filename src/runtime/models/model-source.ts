/**
 * The seam between the model store and the places that files come from. A source writes one file to
 * a partial file of its own and resumes what an earlier try left there.
 */
import type { CallOptions } from '../../core/seams.ts';
import type { ModelEntry, ModelFile } from './model-table.ts';

interface FetchProgress {
  /** Bytes of the file that are here, the resumed part included. */
  readonly receivedBytes: number;
  readonly totalBytes: number | null;
}

export interface FetchFileOptions extends CallOptions {
  readonly onProgress?: ((progress: FetchProgress) => void) | undefined;
  /** Things worth telling the user while it goes on: a retry, a restart from zero. */
  readonly onNotice?: ((message: string) => void) | undefined;
}

export interface FetchedFile {
  readonly bytes: number;
  /** sha256 of what lies in the target, computed while it streamed. */
  readonly sha256: string;
  /** The hash that the source itself announces for the file, where it does. */
  readonly announcedSha256: string | null;
  /** Bytes that came over the network in this call. */
  readonly networkBytes: number;
}

export interface ModelSource {
  readonly name: 'path' | 'hub' | 'pip';
  /** Whether this source knows a place for the file at all; asks nobody. */
  offers(entry: ModelEntry, file: ModelFile): boolean;
  /**
   * Writes the file to `targetFile`, resuming the bytes an earlier call left there.
   * @throws FootnoteError `model-download-failed` (with `extra.reason` and, for HTTP, `extra.http_status`),
   * `model-hash-mismatch`, `timeout`, `cancelled`.
   */
  fetch(
    entry: ModelEntry,
    file: ModelFile,
    targetFile: string,
    options: FetchFileOptions,
  ): Promise<FetchedFile>;
}
