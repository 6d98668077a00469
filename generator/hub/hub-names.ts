/** Names of tensors in the hub's layouts, turned into those of the GGUF converters. */
import type { FootnoteError } from '../../src/core/errors.ts';

type Names = Readonly<Record<string, string>>;

interface Layout {
  readonly whole: Names;
  readonly layer: RegExp;
  readonly inLayer: Names;
}

const transformers: Layout = {
  whole: {
    'model.embed_tokens.weight': 'token_embd.weight',
    'model.norm.weight': 'output_norm.weight',
    'lm_head.weight': 'output.weight',
  },
  layer: /^model\.layers\.(\d{1,3})\.(.+)$/u,
  inLayer: {
    'input_layernorm.weight': 'attn_norm.weight',
    'self_attn.q_proj.weight': 'attn_q.weight',
    'self_attn.k_proj.weight': 'attn_k.weight',
    'self_attn.v_proj.weight': 'attn_v.weight',
    'self_attn.q_proj.bias': 'attn_q.bias',
    'self_attn.k_proj.bias': 'attn_k.bias',
    'self_attn.v_proj.bias': 'attn_v.bias',
    'self_attn.q_norm.weight': 'attn_q_norm.weight',
    'self_attn.k_norm.weight': 'attn_k_norm.weight',
    'self_attn.o_proj.weight': 'attn_output.weight',
    'post_attention_layernorm.weight': 'ffn_norm.weight',
    'mlp.gate_proj.weight': 'ffn_gate.weight',
    'mlp.up_proj.weight': 'ffn_up.weight',
    'mlp.gate_up_proj.weight': 'ffn_up.weight',
    'mlp.down_proj.weight': 'ffn_down.weight',
    'post_self_attn_layernorm.weight': 'post_attention_norm.weight',
    'post_mlp_layernorm.weight': 'post_ffw_norm.weight',
  },
};

const chatglm: Layout = {
  whole: {
    'transformer.embedding.word_embeddings.weight': 'token_embd.weight',
    'transformer.encoder.final_layernorm.weight': 'output_norm.weight',
    'transformer.output_layer.weight': 'output.weight',
  },
  layer: /^transformer\.encoder\.layers\.(\d{1,3})\.(.+)$/u,
  inLayer: {
    'input_layernorm.weight': 'attn_norm.weight',
    'self_attention.query_key_value.weight': 'attn_qkv.weight',
    'self_attention.query_key_value.bias': 'attn_qkv.bias',
    'self_attention.dense.weight': 'attn_output.weight',
    'post_attention_layernorm.weight': 'ffn_norm.weight',
    'mlp.dense_h_to_4h.weight': 'ffn_up.weight',
    'mlp.dense_4h_to_h.weight': 'ffn_down.weight',
  },
};

const layouts = { transformers, chatglm } as const;

/** Buffers that some versions saved; they follow from the configuration. */
const derived = /(?:^|\.)(?:inv_freq|attention_bias\.masked_bias)$/u;

/**
 * The GGUF name of a tensor, or null where it is not needed.
 * @throws FootnoteError `model-invalid` (made by `invalid`) for a weight that the graph has no place for
 */
export function hubTensorName(
  layout: keyof typeof layouts,
  name: string,
  invalid: (what: string) => FootnoteError,
): string | null {
  const { whole, layer, inLayer } = layouts[layout];
  if (derived.test(name)) return null;
  if (Object.hasOwn(whole, name)) return whole[name] as string;
  const [, number, rest] = layer.exec(name) ?? [];
  if (number !== undefined && rest !== undefined && Object.hasOwn(inLayer, rest)) {
    return `blk.${Number(number)}.${inLayer[rest] as string}`;
  }
  throw invalid(`${name.slice(0, 120)} has no place in this architecture`);
}
