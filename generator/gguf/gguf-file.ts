/**
 * Reads the head of a GGUF file (magic, metadata, tensor table) as its specification of version 2 and
 * 3 lays it out, with every length checked against the file before anything is allocated: a damaged
 * or hostile file gives `model-invalid`, never a crash or a large allocation.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { FootnoteError } from '../../src/core/errors.ts';
import { ggmlType, type GgmlType } from './ggml-type.ts';

export type GgufValue = number | bigint | boolean | string | readonly GgufValue[];

export interface GgufTensor {
  readonly name: string;
  readonly type: GgmlType;
  /** Length of a row: the fastest dimension, the input size of a matrix. */
  readonly columns: number;
  /** Product of the other dimensions, the output size of a matrix; 1 for a vector. */
  readonly rows: number;
  /** From the start of the file, in bytes. */
  readonly offset: number;
  readonly bytes: number;
}

const limits = {
  headBytes: 256 * 1024 * 1024,
  keyBytes: 65_535,
  stringBytes: 4 * 1024 * 1024,
  items: 4_000_000,
  entries: 100_000,
  dimension: 2 ** 31,
} as const;
const windowBytes = 1 << 20;
/** Bytes of a scalar by metadata type; strings (8) and arrays (9) take at least their length field. */
const leastBytes = [1, 1, 2, 2, 4, 4, 4, 1, 8, 12, 8, 8, 8] as const;

function invalid(path: string, what: string): FootnoteError {
  return new FootnoteError('model-invalid', `${path}: ${what}`, { stage: 'generate' });
}

/** Sequential reads through a small window; knows where the file ends. */
class HeadReader {
  readonly #fd: number;
  readonly #path: string;
  readonly #size: number;
  #window = Buffer.alloc(0);
  #windowStart = 0;
  position = 0;

  constructor(fd: number, path: string, size: number) {
    this.#fd = fd;
    this.#path = path;
    this.#size = size;
  }

  get left(): number {
    return Math.min(this.#size, limits.headBytes) - this.position;
  }

  take(count: number): Buffer {
    if (count > this.left) throw invalid(this.#path, 'the file ends inside its header');
    const from = this.position - this.#windowStart;
    if (from < 0 || from + count > this.#window.length) {
      const want = Math.min(Math.max(count, windowBytes), this.#size - this.position);
      const window = Buffer.alloc(want);
      let read = 0;
      while (read < want) {
        const got = readSync(this.#fd, window, read, want - read, this.position + read);
        if (got === 0) throw invalid(this.#path, 'the file ends inside its header');
        read += got;
      }
      this.#window = window;
      this.#windowStart = this.position;
    }
    const start = this.position - this.#windowStart;
    this.position += count;
    return this.#window.subarray(start, start + count);
  }

  u32(): number {
    return this.take(4).readUInt32LE();
  }

  /** An unsigned 64-bit length that must not exceed `limit`. */
  length(limit: number, what: string): number {
    const value = this.take(8).readBigUInt64LE();
    if (value > BigInt(limit)) throw invalid(this.#path, `${what} of ${value} is too large`);
    return Number(value);
  }

  text(limit: number): string {
    return this.take(this.length(limit, 'a string length')).toString('utf8');
  }

  value(type: number, depth = 0): GgufValue {
    switch (type) {
      case 0:
        return this.take(1).readUInt8();
      case 1:
        return this.take(1).readInt8();
      case 2:
        return this.take(2).readUInt16LE();
      case 3:
        return this.take(2).readInt16LE();
      case 4:
        return this.u32();
      case 5:
        return this.take(4).readInt32LE();
      case 6:
        return this.take(4).readFloatLE();
      case 7:
        return this.take(1).readUInt8() !== 0;
      case 8:
        return this.text(limits.stringBytes);
      case 9:
        return this.#array(depth);
      case 10:
        return safe(this.take(8).readBigUInt64LE());
      case 11:
        return safe(this.take(8).readBigInt64LE());
      case 12:
        return this.take(8).readDoubleLE();
      default:
        throw invalid(this.#path, `metadata type ${type} is unknown`);
    }
  }

  #array(depth: number): GgufValue[] {
    if (depth > 1) throw invalid(this.#path, 'metadata arrays are nested too deeply');
    const type = this.u32();
    const count = this.length(limits.items, 'an array length');
    if (count * (leastBytes[type] ?? 1) > this.left) {
      throw invalid(this.#path, 'an array is longer than the file');
    }
    const values: GgufValue[] = [];
    for (let index = 0; index < count; index += 1) values.push(this.value(type, depth + 1));
    return values;
  }
}

const safe = (value: bigint): number | bigint =>
  value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER)
    ? Number(value)
    : value;

/** An open GGUF file. Close it when the weights have been read. */
export class GgufFile {
  readonly path: string;
  readonly size: number;
  /** Bytes of the header (everything before the tensor data). */
  readonly headBytes: number;
  readonly metadata: ReadonlyMap<string, GgufValue>;
  readonly tensors: ReadonlyMap<string, GgufTensor>;
  readonly #fd: number;

  /** @throws FootnoteError `model-missing` (no such file), `model-invalid` (anything wrong in it) */
  constructor(path: string) {
    this.path = path;
    try {
      this.#fd = openSync(path, 'r');
    } catch (error) {
      throw new FootnoteError('model-missing', `${path}: ${(error as Error).message}`, {
        stage: 'generate',
        cause: error,
      });
    }
    try {
      const stat = fstatSync(this.#fd);
      if (!stat.isFile()) throw invalid(path, 'not a file');
      this.size = stat.size;
      const reader = new HeadReader(this.#fd, path, stat.size);
      if (reader.take(4).toString('latin1') !== 'GGUF') throw invalid(path, 'not a GGUF file');
      const version = reader.u32();
      if (version !== 2 && version !== 3) throw invalid(path, `GGUF version ${version} is unknown`);
      const tensorCount = reader.length(limits.entries, 'a tensor count');
      const entryCount = reader.length(limits.entries, 'a metadata count');
      const metadata = new Map<string, GgufValue>();
      for (let index = 0; index < entryCount; index += 1) {
        const key = reader.text(limits.keyBytes);
        metadata.set(key, reader.value(reader.u32()));
      }
      this.metadata = metadata;
      this.tensors = this.#readTensors(reader, tensorCount);
      this.headBytes = reader.position;
    } catch (error) {
      closeSync(this.#fd);
      throw error;
    }
  }

  #readTensors(reader: HeadReader, count: number): Map<string, GgufTensor> {
    const found: (Omit<GgufTensor, 'offset'> & { relative: number })[] = [];
    for (let index = 0; index < count; index += 1) {
      const name = reader.text(limits.keyBytes);
      const rank = reader.u32();
      if (rank < 1 || rank > 4) throw invalid(this.path, `${name}: ${rank} dimensions`);
      const dims: number[] = [];
      for (let axis = 0; axis < rank; axis += 1) {
        dims.push(reader.length(limits.dimension, `a dimension of ${name}`));
      }
      const typeId = reader.u32();
      const type = ggmlType(typeId);
      if (type === undefined) throw invalid(this.path, `${name}: tensor type ${typeId} is unknown`);
      const relative = reader.length(this.size, `the offset of ${name}`);
      const columns = dims[0] ?? 0;
      const rows = dims.slice(1).reduce((product, dim) => product * dim, 1);
      const bytes = (rows * columns * type.blockBytes) / type.blockValues;
      if (columns < 1 || rows < 1 || columns % type.blockValues !== 0 || bytes > this.size) {
        throw invalid(this.path, `${name}: shape ${dims.join('x')} is impossible`);
      }
      found.push({ name, type, columns, rows, relative, bytes });
    }
    const declared = this.metadata.get('general.alignment') ?? 32;
    const alignment = typeof declared === 'number' ? declared : 0;
    if (!Number.isInteger(alignment) || alignment < 1 || alignment > 65_536) {
      throw invalid(this.path, 'general.alignment is not usable');
    }
    const dataStart = Math.ceil(reader.position / alignment) * alignment;
    const tensors = new Map<string, GgufTensor>();
    for (const { relative, ...tensor } of found) {
      const offset = dataStart + relative;
      if (offset + tensor.bytes > this.size) {
        throw invalid(this.path, `${tensor.name} reaches past the end of the file (truncated?)`);
      }
      if (tensors.has(tensor.name)) throw invalid(this.path, `${tensor.name} stands twice`);
      tensors.set(tensor.name, { ...tensor, offset });
    }
    return tensors;
  }

  /** `count` bytes from `offset` of the file. */
  read(offset: number, count: number): Uint8Array {
    const bytes = new Uint8Array(count);
    let done = 0;
    while (done < count) {
      const got = readSync(this.#fd, bytes, done, Math.min(count - done, 1 << 30), offset + done);
      if (got === 0) throw invalid(this.path, 'the file ends inside its weights');
      done += got;
    }
    return bytes;
  }

  /** A number of the metadata, or undefined where the key is absent. */
  number(key: string): number | undefined {
    const value = this.metadata.get(key);
    if (value === undefined) return undefined;
    if (typeof value !== 'number') throw invalid(this.path, `${key} is not a usable number`);
    return value;
  }

  text(key: string): string | undefined {
    const value = this.metadata.get(key);
    if (value === undefined) return undefined;
    if (typeof value !== 'string') throw invalid(this.path, `${key} is not a string`);
    return value;
  }

  /** A list of strings or numbers; undefined where the key is absent. */
  list(key: string, kind: 'string'): readonly string[] | undefined;
  list(key: string, kind: 'number'): readonly number[] | undefined;
  list(key: string, kind: 'string' | 'number'): readonly (string | number)[] | undefined {
    const value = this.metadata.get(key);
    if (value === undefined) return undefined;
    if (!Array.isArray(value)) throw invalid(this.path, `${key} is not a list`);
    const items = value as readonly GgufValue[];
    if (items.some((item) => typeof item !== kind)) {
      throw invalid(this.path, `${key} is not a list of ${kind}s`);
    }
    return items as readonly (string | number)[];
  }

  /** An error about this file. */
  invalid(what: string): FootnoteError {
    return invalid(this.path, what);
  }

  close(): void {
    closeSync(this.#fd);
  }
}
