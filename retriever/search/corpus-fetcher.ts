import { constants } from 'node:fs';
import { open, realpath, type FileHandle } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { abortReason } from '../../src/core/deadline.ts';
import { FootnoteError } from '../../src/core/errors.ts';
import type { FetchedPage } from '../../src/core/nouns.ts';
import type { CallOptions, Fetcher } from '../../src/core/seams.ts';
import { CORPUS_TYPES, corpusRoot } from './corpus-files.ts';

export interface CorpusFetcherOptions {
  /** The corpus folder. */
  readonly folder: string;
  /** Largest file read, in bytes; default 5 MB. */
  readonly maxBytes?: number | undefined;
}

const CHUNK = 256 * 1024;

/**
 * Reads `file:` URLs strictly inside one folder: the real path decides, so neither `..` nor a symbolic
 * link leads out. Only the corpus' kinds of file are read; the content type follows the extension.
 */
export class CorpusFetcher implements Fetcher {
  readonly #folder: string;
  readonly #maxBytes: number;

  constructor(options: CorpusFetcherOptions) {
    this.#folder = options.folder;
    this.#maxBytes = options.maxBytes ?? 5_000_000;
  }

  /**
   * @throws FootnoteError `url-refused` (not a file: URL, outside the folder, not a regular file of a
   *   known kind), `fetch-failed` (gone or unreadable), `page-too-large`, `cancelled`, `config-invalid`
   */
  async fetch(url: string, options: CallOptions): Promise<FetchedPage> {
    const { signal } = options;
    if (signal.aborted) throw abortReason(signal);
    const root = await corpusRoot(this.#folder);
    const wanted = pathOf(url);
    let path: string;
    try {
      path = await realpath(wanted);
    } catch (error) {
      // Nothing is told about what exists outside.
      if (!isInside(wanted, root) && !isInside(wanted, this.#folder)) throw refused(url);
      throw failed(url, error as Error);
    }
    const contentType = CORPUS_TYPES[extname(path).toLowerCase()];
    if (!isInside(path, root) || contentType === undefined) throw refused(url);
    let file: FileHandle;
    try {
      // No link may take the file's place meanwhile, and a pipe must not hold the thread.
      file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    } catch (error) {
      throw failed(url, error as Error);
    }
    try {
      const found = await file.stat();
      if (!found.isFile()) throw refused(url);
      return {
        url,
        finalUrl: pathToFileURL(path).href,
        status: 200,
        contentType,
        body: await this.#read(file, url, signal),
        fetchedAt: new Date().toISOString(),
        rendered: false,
        lastModified: found.mtime.toISOString(),
      };
    } finally {
      await file.close();
    }
  }

  async #read(file: FileHandle, url: string, signal: AbortSignal): Promise<Uint8Array> {
    const chunks: Buffer[] = [];
    let bytes = 0;
    for (;;) {
      if (signal.aborted) throw abortReason(signal);
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(CHUNK), 0, CHUNK, null);
      if (bytesRead === 0) return Buffer.concat(chunks);
      bytes += bytesRead;
      if (bytes > this.#maxBytes) {
        throw new FootnoteError(
          'page-too-large',
          `${url} has more than ${this.#maxBytes} bytes; raise FOOTNOTE_MAX_PAGE_BYTES to read it`,
          { stage: 'fetch' },
        );
      }
      chunks.push(buffer.subarray(0, bytesRead));
    }
  }
}

/** The `file:` URL of a corpus file. */
export function corpusUrl(root: string, path: string): string {
  return pathToFileURL(join(root, path)).href;
}

function pathOf(url: string): string {
  try {
    const parsed = new URL(url);
    if (parsed.protocol === 'file:' && parsed.host === '') return fileURLToPath(parsed);
  } catch {
    // Refused below, as everything else that is no path.
  }
  throw refused(url);
}

function isInside(path: string, root: string): boolean {
  return path.startsWith(root.endsWith(sep) ? root : root + sep);
}

function refused(url: string): FootnoteError {
  return new FootnoteError('url-refused', `${url} is not a readable file of the corpus folder`, {
    stage: 'fetch',
  });
}

function failed(url: string, cause: Error): FootnoteError {
  return new FootnoteError('fetch-failed', `${url} cannot be read: ${cause.message}`, {
    stage: 'fetch',
    cause,
  });
}
