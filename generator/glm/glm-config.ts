/**
 * The shape of a GLM decoder, named as `GlmForCausalLM` of `transformers` names it, and how the
 * architectures of GGUF files map onto it. Every model is expressed in GLM's own terms: interleaved
 * rotary embedding, packed qkv, packed gate and up.
 */
import { FootnoteError } from '../../src/core/errors.ts';
import { dequantise } from '../gguf/dequantise.ts';
import type { GgufFile } from '../gguf/gguf-file.ts';
import type { WeightSource } from '../weights/weight-source.ts';

export interface GlmConfig {
  readonly hidden_size: number;
  readonly intermediate_size: number;
  readonly num_hidden_layers: number;
  readonly num_attention_heads: number;
  readonly num_key_value_heads: number;
  readonly head_dim: number;
  readonly vocab_size: number;
  readonly rms_norm_eps: number;
  readonly rope_theta: number;
  /** Share of each head that is rotated. */
  readonly partial_rotary_factor: number;
  /** Biases on q, k and v. */
  readonly attention_bias: boolean;
  readonly tie_word_embeddings: boolean;
  readonly max_position_embeddings: number;
  /** Norms after attention and after the MLP, before they are added (`Glm4ForCausalLM`). */
  readonly sandwich_norm: boolean;
  /** An RMS norm over each head of q and k before they are rotated (Qwen3). */
  readonly qk_norm: boolean;
  /** What each rotated pair's frequency is divided by (long-context scaling), or null. */
  readonly rope_divisors: readonly number[] | null;
}

/** How a GGUF architecture stores what GLM's graph needs. */
interface Architecture {
  /** Rows of q and k stand in half-split rotary order and must be interleaved. */
  readonly halfSplit: boolean;
  /** Least context the family has, where converters wrote too little into the file. */
  readonly leastContext?: number;
}

/**
 * `llama` is interleaved in GGUF already (the public converter permutes it). `chatglm` (GLM-Edge,
 * ChatGLM2, ChatGLM3, GLM-4) and `glm4` are GLM itself; `qwen2` and `qwen3` rotate halves.
 */
const architectures: Readonly<Record<string, Architecture>> = {
  llama: { halfSplit: false },
  qwen2: { halfSplit: true },
  qwen3: { halfSplit: true },
  // The public converter writes the hidden size as context where the config names no `seq_length`.
  chatglm: { halfSplit: false, leastContext: 8192 },
  glm4: { halfSplit: false },
};

/** Longest context that is served; caches of cosines grow with it. */
export const longestContext = 8192;

/**
 * Reads the decoder's shape from a GGUF file's metadata and tensor table.
 * @throws FootnoteError `model-invalid` for an unknown architecture or impossible numbers
 */
export function readGlmConfig(file: GgufFile): {
  readonly config: GlmConfig;
  readonly halfSplit: boolean;
} {
  const architecture = file.text('general.architecture') ?? '';
  const known = architectures[architecture];
  if (known === undefined) {
    throw new FootnoteError(
      'model-invalid',
      `${file.path}: architecture '${architecture}' is not supported (${Object.keys(architectures).join(', ')} are)`,
      { stage: 'generate' },
    );
  }
  const need = (key: string): number => {
    const value = file.number(`${architecture}.${key}`);
    if (value === undefined || !(value > 0)) {
      throw file.invalid(`${architecture}.${key} is missing or not positive`);
    }
    return value;
  };
  const whole = (key: string, most: number): number => {
    const value = need(key);
    if (!Number.isInteger(value) || value > most) {
      throw file.invalid(`${architecture}.${key} = ${value} is not usable`);
    }
    return value;
  };
  const optional = (key: string): number | undefined => file.number(`${architecture}.${key}`);

  const hidden = whole('embedding_length', 65_536);
  const heads = whole('attention.head_count', 1024);
  const keyValueHeads = optional('attention.head_count_kv') ?? heads;
  const headDim = optional('attention.key_length') ?? hidden / heads;
  const rotary = optional('rope.dimension_count') ?? headDim;
  const embedding = file.tensors.get('token_embd.weight');
  if (embedding === undefined) throw file.invalid('token_embd.weight is missing');
  const scaling = file.text(`${architecture}.rope.scaling.type`);
  if (scaling !== undefined && scaling !== 'none') {
    throw file.invalid(`rope scaling '${scaling}' is not supported`);
  }
  const config: GlmConfig = {
    hidden_size: hidden,
    intermediate_size: whole('feed_forward_length', 1 << 20),
    num_hidden_layers: whole('block_count', 512),
    num_attention_heads: heads,
    num_key_value_heads: keyValueHeads,
    head_dim: headDim,
    vocab_size: embedding.rows,
    rms_norm_eps: need('attention.layer_norm_rms_epsilon'),
    rope_theta: optional('rope.freq_base') ?? 10_000,
    partial_rotary_factor: rotary / headDim,
    attention_bias:
      file.tensors.has('blk.0.attn_q.bias') || file.tensors.has('blk.0.attn_qkv.bias'),
    tie_word_embeddings: !file.tensors.has('output.weight'),
    max_position_embeddings: Math.min(
      Math.max(whole('context_length', 2 ** 31), known.leastContext ?? 1),
      longestContext,
    ),
    sandwich_norm: file.tensors.has('blk.0.post_attention_norm.weight'),
    qk_norm: file.tensors.has('blk.0.attn_q_norm.weight'),
    rope_divisors: ropeFactors(file),
  };
  checkGlmConfig(config, file);
  return { config, halfSplit: known.halfSplit };
}

/** The divisors that the converter of Llama 3 writes as a tensor. */
function ropeFactors(file: GgufFile): number[] | null {
  const tensor = file.tensors.get('rope_freqs.weight');
  if (tensor === undefined) return null;
  if (tensor.columns > 4096 || tensor.rows !== 1) {
    throw file.invalid('rope_freqs.weight is not usable');
  }
  const values = new Float32Array(tensor.columns);
  dequantise(tensor.type.name, file.readTensor(tensor, 0, tensor.bytes), values);
  return [...values];
}

/**
 * Checks that the numbers of a shape fit together and that the graph can be built for them.
 * @throws FootnoteError `model-invalid`
 */
export function checkGlmConfig(config: GlmConfig, source: WeightSource): void {
  const { head_dim: headDim, num_key_value_heads: keyValueHeads, rope_divisors: divisors } = config;
  const rotary = headDim * config.partial_rotary_factor;
  const embedding = source.tensors.get('token_embd.weight');
  if (embedding === undefined) throw source.invalid('the embeddings are missing');
  const fits =
    Number.isInteger(headDim) &&
    headDim % 2 === 0 &&
    Number.isInteger(keyValueHeads) &&
    keyValueHeads > 0 &&
    config.num_attention_heads % keyValueHeads === 0 &&
    Number.isInteger(rotary) &&
    // onnxruntime's attention takes rotated halves in eights.
    rotary % 16 === 0 &&
    rotary > 0 &&
    rotary <= headDim &&
    embedding.columns === config.hidden_size &&
    embedding.rows === config.vocab_size &&
    (divisors === null ||
      (divisors.length === rotary / 2 && divisors.every((value) => value > 0 && value < 1e6)));
  if (!fits) {
    throw source.invalid('the numbers of heads, dimensions and rotary do not fit together');
  }
}
