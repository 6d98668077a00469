/**
 * The decoder's shape from a `config.json` in the hub's layout, as `transformers` (versions 4 and 5)
 * and the ChatGLM repositories write it, with the defaults of their configuration classes.
 */
import { z } from 'zod';
import type { FootnoteError } from '../../src/core/errors.ts';
import { longestContext, type GlmConfig } from '../glm/glm-config.ts';

const count = (most: number): z.ZodNumber => z.number().int().min(1).max(most);
const positive = z.number().positive().finite();
const flag = z.boolean().nullish();

const ropeSchema = z.object({
  rope_type: z.string().nullish(),
  type: z.string().nullish(),
  rope_theta: positive.nullish(),
  partial_rotary_factor: positive.max(1).nullish(),
  factor: positive.nullish(),
  low_freq_factor: positive.nullish(),
  high_freq_factor: positive.nullish(),
  original_max_position_embeddings: positive.nullish(),
});

const decoderSchema = z.object({
  hidden_size: count(65_536),
  intermediate_size: count(1 << 20),
  num_hidden_layers: count(512),
  num_attention_heads: count(1024),
  num_key_value_heads: count(1024).nullish(),
  head_dim: count(4096).nullish(),
  vocab_size: count(2 ** 24),
  rms_norm_eps: positive.nullish(),
  rope_theta: positive.nullish(),
  rope_parameters: ropeSchema.nullish(),
  rope_scaling: ropeSchema.nullish(),
  partial_rotary_factor: positive.max(1).nullish(),
  attention_bias: flag,
  mlp_bias: flag,
  tie_word_embeddings: flag,
  max_position_embeddings: count(2 ** 31).nullish(),
  hidden_act: z.string().nullish(),
  use_sliding_window: flag,
});

const chatGlmSchema = z.object({
  hidden_size: count(65_536),
  ffn_hidden_size: count(1 << 20),
  num_layers: count(512),
  num_attention_heads: count(1024),
  kv_channels: count(4096),
  multi_query_attention: flag,
  multi_query_group_num: count(1024).nullish(),
  padded_vocab_size: count(2 ** 24),
  layernorm_epsilon: positive.nullish(),
  rope_ratio: positive.nullish(),
  seq_length: count(2 ** 31).nullish(),
  add_qkv_bias: flag,
  add_bias_linear: flag,
  rmsnorm: flag,
  post_layer_norm: flag,
  apply_residual_connection_post_layernorm: flag,
  tie_word_embeddings: flag,
});

/** What a class of `transformers` fixes or leaves to its configuration. */
interface Family {
  /** Rows of q and k stand in half-split rotary order. */
  readonly halfSplit: boolean;
  readonly partialRotary: number;
  readonly epsilon: number;
  readonly headDim?: number;
  /** `true` and `false` are fixed by the class. */
  readonly attentionBias: boolean | 'configured';
  readonly biasByDefault: boolean;
  readonly sandwich: boolean;
  readonly qkNorm: boolean;
}

const glm: Family = {
  halfSplit: false,
  partialRotary: 0.5,
  epsilon: 1.5625e-7,
  headDim: 128,
  attentionBias: 'configured',
  biasByDefault: true,
  sandwich: false,
  qkNorm: false,
};
const llama: Family = {
  halfSplit: true,
  partialRotary: 1,
  epsilon: 1e-6,
  attentionBias: 'configured',
  biasByDefault: false,
  sandwich: false,
  qkNorm: false,
};
const families: Readonly<Record<string, Family>> = {
  GlmForCausalLM: glm,
  Glm4ForCausalLM: { ...glm, sandwich: true },
  LlamaForCausalLM: llama,
  Qwen2ForCausalLM: { ...llama, attentionBias: true },
  Qwen3ForCausalLM: { ...llama, headDim: 128, qkNorm: true },
};
const chatGlmNames = ['ChatGLMModel', 'ChatGLMForConditionalGeneration'] as const;

/** Decoder architectures that are read from the hub's layout. */
const hubArchitectures: readonly string[] = [...Object.keys(families), ...chatGlmNames];

export interface HubConfig {
  readonly config: GlmConfig;
  readonly halfSplit: boolean;
  /** Which names the tensors have. */
  readonly layout: 'transformers' | 'chatglm';
}

/** The class that a `config.json` names, or an empty string. */
export function architectureOf(json: Readonly<Record<string, unknown>>): string {
  const names = json['architectures'];
  const first: unknown = Array.isArray(names) ? names[0] : undefined;
  return typeof first === 'string' ? first : '';
}

/**
 * @param json the parsed `config.json`
 * @throws FootnoteError `model-invalid` (made by `invalid`) for an unknown class, impossible numbers,
 *   or an option that the graph does not have
 */
export function readHubConfig(
  json: Readonly<Record<string, unknown>>,
  invalid: (what: string) => FootnoteError,
): HubConfig {
  const architecture = architectureOf(json);
  if ((chatGlmNames as readonly string[]).includes(architecture)) return chatGlm(json, invalid);
  const family = Object.hasOwn(families, architecture) ? families[architecture] : undefined;
  if (family === undefined) {
    throw invalid(
      `architecture '${architecture.slice(0, 80)}' is not supported (${hubArchitectures.join(', ')} are)`,
    );
  }
  const shape = parse(decoderSchema, json, invalid);
  if ((shape.hidden_act ?? 'silu') !== 'silu') throw invalid('only the activation silu is known');
  if (shape.mlp_bias === true) throw invalid('biases in the MLP are not supported');
  if (shape.use_sliding_window === true) throw invalid('sliding windows are not supported');
  const headDim = shape.head_dim ?? family.headDim ?? shape.hidden_size / shape.num_attention_heads;
  const rope = { ...shape.rope_scaling, ...shape.rope_parameters };
  const theta = rope.rope_theta ?? shape.rope_theta ?? 10_000;
  const partial = rope.partial_rotary_factor ?? shape.partial_rotary_factor ?? family.partialRotary;
  return {
    config: {
      hidden_size: shape.hidden_size,
      intermediate_size: shape.intermediate_size,
      num_hidden_layers: shape.num_hidden_layers,
      num_attention_heads: shape.num_attention_heads,
      num_key_value_heads: shape.num_key_value_heads ?? shape.num_attention_heads,
      head_dim: headDim,
      vocab_size: shape.vocab_size,
      rms_norm_eps: shape.rms_norm_eps ?? family.epsilon,
      rope_theta: theta,
      partial_rotary_factor: partial,
      attention_bias:
        family.attentionBias === 'configured'
          ? (shape.attention_bias ?? family.biasByDefault)
          : family.attentionBias,
      tie_word_embeddings: shape.tie_word_embeddings ?? false,
      max_position_embeddings: Math.min(shape.max_position_embeddings ?? 2048, longestContext),
      sandwich_norm: family.sandwich,
      qk_norm: family.qkNorm,
      rope_divisors: ropeDivisors(rope, theta, Math.round(headDim * partial), invalid),
    },
    halfSplit: family.halfSplit,
    layout: 'transformers',
  };
}

function chatGlm(
  json: Readonly<Record<string, unknown>>,
  invalid: (what: string) => FootnoteError,
): HubConfig {
  const shape = parse(chatGlmSchema, json, invalid);
  const usual =
    shape.add_bias_linear !== true &&
    shape.rmsnorm !== false &&
    shape.post_layer_norm !== false &&
    shape.apply_residual_connection_post_layernorm !== true;
  if (!usual) throw invalid('its norms or biases are not those of ChatGLM2, ChatGLM3 or GLM-4');
  return {
    config: {
      hidden_size: shape.hidden_size,
      intermediate_size: shape.ffn_hidden_size,
      num_hidden_layers: shape.num_layers,
      num_attention_heads: shape.num_attention_heads,
      num_key_value_heads:
        shape.multi_query_attention === true
          ? (shape.multi_query_group_num ?? 1)
          : shape.num_attention_heads,
      head_dim: shape.kv_channels,
      vocab_size: shape.padded_vocab_size,
      rms_norm_eps: shape.layernorm_epsilon ?? 1e-5,
      rope_theta: 10_000 * (shape.rope_ratio ?? 1),
      // Its rotary embedding is made for half of the head.
      partial_rotary_factor: 0.5,
      attention_bias: shape.add_qkv_bias ?? false,
      tie_word_embeddings: shape.tie_word_embeddings ?? false,
      max_position_embeddings: Math.min(shape.seq_length ?? 2048, longestContext),
      sandwich_norm: false,
      qk_norm: false,
      rope_divisors: null,
    },
    halfSplit: false,
    layout: 'chatglm',
  };
}

function parse<Shape extends z.ZodType>(
  schema: Shape,
  json: Readonly<Record<string, unknown>>,
  invalid: (what: string) => FootnoteError,
): z.output<Shape> {
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw invalid(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not usable'}`);
}

/**
 * What the frequencies are divided by: `linear` by a factor, `llama3` by a factor for long waves and a
 * mix in between (as `transformers` computes its rope type `llama3`).
 */
function ropeDivisors(
  rope: z.output<typeof ropeSchema>,
  theta: number,
  rotary: number,
  invalid: (what: string) => FootnoteError,
): number[] | null {
  const type = rope.rope_type ?? rope.type ?? 'default';
  const { factor } = rope;
  const pairs = Array.from({ length: rotary / 2 }, (_, index) => index);
  if (type === 'default') return null;
  if (type === 'linear' && typeof factor === 'number') return pairs.map(() => factor);
  const { low_freq_factor: low, high_freq_factor: high } = rope;
  const original = rope.original_max_position_embeddings;
  const complete =
    typeof factor === 'number' &&
    typeof low === 'number' &&
    typeof high === 'number' &&
    typeof original === 'number';
  if (type !== 'llama3' || !complete || low >= high) {
    throw invalid(`rope scaling '${type.slice(0, 40)}' is not supported`);
  }
  return pairs.map((index) => {
    const wave = 2 * Math.PI * theta ** ((2 * index) / rotary);
    if (wave < original / high) return 1;
    if (wave > original / low) return factor;
    const smooth = (original / wave - low) / (high - low);
    return 1 / ((1 - smooth) / factor + smooth);
  });
}
