/** Each layout that a model may come in, end to end through the generator's process. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Draft, Prompt } from '../src/core/nouns.ts';
import { GgufFile } from './gguf/gguf-file.ts';
import { ggufBytes, type WritableTensor } from './gguf/write-gguf.ts';
import { ModelEngine } from './model-engine.ts';
import { readGlmConfig } from './glm/glm-config.ts';
import { LocalGenerator } from './local-generator.ts';
import { writeOnnxExport } from './onnx-import/write-onnx-export.ts';
import { openDecoder } from './open-decoder.ts';
import { safetensorsBytes, type SafetensorsEntry } from './safetensors/write-safetensors.ts';
import { preTokenizers } from './tokenizer/byte-level.ts';
import { tinyShape, writeTinyModel, type TinyModel } from './tiny-model.ts';

const root = mkdtempSync(join(tmpdir(), 'footnote-layouts-'));
const cacheDir = join(root, 'cache');
const { signal } = new AbortController();
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

const prompt: Prompt = {
  kind: 'chat',
  messages: [{ role: 'user', content: 'What does the river carry? 河' }],
};
const options = { drafts: 2, maxTokens: 12, temperature: 0, topP: 1, topK: 0, seed: 5, signal };

function folderOf(name: string): string {
  const folder = join(root, name);
  mkdirSync(join(folder, 'onnx'), { recursive: true });
  return folder;
}
const writeJson = (folder: string, name: string, value: unknown): void => {
  writeFileSync(join(folder, name), JSON.stringify(value));
};

async function generate(weightsPath: string, what: Prompt = prompt): Promise<readonly Draft[]> {
  const generator = await LocalGenerator.open({
    weightsPath,
    model: 'tiny',
    cacheDir,
    threads: 1,
    device: 'cpu',
    signal,
  });
  const drafts = await generator.generate(what, options);
  await generator.close();
  return drafts;
}

/** Greedy ids of a prompt in float32. */
async function greedyIds(weightsPath: string): Promise<readonly number[]> {
  const { decoder } = await openDecoder({
    weightsPath,
    cacheDir,
    threads: 1,
    device: 'cpu',
    form: 'float32',
  });
  const [row] = await decoder.decode([5, 200, 33, 17, 90, 256], {
    maxTokens: 16,
    temperatures: [0],
    topP: 1,
    topK: 0,
    seed: 1,
    stopIds: [],
    signal,
    onTokens: () => true,
  });
  await decoder.close();
  return row?.ids ?? [];
}

/** The tables of a tiny GGUF model as `tokenizer.json`. */
function writeTokenizer(folder: string, gguf: string): void {
  const file = new GgufFile(gguf);
  const tokens = file.list('tokenizer.ggml.tokens', 'string') ?? [];
  const types = file.list('tokenizer.ggml.token_type', 'number') ?? [];
  const template = file.text('tokenizer.chat_template');
  file.close();
  const vocab = Object.fromEntries(
    tokens.flatMap((token, id) => (types[id] === 1 ? [[token, id] as const] : [])),
  );
  const stage = {
    type: 'ByteLevel',
    add_prefix_space: false,
    trim_offsets: true,
    use_regex: false,
  };
  writeJson(folder, 'tokenizer.json', {
    version: '1.0',
    added_tokens: tokens.flatMap((content, id) =>
      types[id] === 1 ? [] : [{ id, content, special: true }],
    ),
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [...(preTokenizers['qwen2'] ?? []), stage],
    },
    decoder: stage,
    model: { type: 'BPE', vocab, merges: ['t h', 'th e'] },
  });
  writeJson(folder, 'tokenizer_config.json', {
    eos_token: '<|im_end|>',
    ...(template === undefined ? {} : { chat_template: template }),
  });
}

const { hidden, inner, layers, heads, keyValueHeads, headDim, context } = tinyShape;
const qwenConfig = (vocabSize: number): object => ({
  architectures: ['Qwen2ForCausalLM'],
  hidden_size: hidden,
  intermediate_size: inner,
  num_hidden_layers: layers,
  num_attention_heads: heads,
  num_key_value_heads: keyValueHeads,
  head_dim: headDim,
  vocab_size: vocabSize,
  rms_norm_eps: Math.fround(0.000_015),
  rope_theta: 10_000.5,
  max_position_embeddings: context,
  eos_token_id: vocabSize - 1,
});

/** The names that `Qwen2ForCausalLM` saves. */
const hubNames: readonly (readonly [RegExp, string])[] = [
  [/^token_embd/u, 'model.embed_tokens'],
  [/^output_norm/u, 'model.norm'],
  [/^output\./u, 'lm_head.'],
  [/^blk\.(\d+)\./u, 'model.layers.$1.'],
  [/attn_norm/u, 'input_layernorm'],
  [/ffn_norm/u, 'post_attention_layernorm'],
  [/attn_output/u, 'self_attn.o_proj'],
  [/attn_([qkv])/u, 'self_attn.$1_proj'],
  [/ffn_(gate|up|down)/u, 'mlp.$1_proj'],
];

function safetensorsOf(model: TinyModel): Record<string, SafetensorsEntry> {
  return Object.fromEntries(
    [...model.tensors].map(([name, data]) => {
      const columns = /ffn_down/u.test(name)
        ? inner
        : /attn_output/u.test(name)
          ? heads * headDim
          : hidden;
      const flat = /norm|bias/u.test(name);
      const shape = flat ? [data.length] : [data.length / columns, columns];
      const renamed = hubNames.reduce((text, [from, to]) => text.replace(from, to), name);
      return [renamed, { dtype: 'F32', shape, data: new Uint8Array(data.buffer) }];
    }),
  );
}

const gguf = join(root, 'qwen2.gguf');
const tiny = writeTinyModel(gguf, 'qwen2');

describe('a folder of safetensors', () => {
  it('writes what the same weights write from GGUF, whole and sharded', async () => {
    const folder = folderOf('qwen2');
    writeTokenizer(folder, gguf);
    writeJson(folder, 'config.json', qwenConfig(tiny.vocabSize));
    const tensors = safetensorsOf(tiny);
    writeFileSync(join(folder, 'model.safetensors'), safetensorsBytes(tensors));
    const expected = await greedyIds(gguf);
    expect(expected).toHaveLength(16);
    expect(await greedyIds(folder)).toEqual(expected);
    const sharded = folderOf('qwen2-sharded');
    writeTokenizer(sharded, gguf);
    writeJson(sharded, 'config.json', qwenConfig(tiny.vocabSize));
    const names = Object.keys(tensors);
    const weight_map: Record<string, string> = {};
    for (const [index, part] of [names.slice(0, 9), names.slice(9)].entries()) {
      const file = `model-0000${index + 1}-of-00002.safetensors`;
      const held = Object.fromEntries(
        part.map((name) => [name, tensors[name] as SafetensorsEntry] as const),
      );
      writeFileSync(join(sharded, file), safetensorsBytes(held));
      for (const name of part) weight_map[name] = file;
    }
    writeJson(sharded, 'model.safetensors.index.json', { weight_map });
    expect(await greedyIds(join(sharded, 'model.safetensors.index.json'))).toEqual(expected);
    expect((await generate(folder))[0]?.text).toBe((await generate(gguf))[0]?.text);
  });
});

describe('ready-made ONNX', () => {
  const file = new GgufFile(gguf);
  const source = { weights: file, ...readGlmConfig(file) };
  afterAll(() => {
    file.close();
  });

  it("runs transformers.js' layout, with caches of floats and of halves", async () => {
    const expected = await greedyIds(gguf);
    for (const half of [false, true]) {
      const folder = folderOf(half ? 'onnx-half' : 'onnx-float');
      const name = half ? 'model_fp16.onnx' : 'model.onnx';
      writeOnnxExport(source, join(folder, 'onnx'), { file: name, half, positions: true });
      writeTokenizer(folder, gguf);
      writeJson(folder, 'config.json', qwenConfig(tiny.vocabSize));
      const ids = await greedyIds(half ? join(folder, 'onnx', name) : folder);
      expect(half ? ids.slice(0, 4) : ids).toEqual(half ? expected.slice(0, 4) : expected);
      if (half) continue;
      const drafts = await generate(folder);
      expect(drafts[0]?.completionTokens).toBeGreaterThan(2);
    }
  });

  it("runs onnxruntime-genai's layout", async () => {
    const folder = folderOf('genai');
    writeOnnxExport(source, folder, { file: 'decoder.onnx', half: false, positions: false });
    writeTokenizer(folder, gguf);
    writeJson(folder, 'genai_config.json', {
      model: {
        vocab_size: tiny.vocabSize,
        context_length: context,
        eos_token_id: tiny.vocabSize - 1,
        decoder: {
          filename: 'decoder.onnx',
          head_size: headDim,
          num_hidden_layers: layers,
          num_key_value_heads: keyValueHeads,
          inputs: { input_ids: 'input_ids', past_key_names: 'past_key_values.%d.key' },
          outputs: { logits: 'logits' },
        },
      },
    });
    expect(await greedyIds(folder)).toEqual(await greedyIds(gguf));
    writeFileSync(join(folder, 'decoder.onnx'), Buffer.from('no model'));
    await expect(greedyIds(folder)).rejects.toMatchObject({ code: 'model-invalid' });
  });
});

describe('the original GLM', () => {
  it('fills the blank of a prompt framed as its own tokenizer does', async () => {
    const folder = folderOf('glm');
    const file = new GgufFile(gguf);
    const tokens = (file.list('tokenizer.ggml.tokens', 'string') ?? []).slice(0, 258);
    file.close();
    const end = '<|endoftext|>';
    const ids = [...tokens, end].map((token, id) => [token, id] as const);
    writeJson(folder, 'vocab.json', Object.fromEntries(ids));
    writeFileSync(join(folder, 'merges.txt'), '#version: 0.2\nt h\nth e\n');
    const added = ['<|startofpiece|>', '<|endofpiece|>', '[CLS]', '[MASK]', '[gMASK]', '[sMASK]'];
    writeJson(
      folder,
      'added_tokens.json',
      Object.fromEntries(added.map((name, index) => [name, 259 + index])),
    );
    writeJson(folder, 'tokenizer_config.json', { tokenizer_class: 'GLMGPT2Tokenizer' });
    const [size, vocab, length] = [32, 272, 128];
    writeJson(folder, 'config.json', {
      architectures: ['GLMForConditionalGeneration'],
      hidden_size: size,
      num_layers: 2,
      num_attention_heads: 2,
      vocab_size: vocab,
      max_sequence_length: length,
    });
    let state = 7;
    const entry = (...shape: number[]): SafetensorsEntry => {
      const count = shape.reduce((product, dim) => product * dim, 1);
      const data = Float32Array.from({ length: count }, () => {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
        return (state / 2_147_483_648 - 1) * 0.4;
      });
      return { dtype: 'F32', shape, data: new Uint8Array(data.buffer) };
    };
    const tensors: Record<string, SafetensorsEntry> = {
      'glm.word_embeddings.weight': entry(vocab, size),
      'glm.transformer.position_embeddings.weight': entry(length + 1, size),
      'glm.transformer.block_position_embeddings.weight': entry(length + 1, size),
    };
    const add = (name: string, ...shape: number[]): void => {
      tensors[`glm.transformer.${name}.weight`] = entry(...shape);
      tensors[`glm.transformer.${name}.bias`] = entry(shape[0] as number);
    };
    add('final_layernorm', size);
    for (const layer of [0, 1]) {
      add(`layers.${layer}.input_layernorm`, size);
      add(`layers.${layer}.attention.query_key_value`, 3 * size, size);
      add(`layers.${layer}.attention.dense`, size, size);
      add(`layers.${layer}.post_attention_layernorm`, size);
      add(`layers.${layer}.mlp.dense_h_to_4h`, 4 * size, size);
      add(`layers.${layer}.mlp.dense_4h_to_h`, size, 4 * size);
    }
    writeFileSync(join(folder, 'model.safetensors'), safetensorsBytes(tensors));
    const question: Prompt = {
      kind: 'completion',
      text: 'Reference [1]: the [gMASK]\\Question: the?\\Answer: [gMASK]',
    };
    const engine = await ModelEngine.open({
      weightsPath: folder,
      cacheDir,
      threads: 1,
      device: 'cpu',
    });
    const framed = engine.encodePrompt(question);
    const id = (name: string): number => engine.tokenizer.specialId(name) as number;
    expect(framed[0]).toBe(id('[CLS]'));
    expect(framed.slice(-3)).toEqual([id('[gMASK]'), id(end), id('<|startofpiece|>')]);
    // The mask that a page quotes is text, and so is not the blank.
    expect(framed.filter((token) => token === id('[gMASK]'))).toHaveLength(1);
    await engine.close();
    const drafts = await generate(folder, question);
    expect(drafts).toHaveLength(2);
    expect(drafts[0]?.completionTokens).toBeGreaterThan(2);
    expect(await generate(folder, question)).toEqual(drafts);
  });
});

describe("GLM-Edge's official GGUF", () => {
  it('runs whole: tensors, keys, tokenizer and template as the public converter writes them', async () => {
    // The tiny model's tables and weights, laid out as the converter does for GlmForCausalLM: q, k and v
    // apart, gate and up fused, tied embeddings, no key_length, the hidden size as context, 1e-5.
    const plain = join(root, 'plain.gguf');
    const model = writeTinyModel(plain, 'chatglm');
    const file = new GgufFile(plain);
    const tokens = file.list('tokenizer.ggml.tokens', 'string') ?? [];
    const types = file.list('tokenizer.ggml.token_type', 'number') ?? [];
    file.close();
    const size = hidden / heads;
    const tensors: WritableTensor[] = [];
    const add = (name: string, data: Float32Array, columns: number): void => {
      const dims = data.length === columns ? [columns] : [columns, data.length / columns];
      tensors.push({ name, dims, typeId: 0, data: new Uint8Array(Float32Array.from(data).buffer) });
    };
    for (const [name, data] of model.tensors) {
      const at = name.slice(0, name.lastIndexOf('.attn_qkv'));
      if (name.includes('attn_qkv')) {
        add(`${at}.attn_q.weight`, data.subarray(0, heads * size * hidden), hidden);
        add(`${at}.attn_k.weight`, data.subarray(0, keyValueHeads * size * hidden), hidden);
        add(`${at}.attn_v.weight`, data.subarray(-keyValueHeads * size * hidden), hidden);
      } else if (name.includes('attn_output')) {
        add(name, data.subarray(0, hidden * heads * size), heads * size);
      } else add(name, data, name.includes('ffn_down') ? inner : hidden);
    }
    const template =
      "{% for item in messages %}{% if item['role'] == 'system' %}<|system|>\n{{ item['content'] }}{% elif item['role'] == 'user' %}<|user|>\n{{ item['content'] }}{% elif item['role'] == 'assistant' %}<|assistant|>\n{{ item['content'] }}{% endif %}{% endfor %}{% if add_generation_prompt %}<|assistant|>\n{% endif %}";
    const path = join(root, 'ggml-model-F32.gguf');
    const id = (name: string): number => tokens.indexOf(name);
    writeFileSync(
      path,
      ggufBytes(
        {
          'general.architecture': 'chatglm',
          'general.type': 'model',
          'general.name': 'Glm Edge Tiny Chat',
          'general.quantization_version': 2,
          'general.file_type': 0,
          'chatglm.context_length': hidden,
          'chatglm.embedding_length': hidden,
          'chatglm.feed_forward_length': inner,
          'chatglm.block_count': layers,
          'chatglm.attention.head_count': heads,
          'chatglm.attention.head_count_kv': keyValueHeads,
          'chatglm.attention.layer_norm_rms_epsilon': Math.fround(1e-5),
          'chatglm.rope.dimension_count': size,
          'chatglm.rope.freq_base': 10_000,
          'tokenizer.ggml.add_bos_token': false,
          'tokenizer.ggml.model': 'gpt2',
          'tokenizer.ggml.pre': 'chatglm-bpe',
          'tokenizer.ggml.tokens': tokens,
          'tokenizer.ggml.token_type': types,
          'tokenizer.ggml.merges': ['t h', 'th e'],
          'tokenizer.ggml.eos_token_id': id('<|endoftext|>'),
          'tokenizer.ggml.padding_token_id': id('<|endoftext|>'),
          'tokenizer.ggml.eot_token_id': id('<|user|>'),
          'tokenizer.ggml.unknown_token_id': id('<|endoftext|>'),
          'tokenizer.chat_template': template,
        },
        tensors,
      ),
    );
    const engine = await ModelEngine.open({
      weightsPath: path,
      cacheDir,
      threads: 1,
      device: 'cpu',
    });
    // The converter writes the hidden size there; the family has at least 8,192.
    expect(engine.decoder.config.max_position_embeddings).toBe(8192);
    const ids = engine.encodePrompt(prompt);
    expect(ids[0]).toBe(id('<|user|>'));
    expect(ids).toContain(id('<|assistant|>'));
    expect(new Set(engine.tokenizer.stopIds)).toEqual(
      new Set(['<|endoftext|>', '<|user|>', '<|observation|>'].map(id)),
    );
    await engine.close();
    const [draft] = await generate(path);
    expect(draft?.completionTokens).toBeGreaterThan(2);
    expect(readFileSync(path).subarray(0, 4).toString()).toBe('GGUF');
  });
});
