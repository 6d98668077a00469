/** Writes tensors one after the other into a file that onnxruntime maps, and remembers where they stand. */
import { closeSync, openSync, writeSync } from 'node:fs';
import type { ExternalData, OnnxType } from '../../src/runtime/onnx-graph.ts';

/** Where a weight stands in the weights file, and its type and shape. */
export type StoredTensor = ExternalData & {
  readonly type: OnnxType;
  readonly dims: readonly number[];
};

/** Offsets that every platform can map. */
const alignment = 4096;

export class WeightsWriter {
  readonly #fd: number;
  readonly #location: string;
  readonly layout: Record<string, StoredTensor> = {};
  #position = 0;

  /**
   * @param location the file's name as the model names it
   * @param from length of the file where it is there already and goes on
   */
  constructor(path: string, location: string, from = 0) {
    this.#fd = openSync(path, from === 0 ? 'w' : 'r+');
    this.#location = location;
    this.#position = from;
  }

  add(name: string, type: OnnxType, dims: readonly number[], data: ArrayBufferView): void {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const offset = this.append(bytes);
    this.layout[name] = { location: this.#location, offset, length: bytes.length, type, dims };
  }

  /** Writes bytes and says where they stand. */
  append(bytes: Uint8Array): number {
    const offset = Math.ceil(this.#position / alignment) * alignment;
    let done = 0;
    while (done < bytes.length) {
      const part = bytes.subarray(done, done + (1 << 28));
      done += writeSync(this.#fd, part, 0, part.length, offset + done);
    }
    this.#position = offset + bytes.length;
    return offset;
  }

  close(): void {
    closeSync(this.#fd);
  }
}
