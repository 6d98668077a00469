/**
 * The original GLM as an ONNX graph of one step: token ids with both of their positions to logits. The
 * context sees the whole of itself, what is written sees the context and what stands before it.
 */
import { OnnxGraph, encodeModel, float, int } from '../../src/runtime/onnx-graph.ts';
import { glmIo, type GlmLayout } from '../glm/glm-graph.ts';
import type { GlmConfig } from '../glm/glm-config.ts';
import { addLinearConstants, Linear } from '../glm/linear-graph.ts';
import { matrixForm, type GlmForm } from '../glm/matrix-form.ts';
import type { PrefixGlmConfig } from './prefix-glm-config.ts';

const microsoft = 'com.microsoft';
/** torch's default of LayerNorm, which the model keeps. */
const epsilon = float(1e-5);

/** The same shape in the terms that the code for matrices uses. */
export function asGlmConfig(config: PrefixGlmConfig): GlmConfig {
  const { hidden_size, num_attention_heads, num_layers, vocab_size } = config;
  return {
    hidden_size,
    intermediate_size: 4 * hidden_size,
    num_hidden_layers: num_layers,
    num_attention_heads,
    num_key_value_heads: num_attention_heads,
    head_dim: hidden_size / num_attention_heads,
    vocab_size,
    rms_norm_eps: 1e-5,
    rope_theta: 1,
    partial_rotary_factor: 0,
    attention_bias: true,
    tie_word_embeddings: true,
    max_position_embeddings: config.max_sequence_length,
    sandwich_norm: false,
    qk_norm: false,
    rope_divisors: null,
  };
}

/**
 * The model's bytes. Inputs: `ids`, `positions`, `block_positions` int64 [B,S], `context` int64 [1]
 * (tokens at the start that see each other), `keep` int64 [1] (minus the last positions whose logits
 * are wanted), `past.N.key|value` float [B,heads,P,head size]. Outputs: `logits` float [B,keep,V],
 * `present.N.key|value`.
 */
export function prefixGlmModel(
  config: PrefixGlmConfig,
  form: GlmForm,
  layout: GlmLayout,
): Uint8Array {
  const { hidden_size: hidden, num_attention_heads: heads, vocab_size: vocab } = config;
  const g = new OnnxGraph('glm');
  addLinearConstants(g);
  for (const [name, { type, dims, ...data }] of Object.entries(layout)) {
    g.external(name, type, dims, data);
  }
  const linear = new Linear(g, form, asGlmConfig(config));
  for (const name of ['ids', 'positions', 'block_positions']) g.input(name, 'int64', ['B', 'S']);
  g.input('context', 'int64', [1]);
  g.input('keep', 'int64', [1]);
  const size = hidden / heads;
  for (let layer = 0; layer < config.num_layers; layer += 1) {
    g.input(glmIo.pastKey(layer), 'float', ['B', heads, 'P', size]);
    g.input(glmIo.pastValue(layer), 'float', ['B', heads, 'P', size]);
  }

  const start = g.int64([0]);
  const end = g.int64([2 ** 31]);
  const first = g.int64([1]);
  const shape = g.op('Shape', ['ids']);
  const tokens = g.op('Slice', [shape, first, end]);
  const past = g.op('Slice', [g.op('Shape', [glmIo.pastKey(0)]), g.int64([2]), g.int64([3])]);
  const total = g.op('Add', [past, tokens]);
  const zero = g.int64(0);
  const one = g.int64(1);
  const scalar = (value: string): string => g.op('Squeeze', [value]);
  const seen = g.op('Unsqueeze', [g.op('Range', [zero, scalar(total), one]), start]);
  const seer = g.op('Unsqueeze', [g.op('Range', [scalar(past), scalar(total), one]), first]);
  const visible = g.op('Or', [g.op('Less', [seen, 'context']), g.op('LessOrEqual', [seen, seer])]);
  const bias = g.op('Unsqueeze', [
    g.op('Where', [visible, g.float32(0), g.float32(-1e9)]),
    g.int64([0, 1]),
  ]);

  const flatIds = g.op('Reshape', ['ids', 'shape.flat']);
  let embedded = g.op('Gather', ['embedding', flatIds]);
  if (matrixForm(form, 'embedding') !== 'float32') {
    embedded = g.op('Mul', [
      g.op('Cast', [embedded], { to: int(1) }),
      g.op('Gather', ['embedding.scale', flatIds]),
    ]);
  }
  const at = (table: string, places: string): string =>
    g.op('Gather', [table, g.op('Reshape', [places, 'shape.flat'])]);
  let state = g.op('Add', [
    g.op('Add', [embedded, at('position_embedding', 'positions')]),
    at('block_position_embedding', 'block_positions'),
  ]);
  const norm = (value: string, name: string): string =>
    g.op('LayerNormalization', [value, name, `${name}.bias`], { axis: int(-1), epsilon });
  const split = g.op('Concat', [shape, g.int64([-1])], { axis: int(0) });
  for (let layer = 0; layer < config.num_layers; layer += 1) {
    const name = `layers.${layer}`;
    const qkv = linear.apply(norm(state, `${name}.input_norm`), `${name}.qkv`, {
      bias: `${name}.qkv.bias`,
    });
    const [q, k, v] = g.node('Split', [g.op('Reshape', [qkv, split])], {
      outputs: 3,
      attributes: { axis: int(-1), num_outputs: int(3) },
    });
    const [attended] = g.node(
      'MultiHeadAttention',
      [
        q as string,
        k as string,
        v as string,
        '',
        '',
        bias,
        glmIo.pastKey(layer),
        glmIo.pastValue(layer),
      ],
      {
        outputs: [g.fresh('attended'), glmIo.presentKey(layer), glmIo.presentValue(layer)],
        domain: microsoft,
        attributes: { num_heads: int(heads) },
      },
    );
    const rows = g.op('Reshape', [attended as string, g.int64([-1, hidden])]);
    state = g.op('Add', [
      state,
      linear.apply(rows, `${name}.output`, { bias: `${name}.output.bias` }),
    ]);
    const up = linear.apply(norm(state, `${name}.mlp_norm`), `${name}.gate_up`, {
      bias: `${name}.gate_up.bias`,
    });
    // FastGelu is GELU's tanh form, as the original's own code writes it.
    const inner = g.op('FastGelu', [up], {}, microsoft);
    state = g.op('Add', [
      state,
      linear.apply(inner, `${name}.down`, { bias: `${name}.down.bias` }),
    ]);
  }
  const last = g.op('Slice', [g.op('Reshape', [state, split]), 'keep', end, first]);
  const kept = g.op('Reshape', [norm(last, 'norm'), g.int64([-1, hidden])]);
  const logits = new Linear(g, form, asGlmConfig(config)).apply(kept, 'head');
  const rows = g.op('Slice', [shape, start, first]);
  const outShape = g.op('Concat', [rows, g.int64([-1, vocab])], { axis: int(0) });
  g.node('Reshape', [logits, outShape], { outputs: ['logits'] });
  g.output('logits', 'float', ['B', 'kept', vocab]);
  for (let layer = 0; layer < config.num_layers; layer += 1) {
    g.output(glmIo.presentKey(layer), 'float', ['B', heads, 'T', size]);
    g.output(glmIo.presentValue(layer), 'float', ['B', heads, 'T', size]);
  }
  return encodeModel(g);
}
