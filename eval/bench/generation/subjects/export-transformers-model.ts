/**
 * Writes a model in the layout that `@huggingface/transformers` loads: one step of the decoder with the
 * KV cache as inputs and outputs, as the public ONNX exports have it (GroupQueryAttention, MatMulNBits),
 * from the same weights and in the same form as ours. Logits of the last position only, as its loop asks
 * of exports that offer it.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { writeGlmWeights } from '../../../../generator/glm/convert-glm.ts';
import { GgufFile } from '../../../../generator/gguf/gguf-file.ts';
import { readGlmConfig, type GlmConfig } from '../../../../generator/glm/glm-config.ts';
import type { GlmLayout } from '../../../../generator/glm/glm-graph.ts';
import { GlmWeights } from '../../../../generator/glm/glm-weights.ts';
import { addLinearConstants, Linear } from '../../../../generator/glm/linear-graph.ts';
import { matrixForm, parseGlmForm, type GlmForm } from '../../../../generator/glm/matrix-form.ts';
import { encodeModel, float, int, OnnxGraph } from '../../../../src/runtime/onnx-graph.ts';
import type { SubjectOptions } from './subject.ts';

const microsoft = 'com.microsoft';
const weightsName = 'model.onnx_data';

/** The folder of the exported model, made now or before. */
export function exportTransformersModel(options: SubjectOptions): string {
  const form = parseGlmForm(options.form);
  const folder = join(
    options.cacheDir,
    `transformers-2-${basename(options.weightsPath, '.gguf')}-${form}`,
  );
  if (existsSync(join(folder, 'config.json'))) return folder;
  mkdirSync(join(folder, 'onnx'), { recursive: true });
  const file = new GgufFile(options.weightsPath);
  const { config, halfSplit } = readGlmConfig(file);
  if (config.sandwich_norm || config.qk_norm) throw new Error('only plain decoders are exported');
  const weights = new GlmWeights(file, config, halfSplit);
  const layout = writeGlmWeights(weights, form, join(folder, 'onnx'), weightsName);
  file.close();
  writeFileSync(join(folder, 'onnx/model.onnx'), stepModel(config, form, layout));
  writeFileSync(join(folder, 'generation_config.json'), JSON.stringify({ eos_token_id: -1 }));
  const published = {
    architectures: ['Qwen2ForCausalLM'],
    model_type: 'qwen2',
    ...config,
    eos_token_id: -1,
  };
  writeFileSync(join(folder, 'config.json'), JSON.stringify(published));
  return folder;
}

function addConstants(g: OnnxGraph, config: GlmConfig): void {
  const half = Math.round(config.head_dim * config.partial_rotary_factor) / 2;
  const positions = config.max_position_embeddings;
  const table = (of: (angle: number) => number): Float32Array =>
    Float32Array.from({ length: positions * half }, (_, at) => {
      const frequency = config.rope_theta ** (-(at % half) / half);
      return of(Math.floor(at / half) * frequency);
    });
  g.constant('rope.cos', 'float', [positions, half], table(Math.cos));
  g.constant('rope.sin', 'float', [positions, half], table(Math.sin));
  addLinearConstants(g);
}

function stepModel(config: GlmConfig, form: GlmForm, layout: GlmLayout): Uint8Array {
  const g = new OnnxGraph('decoder');
  addConstants(g, config);
  for (const [name, { type, dims, ...data }] of Object.entries(layout)) {
    g.external(name, type, dims, data);
  }
  const { num_key_value_heads: kvHeads, head_dim: dim, num_hidden_layers: layers } = config;
  g.input('input_ids', 'int64', ['batch_size', 'S']);
  g.input('attention_mask', 'int64', ['batch_size', 'T']);
  const shape = g.op('Shape', ['input_ids']);
  const minusOne = g.int64([-1]);
  const seen = g.op('ReduceSum', ['attention_mask', 'axis.last'], { keepdims: int(0) });
  const seqlens = g.op('Cast', [g.op('Add', [seen, minusOne])], { to: int(6) });
  const total = g.op('Gather', [g.op('Shape', ['attention_mask']), g.int64(1)]);
  const total32 = g.op('Cast', [total], { to: int(6) });
  const packed = g.op('Concat', [shape, minusOne], { axis: int(0) });
  const ids = g.op('Reshape', ['input_ids', minusOne]);
  const table = matrixForm(form, 'embedding');
  let residual = g.op('Gather', ['embedding', ids]);
  if (table === 'int8') {
    const scale = g.op('Gather', ['embedding.scale', ids]);
    residual = g.op('Mul', [g.op('Cast', [residual], { to: int(1) }), scale]);
  }
  const linear = new Linear(g, form, config);
  const epsilon = float(config.rms_norm_eps);
  let branch: string | null = null;
  const join = (weight: string): string => {
    if (branch === null) {
      return g.op('SimplifiedLayerNormalization', [residual, weight], { epsilon, axis: int(-1) });
    }
    const names = [g.fresh('norm'), '', '', g.fresh('sum')] as const;
    g.node('SkipSimplifiedLayerNormalization', [residual, branch, weight], {
      outputs: names,
      domain: microsoft,
      attributes: { epsilon },
    });
    residual = names[3];
    return names[0];
  };
  const flat = g.int64([-1, config.num_attention_heads * dim]);
  for (let layer = 0; layer < layers; layer += 1) {
    const at = `layers.${layer}`;
    for (const part of ['key', 'value']) {
      g.input(`past_key_values.${layer}.${part}`, 'float', [
        'batch_size',
        kvHeads,
        'past_sequence_length',
        dim,
      ]);
      g.output(`present.${layer}.${part}`, 'float', ['batch_size', kvHeads, 'T', dim]);
    }
    const bias = config.attention_bias ? { bias: `${at}.qkv.bias` } : {};
    const qkv = linear.apply(join(`${at}.input_norm`), `${at}.qkv`, bias);
    const attended = g.fresh('attended');
    g.node(
      'GroupQueryAttention',
      [
        g.op('Reshape', [qkv, packed]),
        '',
        '',
        `past_key_values.${layer}.key`,
        `past_key_values.${layer}.value`,
        seqlens,
        total32,
        'rope.cos',
        'rope.sin',
      ],
      {
        outputs: [attended, `present.${layer}.key`, `present.${layer}.value`],
        domain: microsoft,
        attributes: {
          num_heads: int(config.num_attention_heads),
          kv_num_heads: int(kvHeads),
          do_rotary: int(1),
          rotary_interleaved: int(1),
        },
      },
    );
    branch = linear.apply(g.op('Reshape', [attended, flat]), `${at}.output`);
    const normed = join(`${at}.mlp_norm`);
    const gate = linear.apply(normed, `${at}.gate`);
    const silu = g.op('QuickGelu', [gate], { alpha: float(1) }, microsoft);
    branch = linear.apply(g.op('Mul', [silu, linear.apply(normed, `${at}.up`)]), `${at}.down`);
  }
  const states = g.op('Reshape', [join('norm'), packed]);
  const end = g.int64([2 ** 31]);
  const last = g.op('Slice', [states, minusOne, end, g.int64([1])]);
  const rows = g.op('Reshape', [last, g.int64([-1, config.hidden_size])]);
  const logits = new Linear(g, form, config).apply(rows, 'head');
  g.node('Unsqueeze', [logits, g.int64([1])], { outputs: ['logits'] });
  g.output('logits', 'float', ['batch_size', 1, config.vocab_size]);
  return encodeModel(g);
}
