/** A ready-made ONNX decoder as a `StepModel`: its cache goes in and out with each run. */
import { Tensor, type InferenceSession } from 'onnxruntime-node';
import { FootnoteError } from '../../src/core/errors.ts';
import { openSession, type SessionOptions } from '../../src/runtime/onnx-session.ts';
import { halfToFloat } from '../../src/runtime/half-float.ts';
import type { StepCache, StepModel } from '../steps/step-model.ts';
import type { OnnxLayout } from './onnx-layout.ts';

const named = (pattern: string, layer: number): string => pattern.replace('%d', String(layer));

/**
 * @throws FootnoteError `model-missing`, `model-invalid` (onnxruntime refuses it, or it has inputs
 *   that a decoder of these layouts does not have)
 */
export async function openOnnxModel(
  layout: OnnxLayout,
  options: SessionOptions,
): Promise<StepModel> {
  const session = await openSession(layout.modelPath, options);
  try {
    const cacheType = checkInputs(session, layout);
    return {
      config: { vocab_size: layout.vocabSize, max_position_embeddings: layout.contextTokens },
      begin: (promptIds) => ({
        together: null,
        room: layout.contextTokens - promptIds.length,
        emptyCache: () => emptyCache(layout, cacheType),
        run: (ids, past, cache, keep) => run(session, layout, { ids, past, cache, keep }),
      }),
      close: () => session.release(),
    };
  } catch (error) {
    await session.release();
    throw error;
  }
}

type CacheType = 'float32' | 'float16';

/** Whether all inputs can be fed and all outputs are there; the type of the cache. */
function checkInputs(session: InferenceSession, layout: OnnxLayout): CacheType {
  const { names } = layout;
  const invalid = (what: string): FootnoteError =>
    new FootnoteError('model-invalid', `${layout.modelPath}: ${what}`, { stage: 'generate' });
  const layers = Array.from({ length: layout.layers }, (_, layer) => layer);
  const pasts = layers.flatMap((layer) => [
    named(names.pastKey, layer),
    named(names.pastValue, layer),
  ]);
  const known = new Set([names.ids, names.mask, names.positions, 'num_logits_to_keep', ...pasts]);
  const odd = session.inputNames.find((name) => !known.has(name));
  if (odd !== undefined) throw invalid(`its input ${odd.slice(0, 80)} is not known`);
  const missing = [names.ids, ...pasts].find((name) => !session.inputNames.includes(name));
  if (missing !== undefined) throw invalid(`its input ${missing.slice(0, 80)} is missing`);
  const outputs = layers.flatMap((layer) => [
    named(names.presentKey, layer),
    named(names.presentValue, layer),
  ]);
  const absent = [names.logits, ...outputs].find((name) => !session.outputNames.includes(name));
  if (absent !== undefined) throw invalid(`its output ${absent.slice(0, 80)} is missing`);
  const [cache] = session.inputMetadata.filter(({ name }) => name === pasts[0]);
  const type = cache?.isTensor === true ? cache.type : 'float32';
  if (type !== 'float32' && type !== 'float16') throw invalid(`its cache is of type ${type}`);
  return type;
}

function emptyCache(layout: OnnxLayout, type: CacheType): StepCache {
  const dims = [1, layout.keyValueHeads, 0, layout.headDim];
  const empty = (): Tensor =>
    type === 'float32'
      ? new Tensor('float32', new Float32Array(0), dims)
      : new Tensor('float16', new Uint16Array(0), dims);
  return Object.fromEntries(
    Array.from({ length: layout.layers }, (_, layer) => [
      [named(layout.names.pastKey, layer), empty()] as const,
      [named(layout.names.pastValue, layer), empty()] as const,
    ]).flat(),
  );
}

async function run(
  session: InferenceSession,
  layout: OnnxLayout,
  input: {
    readonly ids: readonly (readonly number[])[];
    readonly past: number;
    readonly cache: StepCache;
    readonly keep: number;
  },
): Promise<{ logits: Float32Array; cache: StepCache }> {
  const { names, vocabSize } = layout;
  const { ids, past, cache, keep } = input;
  const rows = ids.length;
  const length = ids[0]?.length ?? 0;
  const total = past + length;
  const all: Readonly<Record<string, Tensor>> = {
    [names.ids]: int64(ids.flat(), [rows, length]),
    [names.mask]: int64(
      Array.from({ length: rows * total }, () => 1),
      [rows, total],
    ),
    [names.positions]: int64(
      ids.flatMap((row) => row.map((_, index) => past + index)),
      [rows, length],
    ),
    num_logits_to_keep: int64([keep], []),
  };
  const fed = Object.entries(all).filter(([name]) => session.inputNames.includes(name));
  const output = await session.run({ ...cache, ...Object.fromEntries(fed) });
  const next: Record<string, Tensor> = {};
  for (let layer = 0; layer < layout.layers; layer += 1) {
    next[named(names.pastKey, layer)] = output[named(names.presentKey, layer)] as Tensor;
    next[named(names.pastValue, layer)] = output[named(names.presentValue, layer)] as Tensor;
  }
  const logits = output[names.logits] as Tensor;
  const [, positions = 0, width = 0] = logits.dims;
  if (width !== vocabSize || positions < keep) {
    throw new FootnoteError(
      'model-invalid',
      `${layout.modelPath}: its logits are ${logits.dims.join('x')}, not for ${vocabSize} tokens`,
      { stage: 'generate' },
    );
  }
  return { logits: lastPositions(logits, keep), cache: next };
}

/** Logits of the last positions of each row, as floats. */
function lastPositions(logits: Tensor, keep: number): Float32Array {
  const [rows = 0, positions = 0, vocab = 0] = logits.dims;
  const data = logits.data as Float32Array | Uint16Array;
  const picked = new Float32Array(rows * keep * vocab);
  for (let row = 0; row < rows; row += 1) {
    const from = (row * positions + positions - keep) * vocab;
    const part = data.subarray(from, from + keep * vocab);
    const to = picked.subarray(row * keep * vocab, (row + 1) * keep * vocab);
    // Half values come as their bits, or as floats where there are Float16Arrays.
    if (part instanceof Uint16Array) halfToFloat(part, to);
    else to.set(part);
  }
  return picked;
}

const int64 = (values: readonly number[], dims: readonly number[]): Tensor =>
  new Tensor('int64', BigInt64Array.from(values, BigInt), dims);
