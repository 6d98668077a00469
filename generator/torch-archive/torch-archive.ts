/**
 * Weights as `torch.save` writes them since version 1.6 (`pytorch_model.bin`): a zip archive of plain
 * members with a pickle that describes the tensors. The pickle is read, never executed.
 */
import type { Hash } from 'node:crypto';
import type { FootnoteError } from '../../src/core/errors.ts';
import { ggmlType, type GgmlType } from '../gguf/ggml-type.ts';
import { BinaryFile } from '../../src/runtime/binary-file.ts';
import type { WeightSource, WeightTensor } from '../weights/weight-source.ts';
import { readStateDict, type PickledTensor } from './read-state-dict.ts';
import { readZipDirectory, type ZipMember } from './zip-directory.ts';

const longestPickle = 32 * 1024 * 1024;

const weightTypes: Readonly<Record<string, GgmlType | undefined>> = {
  FloatStorage: ggmlType(0),
  HalfStorage: ggmlType(1),
  BFloat16Storage: ggmlType(30),
};

interface Placed extends WeightTensor {
  /** From the start of the file, in bytes. */
  readonly offset: number;
}

/** An open archive. Tensors of types that are no weights (LongStorage, …) are left out. */
export class TorchArchive implements WeightSource {
  readonly path: string;
  readonly tensors: ReadonlyMap<string, Placed>;
  readonly #file: BinaryFile;

  /**
   * @throws FootnoteError `model-missing` (no such file), `model-invalid` (damaged, not torch's zip
   *   format, or a pickle that does anything but describe tensors)
   */
  constructor(path: string) {
    this.path = path;
    this.#file = new BinaryFile(path);
    try {
      this.tensors = this.#readTensors(readZipDirectory(this.#file));
    } catch (error) {
      this.#file.close();
      throw error;
    }
  }

  #readTensors(members: ReadonlyMap<string, ZipMember>): Map<string, Placed> {
    const pickleName = [...members.keys()].find((name) => /^[^/]*\/data\.pkl$/u.test(name));
    const pickle = members.get(pickleName ?? '');
    if (pickleName === undefined || pickle === undefined) throw this.invalid('it has no data.pkl');
    if (pickle.bytes > longestPickle) throw this.invalid('its pickle is too long');
    const root = pickleName.slice(0, -'data.pkl'.length);
    const order = members.get(`${root}byteorder`);
    if (order !== undefined && order.bytes <= 16) {
      const text = Buffer.from(this.#file.read(order.offset, order.bytes)).toString('latin1');
      if (text.trim() !== 'little') throw this.invalid(`its byte order is not little`);
    }
    let described: ReadonlyMap<string, PickledTensor>;
    try {
      described = readStateDict(this.#file.read(pickle.offset, pickle.bytes));
    } catch (error) {
      throw this.invalid(`its pickle is refused: ${(error as Error).message}`);
    }
    const tensors = new Map<string, Placed>();
    for (const [name, tensor] of described) {
      const placed = this.#place(name, tensor, members.get(`${root}data/${tensor.storage.key}`));
      if (placed !== null) tensors.set(name, placed);
    }
    return tensors;
  }

  #place(name: string, tensor: PickledTensor, member: ZipMember | undefined): Placed | null {
    const shown = name.slice(0, 200);
    const { shape, strides, storage } = tensor;
    const type = Object.hasOwn(weightTypes, storage.type) ? weightTypes[storage.type] : undefined;
    const count = shape.reduce((product, dim) => product * dim, 1);
    if (type === undefined || count === 0) return null;
    const size = type.blockBytes;
    if (member === undefined || storage.values * size !== member.bytes) {
      throw this.invalid(`${shown}: its storage is missing or has another size`);
    }
    let step = 1;
    for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
      const dim = shape[axis] as number;
      if (dim !== 1 && strides[axis] !== step) {
        throw this.invalid(`${shown}: its rows do not lie one after the other`);
      }
      step *= dim;
    }
    if (tensor.offset + count > storage.values) {
      throw this.invalid(`${shown}: it reaches past its storage`);
    }
    const columns = shape.at(-1) ?? 1;
    return {
      name,
      type,
      columns,
      rows: count / columns,
      bytes: count * size,
      offset: member.offset + tensor.offset * size,
    };
  }

  readTensor(tensor: WeightTensor, from: number, count: number): Uint8Array {
    const { offset } = this.tensors.get(tensor.name) as Placed;
    return this.#file.read(offset + from, count);
  }

  addFingerprint(hash: Hash): void {
    // The directory at the end holds a checksum of every member.
    const tail = Math.min(this.#file.size, 1 << 20);
    hash.update(this.#file.read(this.#file.size - tail, tail));
    this.#file.addFingerprint(hash, 0);
  }

  invalid(what: string): FootnoteError {
    return this.#file.invalid(what);
  }

  close(): void {
    this.#file.close();
  }
}
