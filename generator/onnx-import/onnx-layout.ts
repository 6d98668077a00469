/**
 * Ready-made ONNX decoders in a folder: the layout of transformers.js (`onnx/model*.onnx` with
 * `config.json`) and that of onnxruntime-genai (`genai_config.json`). Tells which file to open and how
 * its inputs and outputs are named.
 */
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { FootnoteError } from '../../src/core/errors.ts';
import { readJsonFile } from '../weights/read-json-file.ts';

export interface OnnxLayout {
  readonly modelPath: string;
  readonly vocabSize: number;
  readonly contextTokens: number;
  readonly layers: number;
  readonly keyValueHeads: number;
  readonly headDim: number;
  /** Names by role; `%d` stands for the layer. Inputs that the model does not have are not fed. */
  readonly names: {
    readonly ids: string;
    readonly mask: string;
    readonly positions: string;
    readonly pastKey: string;
    readonly pastValue: string;
    readonly logits: string;
    readonly presentKey: string;
    readonly presentValue: string;
  };
}

const longestSettings = 1024 * 1024;
const longestContext = 8192;
/** Variants of transformers.js, the best for a processor first. */
const variants = [
  'model_q4.onnx',
  'model_quantized.onnx',
  'model_int8.onnx',
  'model.onnx',
  'model_uint8.onnx',
  'model_q4f16.onnx',
  'model_fp16.onnx',
];
/** The same, best for a CUDA device first. */
const cudaVariants = ['model_q4f16.onnx', 'model_fp16.onnx', 'model_q4.onnx', 'model.onnx'];

const count = (most: number): z.ZodNumber => z.number().int().min(1).max(most);
const names = z.string().min(1).max(200);

const transformersSchema = z.object({
  vocab_size: count(2 ** 24),
  hidden_size: count(65_536),
  num_hidden_layers: count(512),
  num_attention_heads: count(1024),
  num_key_value_heads: count(1024).nullish(),
  head_dim: count(4096).nullish(),
  max_position_embeddings: count(2 ** 31).nullish(),
});

const genaiSchema = z.object({
  model: z.object({
    vocab_size: count(2 ** 24),
    context_length: count(2 ** 31),
    decoder: z.object({
      filename: names,
      head_size: count(4096),
      num_hidden_layers: count(512),
      num_key_value_heads: count(1024),
      inputs: z.object({
        input_ids: names.default('input_ids'),
        attention_mask: names.default('attention_mask'),
        position_ids: names.default('position_ids'),
        past_key_names: names.default('past_key_values.%d.key'),
        past_value_names: names.default('past_key_values.%d.value'),
      }),
      outputs: z.object({
        logits: names.default('logits'),
        present_key_names: names.default('present.%d.key'),
        present_value_names: names.default('present.%d.value'),
      }),
    }),
  }),
});

/**
 * The layout of a folder, or null where it holds no ONNX model.
 * @param file a file of the folder that was asked for by name, or null
 * @throws FootnoteError `model-invalid`, `model-missing`
 */
export function readOnnxLayout(
  folder: string,
  file: string | null,
  device: 'cpu' | 'cuda',
): OnnxLayout | null {
  const genai = join(folder, 'genai_config.json');
  if (existsSync(genai) && (file === null || !file.includes('onnx/'))) return genaiLayout(genai);
  const order = device === 'cuda' ? [...cudaVariants, ...variants] : variants;
  const found =
    file ??
    order.flatMap((name) => [`onnx/${name}`, name]).find((name) => existsSync(join(folder, name)));
  if (found === undefined) return null;
  const path = join(folder, 'config.json');
  const shape = parse(transformersSchema, path);
  return {
    modelPath: join(folder, found),
    vocabSize: shape.vocab_size,
    contextTokens: Math.min(shape.max_position_embeddings ?? 2048, longestContext),
    layers: shape.num_hidden_layers,
    keyValueHeads: shape.num_key_value_heads ?? shape.num_attention_heads,
    headDim: shape.head_dim ?? shape.hidden_size / shape.num_attention_heads,
    names: {
      ids: 'input_ids',
      mask: 'attention_mask',
      positions: 'position_ids',
      pastKey: 'past_key_values.%d.key',
      pastValue: 'past_key_values.%d.value',
      logits: 'logits',
      presentKey: 'present.%d.key',
      presentValue: 'present.%d.value',
    },
  };
}

function genaiLayout(path: string): OnnxLayout {
  const { model } = parse(genaiSchema, path);
  const { decoder } = model;
  if (decoder.filename !== basename(decoder.filename) || decoder.filename.includes('\\')) {
    throw invalid(path, 'its model is not a file beside it');
  }
  return {
    modelPath: join(path, '..', decoder.filename),
    vocabSize: model.vocab_size,
    contextTokens: Math.min(model.context_length, longestContext),
    layers: decoder.num_hidden_layers,
    keyValueHeads: decoder.num_key_value_heads,
    headDim: decoder.head_size,
    names: {
      ids: decoder.inputs.input_ids,
      mask: decoder.inputs.attention_mask,
      positions: decoder.inputs.position_ids,
      pastKey: decoder.inputs.past_key_names,
      pastValue: decoder.inputs.past_value_names,
      logits: decoder.outputs.logits,
      presentKey: decoder.outputs.present_key_names,
      presentValue: decoder.outputs.present_value_names,
    },
  };
}

function parse<Shape extends z.ZodType>(schema: Shape, path: string): z.output<Shape> {
  const result = schema.safeParse(readJsonFile(path, longestSettings));
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw invalid(path, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not usable'}`);
}

const invalid = (path: string, what: string): FootnoteError =>
  new FootnoteError('model-invalid', `${path}: ${what}`, { stage: 'generate' });
