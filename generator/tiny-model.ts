/**
 * A tiny GLM with random weights as a GGUF file in the exact layout of each supported architecture
 * (tensor names, metadata keys, tokenizer), so that tests run without any download.
 */
import { writeGguf, type WritableTensor, type WritableValue } from './gguf/write-gguf.ts';

export type TinyArchitecture = 'llama' | 'qwen2' | 'chatglm' | 'glm4';

export const tinyShape = {
  hidden: 64,
  inner: 96,
  layers: 2,
  heads: 4,
  keyValueHeads: 2,
  headDim: 32,
  context: 256,
} as const;

export interface TinyModel {
  readonly architecture: TinyArchitecture;
  /** Values by tensor name, rows of outputs by inputs, as they stand in the file. */
  readonly tensors: ReadonlyMap<string, Float32Array>;
  readonly vocabSize: number;
  /** Share of the head dimension that is rotated. */
  readonly rotary: number;
}

/** A small deterministic generator of numbers in [-1, 1). */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2_147_483_648 - 1;
  };
}

const controls: Readonly<Record<TinyArchitecture, readonly string[]>> = {
  llama: ['<|endoftext|>', '<|im_start|>', '<|im_end|>'],
  qwen2: ['<|endoftext|>', '<|im_start|>', '<|im_end|>'],
  chatglm: [
    '<|endoftext|>',
    '[gMASK]',
    '<sop>',
    '<|system|>',
    '<|user|>',
    '<|assistant|>',
    '<|observation|>',
  ],
  glm4: [
    '<|endoftext|>',
    '[gMASK]',
    '<sop>',
    '<|system|>',
    '<|user|>',
    '<|assistant|>',
    '<|observation|>',
  ],
};

/** GPT-2's printable stand-ins for the 256 bytes. */
function byteTokens(): string[] {
  let extra = 256;
  return Array.from({ length: 256 }, (_, byte) => {
    const printable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
    if (printable) return String.fromCharCode(byte);
    extra += 1;
    return String.fromCharCode(extra - 1);
  });
}

/** Writes the model's file and returns its weights. */
export function writeTinyModel(path: string, architecture: TinyArchitecture, seed = 1): TinyModel {
  const { hidden, inner, layers, heads, keyValueHeads, headDim, context } = tinyShape;
  const glm = architecture === 'chatglm' || architecture === 'glm4';
  const tokens = [...byteTokens(), 'th', 'the', ...controls[architecture]];
  const vocabSize = tokens.length;
  const next = random(seed);
  const values = new Map<string, Float32Array>();
  const tensors: WritableTensor[] = [];
  const add = (name: string, rows: number, columns: number, spread: number, middle = 0): void => {
    const data = Float32Array.from({ length: rows * columns }, () => middle + spread * next());
    values.set(name, data);
    const dims = rows === 1 ? [columns] : [columns, rows];
    tensors.push({ name, dims, typeId: 0, data: new Uint8Array(data.buffer) });
  };
  const q = heads * headDim;
  const kv = keyValueHeads * headDim;
  add('token_embd.weight', vocabSize, hidden, 0.5);
  // GLM-Edge ties its embeddings; the others here have a head of their own.
  if (architecture !== 'chatglm') add('output.weight', vocabSize, hidden, 0.5);
  add('output_norm.weight', 1, hidden, 0.2, 1);
  for (let layer = 0; layer < layers; layer += 1) {
    const at = `blk.${layer}`;
    add(`${at}.attn_norm.weight`, 1, hidden, 0.2, 1);
    add(`${at}.ffn_norm.weight`, 1, hidden, 0.2, 1);
    if (architecture === 'chatglm') {
      add(`${at}.attn_qkv.weight`, q + 2 * kv, hidden, 0.3);
    } else {
      add(`${at}.attn_q.weight`, q, hidden, 0.3);
      add(`${at}.attn_k.weight`, kv, hidden, 0.3);
      add(`${at}.attn_v.weight`, kv, hidden, 0.3);
    }
    if (architecture === 'qwen2' || architecture === 'glm4') {
      add(`${at}.attn_q.bias`, 1, q, 0.3);
      add(`${at}.attn_k.bias`, 1, kv, 0.3);
      add(`${at}.attn_v.bias`, 1, kv, 0.3);
    }
    add(`${at}.attn_output.weight`, hidden, q, 0.3);
    if (glm) add(`${at}.ffn_up.weight`, 2 * inner, hidden, 0.3);
    else {
      add(`${at}.ffn_gate.weight`, inner, hidden, 0.3);
      add(`${at}.ffn_up.weight`, inner, hidden, 0.3);
    }
    add(`${at}.ffn_down.weight`, hidden, inner, 0.3);
    if (architecture === 'glm4') {
      add(`${at}.post_attention_norm.weight`, 1, hidden, 0.2, 1);
      add(`${at}.post_ffw_norm.weight`, 1, hidden, 0.2, 1);
    }
  }
  const rotary = glm ? headDim / 2 : headDim;
  const id = (token: string): number => tokens.indexOf(token);
  const metadata: Record<string, WritableValue> = {
    'general.architecture': architecture,
    [`${architecture}.context_length`]: context,
    [`${architecture}.embedding_length`]: hidden,
    [`${architecture}.feed_forward_length`]: inner,
    [`${architecture}.block_count`]: layers,
    [`${architecture}.attention.head_count`]: heads,
    [`${architecture}.attention.head_count_kv`]: keyValueHeads,
    [`${architecture}.attention.key_length`]: headDim,
    [`${architecture}.attention.layer_norm_rms_epsilon`]: 0.000_015,
    [`${architecture}.rope.dimension_count`]: rotary,
    [`${architecture}.rope.freq_base`]: 10_000.5,
    'tokenizer.ggml.model': 'gpt2',
    'tokenizer.ggml.pre': glm ? 'chatglm-bpe' : 'qwen2',
    'tokenizer.ggml.tokens': tokens,
    'tokenizer.ggml.token_type': tokens.map((_, index) => (index < 258 ? 1 : 3)),
    'tokenizer.ggml.merges': ['t h', 'th e'],
    'tokenizer.ggml.eos_token_id': id(glm ? '<|endoftext|>' : '<|im_end|>'),
    ...(glm ? { 'tokenizer.ggml.eot_token_id': id('<|user|>') } : {}),
    'tokenizer.ggml.add_bos_token': false,
  };
  writeGguf(path, metadata, tensors);
  return { architecture, tensors: values, vocabSize, rotary };
}
