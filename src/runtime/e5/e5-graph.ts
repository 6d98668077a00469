/**
 * The e5 encoder (BERT with post-norm, erf GELU) as an ONNX graph for one text a run. Embedding rows
 * are looked up by the caller, so that the 96-million-weight table stays in its 4-bit form.
 *
 * Input `x` float [1, S, hidden]: word + position + type embeddings. Output `hidden` [1, S, hidden]:
 * the last layer's states, not pooled.
 */
import { encodeModel, float, int, OnnxGraph } from '../onnx-graph.ts';
import type { E5Shape } from './e5-weights.ts';

const MICROSOFT = 'com.microsoft';

/**
 * `float32`: dequantised weights as they are. `int8`: weights int8 per output column, activations
 * int8 per run (`DynamicQuantizeMatMul`), which the processor's VNNI or AMX units multiply.
 * `int4`: `MatMulNBits`, block 32, int8 accumulation.
 */
export type E5Form = 'float32' | 'int8' | 'int4';

/** What the graph is made of: the file's weights, or those with a trained update. */
export interface E5Tensors {
  readonly shape: E5Shape;
  /** All values of a tensor of the file's layout, as f32. */
  tensor: (name: string) => Float32Array;
}

/** Builds the model. The result is about 22 MB for `int8`. */
export function buildE5Graph(weights: E5Tensors, form: E5Form): Uint8Array {
  const graph = new OnnxGraph('e5');
  const { hidden } = weights.shape;
  graph.node('Identity', [addE5Layers(graph, weights, form)], { outputs: ['hidden'] });
  graph.output('hidden', 'float', [1, 'S', hidden]);
  return encodeModel(graph);
}

/** Adds the input `x` and all layers; returns the name of the last states, [1, S, hidden]. */
export function addE5Layers(graph: OnnxGraph, weights: E5Tensors, form: E5Form): string {
  const { hidden, layers, heads, ffn, epsilon } = weights.shape;
  const vector = (name: string): string =>
    graph.constant(name, 'float', [weights.tensor(name).length], weights.tensor(name));

  /**
   * x W^T + b for tensors stored [out, in], several of them side by side.
   * @param reach how far each input goes, for `evened`
   */
  const linear = (
    x: string,
    names: readonly string[],
    inner: number,
    withBias: boolean,
    reach?: Float32Array,
  ): string => {
    const rows = concat(names.map((name) => weights.tensor(`${name}.w`)));
    const bias = concat(names.map((name) => weights.tensor(`${name}.b`)));
    const outer = bias.length;
    const label = names.join('+');
    const biasName = withBias ? graph.constant(`${label}.b`, 'float', [outer], bias) : '';
    if (form === 'int8') {
      let even = x;
      if (reach !== undefined) {
        const factors = evened(rows, outer, inner, reach);
        even = graph.op('Mul', [x, graph.constant(`${label}.even`, 'float', [inner], factors)]);
      }
      const { values, scales } = quantiseColumns(rows, outer, inner);
      const w = graph.constant(`${label}.w`, 'int8', [inner, outer], values);
      const s = graph.constant(`${label}.s`, 'float', [outer], scales);
      return graph.op('DynamicQuantizeMatMul', [even, w, s, '', biasName], {}, MICROSOFT);
    }
    if (form === 'int4') {
      const { packed, scales } = quantiseBlocks(rows, outer, inner);
      const w = graph.constant(`${label}.w`, 'uint8', [outer, inner / 32, 16], packed);
      const s = graph.constant(`${label}.s`, 'float', [(outer * inner) / 32], scales);
      const product = graph.op(
        'MatMulNBits',
        [x, w, s],
        {
          K: int(inner),
          N: int(outer),
          bits: int(4),
          block_size: int(32),
          accuracy_level: int(4),
        },
        MICROSOFT,
      );
      return withBias ? graph.op('Add', [product, biasName]) : product;
    }
    const w = graph.constant(`${label}.w`, 'float', [inner, outer], transpose(rows, outer, inner));
    const product = graph.op('MatMul', [x, w]);
    return withBias ? graph.op('Add', [product, biasName]) : product;
  };

  graph.input('x', 'float', [1, 'S', hidden]);
  let x = graph.op('LayerNormalization', ['x', vector('emb.ln.w'), vector('emb.ln.b')], {
    epsilon: float(epsilon),
  });
  for (let layer = 0; layer < layers; layer += 1) {
    const l = `l${layer}`;
    const qkv = linear(x, [`${l}.q`, `${l}.k`, `${l}.v`], hidden, true);
    const [q, k, v] = graph.node('Split', [qkv, graph.int64([hidden, hidden, hidden])], {
      outputs: 3,
      attributes: { axis: int(2) },
    }) as [string, string, string];
    const attended = graph.op(
      'MultiHeadAttention',
      [q, k, v],
      { num_heads: int(heads) },
      MICROSOFT,
    );
    // Not `SkipLayerNormalization`: on the CPU it takes several times as long as its parts (measured).
    const norm = (value: string, name: string): string =>
      graph.op(
        'LayerNormalization',
        [graph.op('Add', [value, x]), vector(`${l}.${name}.w`), vector(`${l}.${name}.b`)],
        { epsilon: float(epsilon) },
      );
    x = norm(linear(attended, [`${l}.ao`], hidden, true), 'aln');
    const up = linear(x, [`${l}.fi`], hidden, false, normReach(weights, `${l}.aln`));
    const active = graph.op('BiasGelu', [up, vector(`${l}.fi.b`)], {}, MICROSOFT);
    x = norm(linear(active, [`${l}.fo`], ffn, true, geluReach(layer, ffn)), 'oln');
  }
  return x;
}

/** How much of the unevenness of the inputs goes into the weights. */
const EVENING = 0.8;

/**
 * Int8 has one scale for all inputs of a run, which a single far-reaching channel would take for itself:
 * so inputs are divided, and the weights' columns multiplied, by a factor a channel (SmoothQuant, Xiao et
 * al. 2023). Changes `rows`; the result is what the inputs are multiplied with. The mean error of the
 * cross-encoder's relevance falls from .36 to .16 (log-odds).
 */
function evened(
  rows: Float32Array,
  outer: number,
  inner: number,
  reach: Float32Array,
): Float32Array {
  const factors = new Float32Array(inner);
  let logs = 0;
  for (let i = 0; i < inner; i += 1) {
    let most = 1e-6;
    for (let o = 0; o < outer; o += 1) most = Math.max(most, Math.abs(rows[o * inner + i] ?? 0));
    const factor = Math.max(1e-4, reach[i] ?? 0) ** EVENING / most ** (1 - EVENING);
    factors[i] = factor;
    logs += Math.log(factor);
  }
  const middle = Math.exp(logs / inner);
  for (let i = 0; i < inner; i += 1) {
    const factor = (factors[i] ?? 1) / middle;
    for (let o = 0; o < outer; o += 1) rows[o * inner + i] = (rows[o * inner + i] ?? 0) * factor;
    factors[i] = 1 / factor;
  }
  return factors;
}

/** How far a norm's outputs go: its bias and three of its deviations. */
function normReach(weights: E5Tensors, name: string): Float32Array {
  const bias = weights.tensor(`${name}.b`);
  return weights.tensor(`${name}.w`).map((w, at) => Math.abs(bias[at] ?? 0) + 3 * Math.abs(w));
}

/**
 * Neurons of multilingual-e5-small that fire far above all others of their layer, and how far: measured on
 * questions with passages, English and Chinese; the cross-encoder, an update of these weights, has the same.
 */
const PEAKS: Readonly<Record<number, readonly [neuron: number, peak: number]>> = {
  0: [318, 33],
  1: [1462, 14],
  2: [354, 12],
  4: [778, 60],
  5: [658, 32],
  6: [1152, 14],
  7: [413, 11],
};
/** As far as any other goes. */
const USUAL_PEAK = 4;

function geluReach(layer: number, ffn: number): Float32Array {
  const reach = new Float32Array(ffn).fill(USUAL_PEAK);
  const [neuron, peak] = PEAKS[layer] ?? [];
  if (neuron !== undefined && peak !== undefined && neuron < ffn) reach[neuron] = peak;
  return reach;
}

function concat(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function transpose(rows: Float32Array, outer: number, inner: number): Float32Array {
  const columns = new Float32Array(rows.length);
  for (let o = 0; o < outer; o += 1) {
    for (let i = 0; i < inner; i += 1) columns[i * outer + o] = rows[o * inner + i] ?? 0;
  }
  return columns;
}

/** Symmetric int8 per output: [outer, inner] floats to [inner, outer] int8 and a scale for each output. */
function quantiseColumns(
  rows: Float32Array,
  outer: number,
  inner: number,
): { values: Int8Array; scales: Float32Array } {
  const values = new Int8Array(rows.length);
  const scales = new Float32Array(outer);
  for (let o = 0; o < outer; o += 1) {
    let most = 1e-12;
    for (let i = 0; i < inner; i += 1) most = Math.max(most, Math.abs(rows[o * inner + i] ?? 0));
    const scale = most / 127;
    scales[o] = scale;
    for (let i = 0; i < inner; i += 1) {
      values[i * outer + o] = Math.round((rows[o * inner + i] ?? 0) / scale);
    }
  }
  return { values, scales };
}

/** Symmetric 4 bits in blocks of 32 along the inner axis, zero point 8: the source's own grid. */
function quantiseBlocks(
  rows: Float32Array,
  outer: number,
  inner: number,
): { packed: Uint8Array; scales: Float32Array } {
  const packed = new Uint8Array(rows.length / 2);
  const scales = new Float32Array((outer * inner) / 32);
  for (let block = 0; block < scales.length; block += 1) {
    let most = 0;
    let signed = 0;
    for (let i = 0; i < 32; i += 1) {
      const value = rows[block * 32 + i] ?? 0;
      if (Math.abs(value) > most) {
        most = Math.abs(value);
        signed = value;
      }
    }
    const scale = signed / -8;
    scales[block] = scale;
    for (let i = 0; i < 32; i += 1) {
      const value = rows[block * 32 + i] ?? 0;
      const level = scale === 0 ? 8 : Math.min(15, Math.max(0, Math.round(value / scale) + 8));
      const at = block * 16 + (i >> 1);
      packed[at] = (packed[at] ?? 0) | (level << ((i & 1) * 4));
    }
  }
  return { packed, scales };
}
