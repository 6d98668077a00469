/**
 * Reads a safetensors file as its format is published: a 64-bit header length, a JSON header that
 * names each tensor's type, shape and place, then the bytes without gap or overlap. Everything is
 * checked against the file before it is used: a damaged or hostile file gives `model-invalid`.
 */
import type { Hash } from 'node:crypto';
import type { FootnoteError } from '../../src/core/errors.ts';
import { ggmlType, type GgmlType } from '../gguf/ggml-type.ts';
import { BinaryFile } from '../weights/binary-file.ts';
import type { WeightSource, WeightTensor } from '../weights/weight-source.ts';

/** Headers of real models stay below 2 MB; the format itself allows 100 MB. */
const longestHeader = 32 * 1024 * 1024;
const mostTensors = 200_000;
const largestDimension = 2 ** 40;

const weightTypes: Readonly<Record<string, GgmlType | undefined>> = {
  F32: ggmlType(0),
  F16: ggmlType(1),
  BF16: ggmlType(30),
};
/** Bits of a value of the other types: such tensors are checked, and then passed over. */
const otherBits: Readonly<Record<string, number>> = {
  F64: 64,
  I64: 64,
  U64: 64,
  I32: 32,
  U32: 32,
  I16: 16,
  U16: 16,
  I8: 8,
  U8: 8,
  BOOL: 8,
  F8_E4M3: 8,
  F8_E5M2: 8,
  F8_E8M0: 8,
  C64: 64,
};

interface Placed extends WeightTensor {
  /** From the start of the file, in bytes. */
  readonly offset: number;
}

const isCount = (value: unknown, most: number): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most;

/** An open safetensors file. Tensors of types that are no weights (I64, U8, …) are left out. */
export class SafetensorsFile implements WeightSource {
  readonly path: string;
  readonly tensors: ReadonlyMap<string, Placed>;
  /** Bytes of the length field and the header. */
  readonly headBytes: number;
  readonly #file: BinaryFile;

  /** @throws FootnoteError `model-missing` (no such file), `model-invalid` (anything wrong in it) */
  constructor(path: string) {
    this.path = path;
    this.#file = new BinaryFile(path);
    try {
      const length = Buffer.from(this.#file.read(0, 8)).readBigUInt64LE();
      if (length > BigInt(Math.min(longestHeader, this.#file.size - 8))) {
        throw this.invalid(`a header of ${length} bytes is too large`);
      }
      this.headBytes = 8 + Number(length);
      this.tensors = this.#readHeader(this.#file.read(8, Number(length)));
    } catch (error) {
      this.#file.close();
      throw error;
    }
  }

  #readHeader(bytes: Uint8Array): Map<string, Placed> {
    let header: unknown;
    try {
      header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    } catch (error) {
      throw this.invalid(`the header is not JSON: ${(error as Error).message.slice(0, 100)}`);
    }
    if (typeof header !== 'object' || header === null || Array.isArray(header)) {
      throw this.invalid('the header is not an object');
    }
    const entries = Object.entries(header).filter(([name]) => name !== '__metadata__');
    if (entries.length > mostTensors) throw this.invalid(`${entries.length} tensors are too many`);
    const tensors = new Map<string, Placed>();
    const places: (readonly [begin: number, end: number])[] = [];
    for (const [name, value] of entries) {
      const { tensor, begin, end } = this.#readEntry(name.slice(0, 200), value);
      places.push([begin, end]);
      if (tensor !== null) tensors.set(name, { ...tensor, name });
    }
    places.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    let at = 0;
    for (const [begin, end] of places) {
      if (begin !== at) throw this.invalid('its tensors overlap or leave gaps');
      at = end;
    }
    if (this.headBytes + at !== this.#file.size) {
      throw this.invalid('the file is not as long as its tensors (truncated?)');
    }
    return tensors;
  }

  #readEntry(
    name: string,
    value: unknown,
  ): { readonly tensor: Placed | null; readonly begin: number; readonly end: number } {
    const entry = (typeof value === 'object' && value !== null ? value : {}) as {
      readonly dtype?: unknown;
      readonly shape?: unknown;
      readonly data_offsets?: unknown;
    };
    const { dtype, shape, data_offsets: offsets } = entry;
    if (typeof dtype !== 'string' || !Array.isArray(shape) || !Array.isArray(offsets)) {
      throw this.invalid(`${name}: its entry is incomplete`);
    }
    const dims = shape as readonly unknown[];
    const [begin, end, more] = offsets as readonly unknown[];
    const room = this.#file.size - this.headBytes;
    if (!isCount(begin, room) || !isCount(end, room) || end < begin || more !== undefined) {
      throw this.invalid(`${name}: it reaches past the end of the file (truncated?)`);
    }
    if (dims.length > 8 || !dims.every((dim): dim is number => isCount(dim, largestDimension))) {
      throw this.invalid(`${name}: its shape is impossible`);
    }
    const type = Object.hasOwn(weightTypes, dtype) ? weightTypes[dtype] : undefined;
    const bits =
      type === undefined
        ? Object.hasOwn(otherBits, dtype)
          ? otherBits[dtype]
          : undefined
        : type.blockBytes * 8;
    if (bits === undefined) throw this.invalid(`${name}: type ${dtype.slice(0, 20)} is unknown`);
    const count = dims.reduce((product, dim) => product * dim, 1);
    if ((count * bits) / 8 !== end - begin) {
      throw this.invalid(`${name}: its shape does not fit its bytes`);
    }
    if (type === undefined || count === 0) return { tensor: null, begin, end };
    const columns = dims.at(-1) ?? 1;
    const offset = this.headBytes + begin;
    return {
      tensor: { name, type, columns, rows: count / columns, bytes: end - begin, offset },
      begin,
      end,
    };
  }

  readTensor(tensor: WeightTensor, from: number, count: number): Uint8Array {
    const { offset } = this.tensors.get(tensor.name) as Placed;
    return this.#file.read(offset + from, count);
  }

  addFingerprint(hash: Hash): void {
    this.#file.addFingerprint(hash, this.headBytes);
  }

  invalid(what: string): FootnoteError {
    return this.#file.invalid(what);
  }

  close(): void {
    this.#file.close();
  }
}
