import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';
import { abortReason } from '../../core/deadline.ts';

const CHUNK_BYTES = 1 << 20;

/** sha256 (hex) of a file or of its first `bytes` bytes, read in 1 MiB pieces. Throws `cancelled`/`timeout`. */
export async function hashFile(
  path: string,
  signal: AbortSignal,
  onBytes?: (bytes: number) => void,
): Promise<string> {
  const hash = createHash('sha256');
  await hashInto(hash, path, Number.POSITIVE_INFINITY, signal, onBytes);
  return hash.digest('hex');
}

async function hashInto(
  hash: Hash,
  path: string,
  bytes: number,
  signal: AbortSignal,
  onBytes?: (bytes: number) => void,
): Promise<void> {
  if (bytes === 0) return;
  let done = 0;
  const stream = createReadStream(path, {
    highWaterMark: CHUNK_BYTES,
    ...(Number.isFinite(bytes) ? { end: bytes - 1 } : {}),
  });
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    if (signal.aborted) throw abortReason(signal);
    hash.update(chunk);
    done += chunk.length;
    onBytes?.(done);
  }
}

/** Size of a file in bytes; 0 where there is none. */
export async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch {
    return 0;
  }
}

/**
 * Appends to a partial file and hashes while it writes; the bytes that are already there are kept and
 * hashed first. Always `close` it.
 */
export class PartWriter {
  readonly #path: string;
  readonly #handle: FileHandle;
  #hash: Hash;
  #bytes: number;

  private constructor(path: string, handle: FileHandle, hash: Hash, bytes: number) {
    this.#path = path;
    this.#handle = handle;
    this.#hash = hash;
    this.#bytes = bytes;
  }

  /** Opens `path`, keeping its first `keepBytes` bytes (never more than it has) and cutting the rest. */
  static async open(path: string, keepBytes: number, signal: AbortSignal): Promise<PartWriter> {
    const bytes = Math.min(keepBytes, await sizeOf(path));
    const hash = createHash('sha256');
    await hashInto(hash, path, bytes, signal);
    const handle = await open(path, bytes === 0 ? 'w' : 'r+');
    await handle.truncate(bytes);
    return new PartWriter(path, handle, hash, bytes);
  }

  get bytes(): number {
    return this.#bytes;
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.#hash.update(chunk);
    let written = 0;
    while (written < chunk.length) {
      const { bytesWritten } = await this.#handle.write(
        chunk,
        written,
        chunk.length - written,
        this.#bytes + written,
      );
      written += bytesWritten;
    }
    this.#bytes += chunk.length;
  }

  /** Cuts the file back to its first `keepBytes` bytes. */
  async rewind(keepBytes: number, signal: AbortSignal): Promise<void> {
    if (keepBytes === this.#bytes) return;
    await this.#handle.truncate(keepBytes);
    this.#hash = createHash('sha256');
    await hashInto(this.#hash, this.#path, keepBytes, signal);
    this.#bytes = keepBytes;
  }

  /** sha256 of everything written so far, in hex. */
  digest(): string {
    return this.#hash.copy().digest('hex');
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}
