/**
 * Which form of the weights suits this processor, measured and not guessed: products of the model's own
 * shapes, once, for less than half a second, kept on disk by processor, onnxruntime, threads and shape.
 */
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
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
/** Wall time over processor time from which a product waited for other programs. */
const waitedShare = 1.6;
/** What decides how fast 8-bit products are; processors of one name differ, virtual ones above all. */
const instructionSets = /\b(?:amx_int8|avx512_vnni|avx_vnni|avx2|asimddp|i8mm)\b/gu;

/** Name, architecture and the instruction sets that matter. */
function processorName(): string {
  let flags = '';
  try {
    const text = readFileSync('/proc/cpuinfo', 'utf8').slice(0, 16_384);
    flags = [...new Set(text.match(instructionSets) ?? [])].sort().join(' ');
  } catch {
    // No Linux: the name has to do.
  }
  const name = cpus()[0]?.model.trim() ?? 'unknown';
  return `${name} (${[process.arch, flags].filter((part) => part !== '').join('; ')})`;
}

/**
 * The record for this machine and shape, measured now or read from `cacheDir`. One that was measured while
 * other programs held the processor is measured again by the next call.
 */
export async function probeForm(
  shape: Shape,
  options: { readonly cacheDir: string; readonly threads: number },
): Promise<FormRecord> {
  const facts = {
    processor: processorName(),
    onnxruntime: env.versions.common,
    threads: options.threads,
    shape: `${shape.hidden_size}x${shape.intermediate_size}`,
  };
  const known = findFormRecord(options.cacheDir, facts);
  if (known !== null && !known.busy) return known;
  const exactProducts = await productsAreExact(options.threads);
  const eight = exactProducts ? 'int8' : 'int7';
  const timed = {
    [eight]: await timeOf(eight, shape, options.threads),
    int4: await timeOf('int4', shape, options.threads),
  };
  const busy = Object.values(timed).some(({ waited }) => waited);
  const times = Object.fromEntries(
    Object.entries(timed).map(([form, { oneMs, manyMs }]) => [form, { oneMs, manyMs }]),
  );
  const record: FormRecord = {
    ...facts,
    exactProducts,
    times,
    busy,
    ...choose(eight, times, busy),
  };
  keepFormRecord(options.cacheDir, record);
  return record;
}

/** How much longer a row more makes a product of the form chosen, as a share; undefined under load. */
export function rowShareOf({ form, times, busy }: FormRecord): number | undefined {
  const { oneMs, manyMs } = times[form] ?? { oneMs: NaN, manyMs: NaN };
  const share = (manyMs - oneMs) / (manyRows - 1) / oneMs;
  return busy || !Number.isFinite(share) ? undefined : Math.max(0, share);
}

/** Under load the form that loses least is taken: times measured then have chosen int4 wrongly. */
export function choose(
  eight: 'int8' | 'int7',
  measured: Readonly<Record<string, FormTimes>>,
  busy: boolean,
): Pick<FormRecord, 'form' | 'why'> {
  const answer = (form: string): number => {
    const { oneMs, manyMs } = measured[form] ?? { oneMs: NaN, manyMs: NaN };
    return (promptTokens / manyRows) * manyMs + answerTokens * oneMs;
  };
  const ratio = answer('int4') / answer(eight);
  const cost = `an answer in int4 takes ${ratio.toFixed(2)} times as long as in ${eight}`;
  if (busy) {
    const why = `other programs held the processor, so it is measured again at the next start; ${cost}`;
    return { form: eight, why };
  }
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
): Promise<
  (rows: number) => Promise<{ readonly ms: number; readonly cpuMs: number; readonly first: number }>
> {
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
    const before = process.cpuUsage();
    const start = performance.now();
    const { y } = await session.run({ x });
    const ms = performance.now() - start;
    const { user, system } = process.cpuUsage(before);
    return { ms, cpuMs: (user + system) / 1000, first: (y as Tensor).data[0] as number };
  };
}

async function timeOf(
  form: BaseForm,
  shape: Shape,
  threads: number,
): Promise<FormTimes & { readonly waited: boolean }> {
  const { hidden_size, intermediate_size } = shape;
  const outputs = Math.min(intermediate_size, Math.floor(mostWeights / hidden_size));
  const product = await openProduct(form, { hidden_size, intermediate_size: outputs }, threads);
  const other = new Uint8Array(cacheBytes);
  const least = async (
    rows: number,
    rounds: number,
    before: () => void,
  ): Promise<{ readonly ms: number; readonly cpuMs: number }> => {
    let best = { ms: Infinity, cpuMs: 0 };
    for (let round = 0; round < rounds; round += 1) {
      before();
      const run = await product(rows);
      if (run.ms < best.ms) best = run;
    }
    return best;
  };
  await product(1);
  const one = await least(1, 5, () => other.fill(1));
  const many = await least(manyRows, 3, () => undefined);
  // The product of many rows keeps all threads at work: it takes its processor time over the threads.
  const used = threads === 0 ? availableParallelism() : threads;
  return {
    oneMs: one.ms,
    manyMs: many.ms,
    waited: many.ms > (waitedShare * many.cpuMs) / Math.min(used, availableParallelism()),
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
