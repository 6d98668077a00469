/**
 * The shape of the original GLM (Du et al., 2022: blank filling with two-dimensional positions), the
 * model of WebGLM-2B and WebGLM-10B, from its `config.json` (`GLMForConditionalGeneration`).
 */
import { z } from 'zod';
import type { FootnoteError } from '../../src/core/errors.ts';

export interface PrefixGlmConfig {
  readonly hidden_size: number;
  readonly num_layers: number;
  readonly num_attention_heads: number;
  readonly vocab_size: number;
  /** Positions of the context; what is written counts in its own, second dimension. */
  readonly max_sequence_length: number;
}

const count = (most: number): z.ZodNumber => z.number().int().min(1).max(most);
const schema = z.object({
  hidden_size: count(65_536),
  num_layers: count(512),
  num_attention_heads: count(1024),
  vocab_size: count(2 ** 24),
  max_sequence_length: count(65_536),
  attention_scale: z.literal(1).nullish(),
  block_position_encoding: z.literal(true).nullish(),
  relative_encoding: z.literal(false).nullish(),
});

export const prefixGlmArchitectures: readonly string[] = [
  'GLMForConditionalGeneration',
  'GLMModel',
];

/** @throws FootnoteError `model-invalid` (made by `invalid`) for another kind of GLM */
export function readPrefixGlmConfig(
  json: Readonly<Record<string, unknown>>,
  invalid: (what: string) => FootnoteError,
): PrefixGlmConfig {
  const result = schema.safeParse(json);
  if (!result.success) {
    const [issue] = result.error.issues;
    throw invalid(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not usable'}`);
  }
  const { hidden_size, num_layers, num_attention_heads, vocab_size, max_sequence_length } =
    result.data;
  if (hidden_size % num_attention_heads !== 0) {
    throw invalid('hidden_size is no multiple of num_attention_heads');
  }
  return { hidden_size, num_layers, num_attention_heads, vocab_size, max_sequence_length };
}

const whole: Readonly<Record<string, string>> = {
  'word_embeddings.weight': 'token_embd.weight',
  'transformer.position_embeddings.weight': 'position_embd.weight',
  'transformer.block_position_embeddings.weight': 'block_position_embd.weight',
  'transformer.final_layernorm.weight': 'output_norm.weight',
  'transformer.final_layernorm.bias': 'output_norm.bias',
};
const inLayer: Readonly<Record<string, string>> = {
  input_layernorm: 'attn_norm',
  'attention.query_key_value': 'attn_qkv',
  'attention.dense': 'attn_output',
  post_attention_layernorm: 'ffn_norm',
  'mlp.dense_h_to_4h': 'ffn_up',
  'mlp.dense_4h_to_h': 'ffn_down',
};

/** A tensor's name after the GGUF converters' manner, or null where it is not needed. */
export function prefixGlmTensorName(name: string): string | null {
  const plain = name.replace(/^glm\./u, '');
  if (Object.hasOwn(whole, plain)) return whole[plain] as string;
  const [, layer, part, kind] =
    /^transformer\.layers\.(\d{1,3})\.(.+)\.(weight|bias)$/u.exec(plain) ?? [];
  if (layer === undefined || part === undefined || !Object.hasOwn(inLayer, part)) return null;
  return `blk.${Number(layer)}.${inLayer[part] as string}.${kind as string}`;
}
