/**
 * The cross-encoder's own weights (`cross-encoder-weights.safetensors`, made by `eval/lab/cross-encoder`): a
 * low-rank update of every linear layer of multilingual-e5-small, its biases and norms, and the heads.
 *
 * `l{i}.{qkv,ao,fi,fo}.a` [rank, in] and `.b` [out, rank] are int8 with a scale for each row (`.a.scale`,
 * `.b.scale`); the layer's weight becomes W + B A (LoRA, Hu et al. 2021). All else is f16.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { FootnoteError } from '../../core/errors.ts';
import { packageRoot } from '../../core/package-root.ts';
import type { E5Tensors } from '../e5/e5-graph.ts';
import type { E5Weights } from '../e5/e5-weights.ts';
import { BinaryFile } from '../binary-file.ts';
import { readSafetensors, type SafeTensor } from '../safetensors.ts';

/** The weights that ship. */
const UPDATE_PATH = join(
  packageRoot,
  'src/runtime/cross-encoder/cross-encoder-weights.safetensors',
);

export interface CrossEncoderWeights {
  /** The encoder with the update merged in. */
  readonly encoder: E5Tensors;
  /** `pooled.{weight,bias}`, `out.{weight,bias}`, `span.{weight,bias}`: row-major [out, in]. */
  readonly head: (name: string) => Float32Array;
  /** Hash of the update, hexadecimal. */
  readonly sha256: string;
}

/**
 * Reads the update and lays it over the encoder.
 * @throws FootnoteError `model-missing`, `model-invalid`
 */
export function readCrossEncoderWeights(
  base: E5Weights,
  path: string = UPDATE_PATH,
): CrossEncoderWeights {
  const file = new BinaryFile(path, 'rank');
  let tensors: ReadonlyMap<string, SafeTensor>;
  let hash: string;
  try {
    tensors = readSafetensors(file);
    hash = createHash('sha256').update(file.read(0, file.size)).digest('hex');
  } finally {
    file.close();
  }
  const find = (name: string, count: number): Float32Array => {
    const tensor = tensors.get(name);
    if (tensor?.values.length !== count) {
      throw new FootnoteError(
        'model-invalid',
        `cross-encoder weights: ${name} is missing or misshapen`,
        {
          stage: 'rank',
        },
      );
    }
    return tensor.values;
  };
  const { hidden } = base.shape;
  const heads = new Map<string, Float32Array>(
    (
      [
        ['pooled.weight', 2 * hidden * hidden],
        ['pooled.bias', hidden],
        ['out.weight', 3 * hidden],
        ['out.bias', 3],
        ['span.weight', 2 * hidden],
        ['span.bias', 2],
      ] as const
    ).map(([name, count]) => [name, find(name, count)]),
  );
  // Merged only when a graph is built: the kept conversion needs none of it.
  let merged: ReadonlyMap<string, Float32Array> | undefined;
  return {
    encoder: {
      shape: base.shape,
      tensor: (name) => {
        merged ??= mergeUpdate(base, tensors, find);
        return merged.get(name) ?? base.tensor(name);
      },
    },
    head: (name) => heads.get(name) ?? new Float32Array(),
    sha256: hash,
  };
}

/** The tensors that the update changes, by their names in the base's file. */
function mergeUpdate(
  base: E5Weights,
  tensors: ReadonlyMap<string, SafeTensor>,
  find: (name: string, count: number) => Float32Array,
): ReadonlyMap<string, Float32Array> {
  const { hidden, ffn, layers } = base.shape;
  const changed = new Map<string, Float32Array>();
  for (let layer = 0; layer < layers; layer += 1) {
    const l = `l${layer}`;
    const put = (part: string, names: readonly string[], outer: number, inner: number): void => {
      const update = lowRank(tensors, `${l}.${part}`, names.length * outer, inner);
      names.forEach((name, place) => {
        const weight = base.tensor(`${l}.${name}.w`);
        for (let at = 0; at < weight.length; at += 1) {
          weight[at] = (weight[at] ?? 0) + (update[place * weight.length + at] ?? 0);
        }
        changed.set(`${l}.${name}.w`, weight);
      });
      const bias = find(`${l}.${part}.bias`, names.length * outer);
      names.forEach((name, place) => {
        changed.set(`${l}.${name}.b`, bias.subarray(place * outer, (place + 1) * outer));
      });
    };
    put('qkv', ['q', 'k', 'v'], hidden, hidden);
    put('ao', ['ao'], hidden, hidden);
    put('fi', ['fi'], ffn, hidden);
    put('fo', ['fo'], hidden, ffn);
    for (const norm of ['aln.w', 'aln.b', 'oln.w', 'oln.b']) {
      changed.set(`${l}.${norm}`, find(`${l}.${norm}`, hidden));
    }
  }
  return changed;
}

/** B A as [outer, inner]; zeros where a layer was left as it is. */
function lowRank(
  tensors: ReadonlyMap<string, SafeTensor>,
  name: string,
  outer: number,
  inner: number,
): Float32Array {
  const product = new Float32Array(outer * inner);
  const a = tensors.get(`${name}.a`);
  const b = tensors.get(`${name}.b`);
  if (a === undefined || b === undefined) return product;
  const rank = a.shape[0] ?? 0;
  const scaleA = tensors.get(`${name}.a.scale`)?.values;
  const scaleB = tensors.get(`${name}.b.scale`)?.values;
  if (
    a.values.length !== rank * inner ||
    b.values.length !== outer * rank ||
    scaleA?.length !== rank ||
    scaleB?.length !== outer
  ) {
    throw new FootnoteError('model-invalid', `cross-encoder weights: ${name} is misshapen`, {
      stage: 'rank',
    });
  }
  for (let o = 0; o < outer; o += 1) {
    for (let r = 0; r < rank; r += 1) {
      const left = (b.values[o * rank + r] ?? 0) * (scaleB[o] ?? 0) * (scaleA[r] ?? 0);
      if (left === 0) continue;
      for (let i = 0; i < inner; i += 1) {
        const at = o * inner + i;
        product[at] = (product[at] ?? 0) + left * (a.values[r * inner + i] ?? 0);
      }
    }
  }
  return product;
}
