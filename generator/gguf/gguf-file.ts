/**
 * Reads the head of a GGUF file (magic, metadata, tensor table) as its specification of version 2 and
 * 3 lays it out, with every length checked against the file before anything is allocated: a damaged
 * or hostile file gives `model-invalid`, never a crash or a large allocation.
 */
import type { Hash } from 'node:crypto';
import type { FootnoteError } from '../../src/core/errors.ts';
import { BinaryFile } from '../../src/runtime/binary-file.ts';
import type { WeightSource, WeightTensor } from '../weights/weight-source.ts';
import { ggmlType } from './ggml-type.ts';

export type GgufValue = number | bigint | boolean | string | readonly GgufValue[];

export interface GgufTensor extends WeightTensor {
  /** From the start of the file, in bytes. */
  readonly offset: number;
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

/** Sequential reads through a small window; knows where the file ends. */
class HeadReader {
  readonly #file: BinaryFile;
  #window: Buffer = Buffer.alloc(0);
  #windowStart = 0;
  position = 0;

  constructor(file: BinaryFile) {
    this.#file = file;
  }

  get left(): number {
    return Math.min(this.#file.size, limits.headBytes) - this.position;
  }

  take(count: number): Buffer {
    if (count > this.left) throw this.#file.invalid('the file ends inside its header');
    const from = this.position - this.#windowStart;
    if (from < 0 || from + count > this.#window.length) {
      const want = Math.min(Math.max(count, windowBytes), this.#file.size - this.position);
      this.#window = Buffer.from(this.#file.read(this.position, want).buffer);
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
    if (value > BigInt(limit)) throw this.#file.invalid(`${what} of ${value} is too large`);
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
        throw this.#file.invalid(`metadata type ${type} is unknown`);
    }
  }

  #array(depth: number): GgufValue[] {
    if (depth > 1) throw this.#file.invalid('metadata arrays are nested too deeply');
    const type = this.u32();
    const count = this.length(limits.items, 'an array length');
    if (count * (leastBytes[type] ?? 1) > this.left) {
      throw this.#file.invalid('an array is longer than the file');
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
export class GgufFile implements WeightSource {
  readonly path: string;
  readonly size: number;
  /** Bytes of the header (everything before the tensor data). */
  readonly headBytes: number;
  readonly metadata: ReadonlyMap<string, GgufValue>;
  readonly tensors: ReadonlyMap<string, GgufTensor>;
  readonly #file: BinaryFile;

  /** @throws FootnoteError `model-missing` (no such file), `model-invalid` (anything wrong in it) */
  constructor(path: string) {
    this.#file = new BinaryFile(path);
    this.path = path;
    this.size = this.#file.size;
    try {
      const reader = new HeadReader(this.#file);
      if (reader.take(4).toString('latin1') !== 'GGUF') throw this.invalid('not a GGUF file');
      const version = reader.u32();
      if (version !== 2 && version !== 3) throw this.invalid(`GGUF version ${version} is unknown`);
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
      this.#file.close();
      throw error;
    }
  }

  #readTensors(reader: HeadReader, count: number): Map<string, GgufTensor> {
    const found: (Omit<GgufTensor, 'offset'> & { relative: number })[] = [];
    for (let index = 0; index < count; index += 1) {
      const name = reader.text(limits.keyBytes);
      const rank = reader.u32();
      if (rank < 1 || rank > 4) throw this.invalid(`${name}: ${rank} dimensions`);
      const dims: number[] = [];
      for (let axis = 0; axis < rank; axis += 1) {
        dims.push(reader.length(limits.dimension, `a dimension of ${name}`));
      }
      const typeId = reader.u32();
      const type = ggmlType(typeId);
      if (type === undefined) throw this.invalid(`${name}: tensor type ${typeId} is unknown`);
      const relative = reader.length(this.size, `the offset of ${name}`);
      const columns = dims[0] ?? 0;
      const rows = dims.slice(1).reduce((product, dim) => product * dim, 1);
      const bytes = (rows * columns * type.blockBytes) / type.blockValues;
      if (columns < 1 || rows < 1 || columns % type.blockValues !== 0 || bytes > this.size) {
        throw this.invalid(`${name}: shape ${dims.join('x')} is impossible`);
      }
      found.push({ name, type, columns, rows, relative, bytes });
    }
    const declared = this.metadata.get('general.alignment') ?? 32;
    const alignment = typeof declared === 'number' ? declared : 0;
    if (!Number.isInteger(alignment) || alignment < 1 || alignment > 65_536) {
      throw this.invalid('general.alignment is not usable');
    }
    const dataStart = Math.ceil(reader.position / alignment) * alignment;
    const tensors = new Map<string, GgufTensor>();
    for (const { relative, ...tensor } of found) {
      const offset = dataStart + relative;
      if (offset + tensor.bytes > this.size) {
        throw this.invalid(`${tensor.name} reaches past the end of the file (truncated?)`);
      }
      if (tensors.has(tensor.name)) throw this.invalid(`${tensor.name} stands twice`);
      tensors.set(tensor.name, { ...tensor, offset });
    }
    return tensors;
  }

  /** `count` bytes from `offset` of the file. */
  read(offset: number, count: number): Uint8Array {
    return this.#file.read(offset, count);
  }

  readTensor(tensor: WeightTensor, from: number, count: number): Uint8Array {
    const { offset } = this.tensors.get(tensor.name) as GgufTensor;
    return this.#file.read(offset + from, count);
  }

  addFingerprint(hash: Hash): void {
    this.#file.addFingerprint(hash, this.headBytes);
  }

  /** A number of the metadata, or undefined where the key is absent. */
  number(key: string): number | undefined {
    const value = this.metadata.get(key);
    if (value === undefined) return undefined;
    if (typeof value !== 'number') throw this.invalid(`${key} is not a usable number`);
    return value;
  }

  text(key: string): string | undefined {
    const value = this.metadata.get(key);
    if (value === undefined) return undefined;
    if (typeof value !== 'string') throw this.invalid(`${key} is not a string`);
    return value;
  }

  /** A list of strings or numbers; undefined where the key is absent. */
  list(key: string, kind: 'string'): readonly string[] | undefined;
  list(key: string, kind: 'number'): readonly number[] | undefined;
  list(key: string, kind: 'string' | 'number'): readonly (string | number)[] | undefined {
    const value = this.metadata.get(key);
    if (value === undefined) return undefined;
    if (!Array.isArray(value)) throw this.invalid(`${key} is not a list`);
    const items = value as readonly GgufValue[];
    if (items.some((item) => typeof item !== kind)) {
      throw this.invalid(`${key} is not a list of ${kind}s`);
    }
    return items as readonly (string | number)[];
  }

  /** An error about this file. */
  invalid(what: string): FootnoteError {
    return this.#file.invalid(what);
  }

  close(): void {
    this.#file.close();
  }
}
