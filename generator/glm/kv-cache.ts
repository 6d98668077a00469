/**
 * The KV cache between runs: two tensors a layer, `[rows, kv heads, positions, head dim]`. Each row has
 * its own length; what stands behind it is never read, so giving tokens back costs nothing.
 */
import { Tensor } from 'onnxruntime-node';
import type { GlmConfig } from './glm-config.ts';
import { glmIo } from './glm-graph.ts';

export type CacheTensors = Readonly<Record<string, Tensor>>;

/** The cache of one row. */
export interface RowCache {
  readonly tensors: CacheTensors;
  /** Positions that count. */
  readonly length: number;
}

/** Names of the cache's inputs, in order. */
function cacheNames(config: GlmConfig): string[] {
  return Array.from({ length: config.num_hidden_layers }, (_, layer) => [
    glmIo.pastKey(layer),
    glmIo.pastValue(layer),
  ]).flat();
}

/** Half precision comes as 16-bit whole numbers, or as floats where the engine knows them. */
type CacheData = Float32Array;
export type CacheType = 'float32' | 'float16' | 'int8';

const emptyData = {
  float32: () => new Float32Array(0),
  float16: () => new Uint16Array(0),
  int8: () => new Int8Array(0),
} as const;

const dataLike = (data: Tensor['data'], length: number): CacheData =>
  new (data.constructor as new (size: number) => CacheData)(length);

export function emptyCache(config: GlmConfig, type: CacheType): RowCache {
  const { num_key_value_heads: heads, head_dim: dim } = config;
  const tensors = Object.fromEntries(
    cacheNames(config).map((name) => [
      name,
      new Tensor(type, emptyData[type](), [1, heads, 0, dim]),
    ]),
  );
  return { tensors, length: 0 };
}

/** Bytes that a cache holds. */
export function cacheBytes({ tensors }: RowCache): number {
  return Object.values(tensors).reduce((sum, { data }) => sum + (data as CacheData).byteLength, 0);
}

/** Copies one head of one row, `length` positions of it. */
function copyHeads(
  from: Tensor,
  fromRow: number,
  to: CacheData,
  toRow: number,
  toPositions: number,
  length: number,
): void {
  const [, heads = 0, positions = 0, dim = 0] = from.dims;
  const data = from.data as CacheData;
  for (let head = 0; head < heads; head += 1) {
    const start = (fromRow * heads + head) * positions * dim;
    to.set(data.subarray(start, start + length * dim), (toRow * heads + head) * toPositions * dim);
  }
}

/** The same cache without what stands behind its length; itself where that is little. */
export function trimCache(cache: RowCache, length = cache.length): RowCache {
  const [first] = Object.values(cache.tensors);
  const positions = first?.dims[2] ?? 0;
  if (positions <= length + 32) return { tensors: cache.tensors, length };
  return takeRow(cache.tensors, 0, length);
}

/** One row of a batch as a cache of its own. */
export function takeRow(tensors: CacheTensors, row: number, length: number): RowCache {
  const taken: Record<string, Tensor> = {};
  for (const [name, tensor] of Object.entries(tensors)) {
    const [, heads = 0, , dim = 0] = tensor.dims;
    const data = dataLike(tensor.data, heads * length * dim);
    copyHeads(tensor, row, data, 0, length, length);
    taken[name] = new Tensor(tensor.type as CacheType, data, [1, heads, length, dim]);
  }
  return { tensors: taken, length };
}

/** Rows of several lengths as one batch, each from position 0, as long as the longest. */
export function mergeRows(rows: readonly RowCache[]): CacheTensors {
  const positions = Math.max(...rows.map(({ length }) => length));
  const merged: Record<string, Tensor> = {};
  for (const [name, like] of Object.entries(rows[0]?.tensors ?? {})) {
    const [, heads = 0, , dim = 0] = like.dims;
    const data = dataLike(like.data, rows.length * heads * positions * dim);
    rows.forEach(({ tensors, length }, row) => {
      copyHeads(tensors[name] as Tensor, 0, data, row, positions, length);
    });
    merged[name] = new Tensor(like.type as CacheType, data, [rows.length, heads, positions, dim]);
  }
  return merged;
}

/**
 * Some lanes of a cache that `count` lanes share: its first `shared` positions, then a position of each
 * lane in turn, `steps` times. One lane alone is a cache of the usual kind.
 */
export function keepLanes(
  tensors: CacheTensors,
  shared: number,
  count: number,
  steps: number,
  lanes: readonly number[],
): CacheTensors {
  const kept: Record<string, Tensor> = {};
  for (const [name, tensor] of Object.entries(tensors)) {
    const [, heads = 0, positions = 0, dim = 0] = tensor.dims;
    const length = shared + steps * lanes.length;
    const from = tensor.data as CacheData;
    const data = dataLike(from, heads * length * dim);
    for (let head = 0; head < heads; head += 1) {
      const start = head * positions;
      let to = head * length;
      data.set(from.subarray(start * dim, (start + shared) * dim), to * dim);
      to += shared;
      for (let step = 0; step < steps; step += 1) {
        for (const lane of lanes) {
          const at = start + shared + step * count + lane;
          data.set(from.subarray(at * dim, (at + 1) * dim), to * dim);
          to += 1;
        }
      }
    }
    kept[name] = new Tensor(tensor.type as CacheType, data, [1, heads, length, dim]);
  }
  return kept;
}
