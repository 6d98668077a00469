import type { Hash } from 'node:crypto';
import type { FootnoteError } from '../../src/core/errors.ts';
import type { WeightSource, WeightTensor } from './weight-source.ts';

/** Weights under other names; tensors that `rename` gives no name are left out. */
export class RenamedWeights implements WeightSource {
  readonly path: string;
  readonly tensors: ReadonlyMap<string, WeightTensor>;
  readonly #source: WeightSource;
  readonly #original = new Map<string, WeightTensor>();

  constructor(source: WeightSource, rename: (name: string) => string | null) {
    this.#source = source;
    this.path = source.path;
    const tensors = new Map<string, WeightTensor>();
    for (const tensor of source.tensors.values()) {
      const name = rename(tensor.name);
      if (name === null) continue;
      if (tensors.has(name)) throw source.invalid(`${tensor.name} stands twice`);
      tensors.set(name, { ...tensor, name });
      this.#original.set(name, tensor);
    }
    this.tensors = tensors;
  }

  readTensor(tensor: WeightTensor, from: number, count: number): Uint8Array {
    const original = this.#original.get(tensor.name) as WeightTensor;
    return this.#source.readTensor(original, from, count);
  }

  addFingerprint(hash: Hash): void {
    this.#source.addFingerprint(hash);
  }

  invalid(what: string): FootnoteError {
    return this.#source.invalid(what);
  }

  close(): void {
    this.#source.close();
  }
}
