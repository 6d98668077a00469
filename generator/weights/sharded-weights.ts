/**
 * Weights in several files, as the hub lays them out: an index (`model.safetensors.index.json`,
 * `pytorch_model.bin.index.json`) whose `weight_map` says which file holds each tensor.
 */
import type { Hash } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { FootnoteError } from '../../src/core/errors.ts';
import { readJsonFile } from './read-json-file.ts';
import type { WeightSource, WeightTensor } from './weight-source.ts';

const longestIndex = 32 * 1024 * 1024;
const mostShards = 1000;

export class ShardedWeights implements WeightSource {
  readonly path: string;
  readonly tensors: ReadonlyMap<string, WeightTensor>;
  readonly #shards: readonly WeightSource[];
  readonly #shardOf = new Map<string, WeightSource>();

  /**
   * @param indexPath the index; its files lie beside it
   * @throws FootnoteError `model-missing`, `model-invalid`
   */
  constructor(indexPath: string, open: (path: string) => WeightSource) {
    this.path = indexPath;
    const index = readJsonFile(indexPath, longestIndex) as { readonly weight_map?: unknown };
    const map = index.weight_map;
    if (typeof map !== 'object' || map === null || Array.isArray(map)) {
      throw this.invalid('it has no weight_map');
    }
    const names = Object.entries(map as Readonly<Record<string, unknown>>);
    const files = new Set(names.map(([, file]) => file));
    if (files.size > mostShards) throw this.invalid(`${files.size} files are too many`);
    const shards = new Map<string, WeightSource>();
    try {
      for (const file of files) {
        // A name, never a path: an index must not point outside its folder.
        if (typeof file !== 'string' || file !== basename(file) || /[\\/]|^\.{0,2}$/u.test(file)) {
          throw this.invalid('its weight_map names something that is not a file beside it');
        }
        shards.set(file, open(join(dirname(indexPath), file)));
      }
      const tensors = new Map<string, WeightTensor>();
      for (const [name, file] of names) {
        const shard = shards.get(file as string) as WeightSource;
        const tensor = shard.tensors.get(name);
        // Tensors that are no weights (token types, masks) are left out by the readers.
        if (tensor === undefined) continue;
        tensors.set(name, tensor);
        this.#shardOf.set(name, shard);
      }
      this.tensors = tensors;
      this.#shards = [...shards.values()];
    } catch (error) {
      for (const shard of shards.values()) shard.close();
      throw error;
    }
  }

  readTensor(tensor: WeightTensor, from: number, count: number): Uint8Array {
    return (this.#shardOf.get(tensor.name) as WeightSource).readTensor(tensor, from, count);
  }

  addFingerprint(hash: Hash): void {
    for (const shard of this.#shards) shard.addFingerprint(hash);
  }

  invalid(what: string): FootnoteError {
    return new FootnoteError('model-invalid', `${this.path}: ${what}`, { stage: 'generate' });
  }

  close(): void {
    for (const shard of this.#shards) shard.close();
  }
}
