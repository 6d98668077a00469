/**
 * A KV cache of 8 bits: a quarter of the memory, and a long context's token sooner, for a measured loss
 * (`npm run parity -- --table --cache-int8`). Each channel of a layer's keys and values has one scale,
 * symmetric, as GroupQueryAttention's PER_CHANNEL takes it; scales are measured once per model on a fixed
 * text. That operator reads many tokens at once slowly from 8 bits, so prompts are read by the model with
 * the float cache, and what it leaves is quantised. Both map the same pages of the weights; resident
 * memory counts them twice.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Tensor, type InferenceSession } from 'onnxruntime-node';
import { openSession } from '../../src/runtime/onnx-session.ts';
import { graphVersion, writeWhole } from './convert-glm.ts';
import type { GlmConfig } from './glm-config.ts';
import { glmIo, type CacheScales, type GlmLayout } from './glm-graph.ts';
import { glmModel } from './glm-model.ts';
import { greedy, runGlm } from './glm-session.ts';
import { emptyCache, type CacheTensors } from './kv-cache.ts';
import type { GlmForm } from './matrix-form.ts';

const steps = 127;
/** Room above the largest value of the text that scales are measured on: what exceeds it is cut off. */
const margin = 1.25;

const modelName = `model-cache8-${graphVersion}.onnx`;
const scalesName = 'cache-scales.json';

export interface QuantisedModel {
  readonly modelPath: string;
  readonly scales: CacheScales;
}

/** The model with a cache of 8 bits beside the converted one, made now from its layout or found. */
export async function quantisedModel(
  converted: { readonly config: GlmConfig; readonly modelPath: string; readonly form: GlmForm },
  layout: GlmLayout,
  calibrationIds: readonly number[],
): Promise<QuantisedModel> {
  const { config, form } = converted;
  const folder = dirname(converted.modelPath);
  const modelPath = join(folder, modelName);
  const scalesPath = join(folder, scalesName);
  if (!existsSync(scalesPath)) {
    const session = await openSession(converted.modelPath, { threads: 0 });
    const ids = calibrationIds.slice(0, config.max_position_embeddings);
    const scales = await measureScales(session, config, ids);
    await session.release();
    const list = (all: readonly Float32Array[]): number[][] => all.map((each) => [...each]);
    writeWhole(
      scalesPath,
      JSON.stringify({ keys: list(scales.keys), values: list(scales.values) }),
    );
  }
  const read = JSON.parse(readFileSync(scalesPath, 'utf8')) as Record<
    'keys' | 'values',
    number[][]
  >;
  const arrays = (all: number[][]): Float32Array[] => all.map((each) => Float32Array.from(each));
  const scales = { keys: arrays(read.keys), values: arrays(read.values) };
  if (!existsSync(modelPath)) writeWhole(modelPath, glmModel(config, form, layout, scales));
  return { modelPath, scales };
}

async function measureScales(
  session: InferenceSession,
  config: GlmConfig,
  ids: readonly number[],
): Promise<CacheScales> {
  const row = { length: 0, done: false, sampling: greedy, uniform: () => 0, said: [] };
  const { tensors } = await runGlm(session, config, {
    rows: [{ ...row, ids, constraintState: 0 }],
    tensors: emptyCache(config, 'float32').tensors,
    keep: 1,
    limit: 1,
    stopIds: [],
  });
  const of = (name: (layer: number) => string): Float32Array[] =>
    Array.from({ length: config.num_hidden_layers }, (_, layer) => {
      const largest = new Float32Array(config.num_key_value_heads * config.head_dim).fill(1e-6);
      forEachChannel(tensors[name(layer)] as Tensor, (channel, data, at) => {
        const size = Math.abs(data[at] as number);
        if (size > (largest[channel] as number)) largest[channel] = size;
      });
      return largest.map((value) => (value * margin) / steps);
    });
  return { keys: of(glmIo.pastKey), values: of(glmIo.pastValue) };
}

/** Calls `visit` with the channel of each value of `[rows, heads, positions, dim]` and its place. */
function forEachChannel(
  { dims, data }: Tensor,
  visit: (channel: number, data: Float32Array, at: number) => void,
): void {
  const [rows = 0, heads = 0, positions = 0, dim = 0] = dims;
  const values = data as Float32Array;
  let at = 0;
  for (let row = 0; row < rows; row += 1) {
    for (let head = 0; head < heads; head += 1) {
      for (let position = 0; position < positions; position += 1) {
        for (let index = 0; index < dim; index += 1) {
          visit(head * dim + index, values, at);
          at += 1;
        }
      }
    }
  }
}

function mapCache(
  tensors: CacheTensors,
  { keys, values }: CacheScales,
  map: (tensor: Tensor, scales: Float32Array) => Tensor,
): CacheTensors {
  const mapped: Record<string, Tensor> = {};
  for (let layer = 0; layer < keys.length; layer += 1) {
    for (const [name, scales] of [
      [glmIo.pastKey(layer), keys[layer]],
      [glmIo.pastValue(layer), values[layer]],
    ] as const) {
      mapped[name] = map(tensors[name] as Tensor, scales as Float32Array);
    }
  }
  return mapped;
}

/** A float cache in 8 bits, as the operator itself would have written it. */
export const quantiseCache = (tensors: CacheTensors, scales: CacheScales): CacheTensors =>
  mapCache(tensors, scales, (tensor, by) => {
    const inverse = by.map((scale) => 1 / scale);
    const data = new Int8Array(tensor.data.length);
    forEachChannel(tensor, (channel, from, at) => {
      const value = (from[at] as number) * (inverse[channel] as number);
      const rounded = value < 0 ? value - 0.5 : value + 0.5;
      data[at] = Math.max(-steps, Math.min(steps, rounded));
    });
    return new Tensor('int8', data, tensor.dims);
  });

export const dequantiseCache = (tensors: CacheTensors, scales: CacheScales): CacheTensors =>
  mapCache(tensors, scales, (tensor, by) => {
    const data = new Float32Array(tensor.data.length);
    forEachChannel(tensor, (channel, from, at) => {
      data[at] = (from[at] as number) * (by[channel] as number);
    });
    return new Tensor('float32', data, tensor.dims);
  });
