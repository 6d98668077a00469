/**
 * Which form of the weights suits this processor, measured and not guessed: products of the model's own
 * shapes, once, for less than half a second, kept on disk by processor, onnxruntime, threads and shape.
 */
import { cpus } from 'node:os';
import { env, Tensor } from 'onnxruntime-node';
import {
  findFormRecord,
  keepFormRecord,
  type FormRecord,
  type FormTimes,
} from '../../src/runtime/form-records.ts';
import { encodeModel, OnnxGraph, type OnnxType } from '../../src/runtime/onnx-graph.ts';
import { openSession } from '../../src/runtime/onnx-session.ts';
import type { GlmConfig } from './glm-config.ts';
import { addLinearConstants, Linear } from './linear-graph.ts';
import type { BaseForm } from './matrix-form.ts';
import { blockValues } from './write-matrix.ts';

type Shape = Pick<GlmConfig, 'hidden_size' | 'intermediate_size'>;

const manyRows = 64;
/** An answer: tokens read, in runs of `manyRows`, and tokens written one by one. */
const promptTokens = 600;
const answerTokens = 60;
/** Weights of the product that is timed at most: packing more takes longer than all the runs. */
const mostWeights = 12 * 1024 * 1024;
/** Bytes written between runs of one row: in a model, no weight is still in a cache when its turn comes. */
const cacheBytes = 48 * 1024 * 1024;
/** int4 loses much (see the format table): it has to be this much faster to be chosen for speed. */
const worthLosing = 0.5;

/** The record for this machine and shape, measured now or read from `cacheDir`. */
export async function probeForm(
  shape: Shape,
  options: { readonly cacheDir: string; readonly threads: number },
): Promise<FormRecord> {
  const facts = {
    processor: `${cpus()[0]?.model.trim() ?? 'unknown'} (${process.arch})`,
    onnxruntime: env.versions.common,
    threads: options.threads,
    shape: `${shape.hidden_size}x${shape.intermediate_size}`,
  };
  const known = findFormRecord(options.cacheDir, facts);
  if (known !== null) return known;
  const exactProducts = await productsAreExact(options.threads);
  const eight = exactProducts ? 'int8' : 'int7';
  const measured = {
    [eight]: await timeOf(eight, shape, options.threads),
    int4: await timeOf('int4', shape, options.threads),
  };
  const record: FormRecord = {
    ...facts,
    exactProducts,
    times: measured,
    ...choose(eight, measured),
  };
  keepFormRecord(options.cacheDir, record);
  return record;
}

function choose(
  eight: 'int8' | 'int7',
  measured: Readonly<Record<string, FormTimes>>,
): Pick<FormRecord, 'form' | 'why'> {
  const answer = (form: string): number => {
    const { oneMs, manyMs } = measured[form] ?? { oneMs: NaN, manyMs: NaN };
    return (promptTokens / manyRows) * manyMs + answerTokens * oneMs;
  };
  const ratio = answer('int4') / answer(eight);
  const cost = `an answer in int4 takes ${ratio.toFixed(2)} times as long as in ${eight}`;
  return ratio < worthLosing
    ? { form: 'int4', why: cost }
    : { form: eight, why: eight === 'int7' ? `${cost}; 8-bit products saturate here` : cost };
}

/** Adds `w` (and `w.scale`) for one product of a form, all weights alike. */
function addWeight(
  g: OnnxGraph,
  name: string,
  form: BaseForm,
  inputs: number,
  outputs: number,
): void {
  const add = (type: OnnxType, dims: readonly number[], data: ArrayBufferView): void => {
    g.constant(name, type, dims, data);
  };
  const blocks = Math.ceil(inputs / blockValues);
  const scales = form === 'int4' ? outputs * blocks : outputs;
  g.constant(`${name}.scale`, 'float', [scales], new Float32Array(scales).fill(0.01));
  if (form === 'int4') {
    const bytes = new Uint8Array((outputs * blocks * blockValues) / 2).fill(0x5b);
    add('uint8', [outputs, blocks, blockValues / 2], bytes);
  } else {
    const largest = form === 'int7' ? 63 : 127;
    add('int8', [inputs, outputs], new Int8Array(inputs * outputs).fill(largest));
  }
}

/** One product `[M, inputs] x [inputs, outputs]` as the model has it for its gate. */
async function openProduct(
  form: BaseForm,
  shape: Shape,
  threads: number,
): Promise<(rows: number) => Promise<{ readonly ms: number; readonly first: number }>> {
  const g = new OnnxGraph('probe');
  const { hidden_size: inputs, intermediate_size: inner } = shape;
  addLinearConstants(g);
  addWeight(g, 'gate', form, inputs, inner);
  g.input('x', 'float', ['M', inputs]);
  const linear = new Linear(g, form, {
    ...shape,
    head_dim: 1,
    num_attention_heads: 1,
    num_key_value_heads: 1,
    vocab_size: 1,
  });
  g.node('Identity', [linear.apply('x', 'gate')], { outputs: ['y'] });
  g.output('y', 'float', ['M', inner]);
  const session = await openSession(encodeModel(g), { threads });
  return async (rows) => {
    const x = new Tensor('float32', new Float32Array(rows * inputs).fill(1), [rows, inputs]);
    const start = performance.now();
    const { y } = await session.run({ x });
    const ms = performance.now() - start;
    return { ms, first: (y as Tensor).data[0] as number };
  };
}

async function timeOf(form: BaseForm, shape: Shape, threads: number): Promise<FormTimes> {
  const { hidden_size, intermediate_size } = shape;
  const outputs = Math.min(intermediate_size, Math.floor(mostWeights / hidden_size));
  const product = await openProduct(form, { hidden_size, intermediate_size: outputs }, threads);
  const other = new Uint8Array(cacheBytes);
  const least = async (rows: number, rounds: number, before: () => void): Promise<number> => {
    let best = Infinity;
    for (let round = 0; round < rounds; round += 1) {
      before();
      best = Math.min(best, (await product(rows)).ms);
    }
    return best;
  };
  await product(1);
  return {
    oneMs: await least(1, 5, () => other.fill(1)),
    manyMs: await least(manyRows, 3, () => undefined),
  };
}

/** The largest activations times the largest weights: a saturating kernel gives about half of the sum. */
async function productsAreExact(threads: number): Promise<boolean> {
  const inputs = 256;
  const product = await openProduct(
    'int8',
    { hidden_size: inputs, intermediate_size: 32 },
    threads,
  );
  const expected = inputs * 127 * 0.01;
  for (const rows of [1, manyRows]) {
    const { first } = await product(rows);
    if (Math.abs(first / expected - 1) > 0.01) return false;
  }
  return true;
}
