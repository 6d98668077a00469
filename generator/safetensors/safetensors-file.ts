/** A safetensors file as a source of weights. */
import type { Hash } from 'node:crypto';
import type { FootnoteError } from '../../src/core/errors.ts';
import { BinaryFile } from '../../src/runtime/binary-file.ts';
import { readSafetensorsHeader, type SafetensorsPlace } from '../../src/runtime/safetensors.ts';
import { ggmlType, type GgmlType } from '../gguf/ggml-type.ts';
import type { WeightSource, WeightTensor } from '../weights/weight-source.ts';

const weightTypes: ReadonlyMap<string, GgmlType | undefined> = new Map([
  ['F32', ggmlType(0)],
  ['F16', ggmlType(1)],
  ['BF16', ggmlType(30)],
]);

interface Placed extends WeightTensor {
  /** From the start of the file, in bytes. */
  readonly offset: number;
}

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
      const { headBytes, places } = readSafetensorsHeader(this.#file);
      this.headBytes = headBytes;
      this.tensors = new Map([...places].flatMap(([name, place]) => weightOf(name, place)));
    } catch (error) {
      this.#file.close();
      throw error;
    }
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

function weightOf(name: string, place: SafetensorsPlace): readonly (readonly [string, Placed])[] {
  const { dtype, shape, count, offset, bytes } = place;
  const type = weightTypes.get(dtype);
  if (type === undefined || count === 0) return [];
  const columns = shape.at(-1) ?? 1;
  return [[name, { name, type, columns, rows: count / columns, bytes, offset }]];
}
