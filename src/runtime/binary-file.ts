/** A file of weights, read in place: bounds are checked before anything is allocated. */
import type { Hash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { FootnoteError } from '../core/errors.ts';

export class BinaryFile {
  readonly path: string;
  readonly size: number;
  readonly #fd: number;
  readonly #stage: 'generate' | 'rank';

  /**
   * @param stage named by its errors
   * @throws FootnoteError `model-missing` (no such file), `model-invalid` (not a file)
   */
  constructor(path: string, stage: 'generate' | 'rank' = 'generate') {
    this.path = path;
    this.#stage = stage;
    try {
      this.#fd = openSync(path, 'r');
    } catch (error) {
      throw new FootnoteError('model-missing', `${path}: ${(error as Error).message}`, {
        stage,
        cause: error,
      });
    }
    const stat = fstatSync(this.#fd);
    if (!stat.isFile()) {
      closeSync(this.#fd);
      throw this.invalid('not a file');
    }
    this.size = stat.size;
  }

  /**
   * `count` bytes from `offset` of the file.
   * @throws FootnoteError `model-invalid` when the file ends before
   */
  read(offset: number, count: number): Uint8Array {
    if (!(offset >= 0 && count >= 0 && offset + count <= this.size)) {
      throw this.invalid('the file ends inside its contents');
    }
    const bytes = new Uint8Array(count);
    let done = 0;
    while (done < count) {
      const got = readSync(this.#fd, bytes, done, Math.min(count - done, 1 << 30), offset + done);
      if (got === 0) throw this.invalid('the file ends inside its contents');
      done += got;
    }
    return bytes;
  }

  /** Adds the size, the head and 256 evenly spaced blocks: tells contents apart in milliseconds. */
  addFingerprint(hash: Hash, headBytes: number): void {
    hash.update(`${this.size}\n`);
    for (let at = 0; at < headBytes; at += 1 << 24) {
      hash.update(this.read(at, Math.min(1 << 24, headBytes - at)));
    }
    const block = Math.min(4096, this.size);
    for (let index = 0; index < 256; index += 1) {
      hash.update(this.read(Math.floor(((this.size - block) * index) / 255), block));
    }
  }

  /** An error about this file. */
  invalid(what: string): FootnoteError {
    return new FootnoteError('model-invalid', `${this.path}: ${what}`, { stage: this.#stage });
  }

  close(): void {
    closeSync(this.#fd);
  }
}
