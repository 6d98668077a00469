/**
 * Converts weights to the ONNX decoder once: `model.onnx` and its `weights.bin` (memory-mapped by
 * onnxruntime) in a folder named by the file's content, the form and the converter's version. Written
 * to a temporary folder and renamed, so that a crash or a second process leaves nothing half done.
 */
import { createHash, randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { FootnoteError } from '../../src/core/errors.ts';
import type { ExternalData } from '../../src/runtime/onnx-graph.ts';
import type { WeightSource } from '../weights/weight-source.ts';
import type { GlmConfig } from './glm-config.ts';
import { glmModel, type GlmLayout } from './glm-graph.ts';
import type { GlmForm } from './linear-graph.ts';
import { GlmWeights, type GlmMatrix } from './glm-weights.ts';

/** Raise it when the graph or the layout of the weights changes: old results are then made anew. */
const converterVersion = 2;
const weightsName = 'weights.bin';
/** Offsets that every platform can map. */
const alignment = 4096;

/** Appends tensors to the weights file and remembers where they stand. */
class WeightsWriter {
  readonly #fd: number;
  readonly layout: Record<string, GlmLayout[string]> = {};
  #position = 0;

  constructor(path: string) {
    this.#fd = openSync(path, 'w');
  }

  add(name: string, type: 'float' | 'int8', dims: readonly number[], data: ArrayBufferView): void {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const offset = Math.ceil(this.#position / alignment) * alignment;
    let done = 0;
    while (done < bytes.length) {
      const part = bytes.subarray(done, done + (1 << 28));
      done += writeSync(this.#fd, part, 0, part.length, offset + done);
    }
    this.#position = offset + bytes.length;
    const external: ExternalData = { location: weightsName, offset, length: bytes.length };
    this.layout[name] = { ...external, type, dims };
  }

  close(): void {
    closeSync(this.#fd);
  }
}

/** Rows handled together, so that the transposed writes stay within a few cache lines. */
const tileRows = 64;

/**
 * Quantises each row (an output channel) to int8 with its own scale: largest magnitude = 127.
 * @param visitTile gets `[rows, columns]` tiles of int8 in row order
 */
function quantiseRows(
  weights: GlmWeights,
  matrix: GlmMatrix,
  visitTile: (firstRow: number, rows: number, tile: Int8Array) => void,
): Float32Array {
  const { rows, columns } = matrix;
  const scales = new Float32Array(rows);
  const tile = new Int8Array(tileRows * columns);
  weights.forEachRow(matrix, (row, values) => {
    let largest = 0;
    for (let column = 0; column < columns; column += 1) {
      const size = Math.abs(values[column] as number);
      // Written so that a NaN is kept and found below.
      if (!(size <= largest)) largest = size;
    }
    if (!Number.isFinite(largest)) {
      throw new FootnoteError('model-invalid', 'a weight is not a finite number');
    }
    const scale = largest === 0 ? 1 : largest / 127;
    scales[row] = scale;
    const inverse = 1 / scale;
    const at = (row % tileRows) * columns;
    for (let column = 0; column < columns; column += 1) {
      const value = (values[column] as number) * inverse;
      // Storing truncates: half a step away from zero rounds, several times faster than Math.round.
      tile[at + column] = value < 0 ? value - 0.5 : value + 0.5;
    }
    if (row % tileRows === tileRows - 1 || row === rows - 1) {
      const inTile = (row % tileRows) + 1;
      visitTile(row + 1 - inTile, inTile, tile);
    }
  });
  return scales;
}

/** Writes a matrix as `[inputs, outputs]`, as onnxruntime multiplies it. */
function addMatrix(
  writer: WeightsWriter,
  weights: GlmWeights,
  name: string,
  matrix: GlmMatrix,
  form: GlmForm,
): void {
  const { rows, columns } = matrix;
  if (form === 'float32') {
    const transposed = new Float32Array(rows * columns);
    weights.forEachRow(matrix, (row, values) => {
      for (let column = 0; column < columns; column += 1) {
        transposed[column * rows + row] = values[column] as number;
      }
    });
    writer.add(name, 'float', [columns, rows], transposed);
    return;
  }
  const transposed = new Int8Array(rows * columns);
  const scales = quantiseRows(weights, matrix, (first, count, tile) => {
    for (let column = 0; column < columns; column += 1) {
      const to = column * rows + first;
      for (let row = 0; row < count; row += 1) {
        transposed[to + row] = tile[row * columns + column] as number;
      }
    }
  });
  writer.add(name, 'int8', [columns, rows], transposed);
  writer.add(`${name}.scale`, 'float', [rows], scales);
}

/** Writes the embedding table row by row: it is looked up, not multiplied. */
function addEmbedding(writer: WeightsWriter, weights: GlmWeights, form: GlmForm): void {
  const matrix = weights.embedding();
  const { rows, columns } = matrix;
  if (form === 'float32') {
    const table = new Float32Array(rows * columns);
    weights.forEachRow(matrix, (row, values) => {
      table.set(values, row * columns);
    });
    writer.add('embedding', 'float', [rows, columns], table);
    return;
  }
  const table = new Int8Array(rows * columns);
  const scales = quantiseRows(weights, matrix, (first, count, tile) => {
    table.set(tile.subarray(0, count * columns), first * columns);
  });
  writer.add('embedding', 'int8', [rows, columns], table);
  writer.add('embedding.scale', 'float', [rows, 1], scales);
}

function convert(weights: GlmWeights, form: GlmForm, folder: string): void {
  const { config } = weights;
  const writer = new WeightsWriter(join(folder, weightsName));
  try {
    const norm = (name: string, source: string, layer?: number): void => {
      writer.add(name, 'float', [config.hidden_size], weights.norm(source, layer));
    };
    addEmbedding(writer, weights, form);
    for (let layer = 0; layer < config.num_hidden_layers; layer += 1) {
      const at = `layers.${layer}`;
      norm(`${at}.input_norm`, 'attn_norm', layer);
      addMatrix(writer, weights, `${at}.qkv`, weights.qkv(layer), form);
      const bias = weights.qkvBias(layer);
      if (bias !== null) writer.add(`${at}.qkv.bias`, 'float', [bias.length], bias);
      if (config.qk_norm) {
        writer.add(`${at}.q_norm`, 'float', [config.head_dim], weights.headNorm('q', layer));
        writer.add(`${at}.k_norm`, 'float', [config.head_dim], weights.headNorm('k', layer));
      }
      addMatrix(writer, weights, `${at}.output`, weights.attentionOutput(layer), form);
      norm(`${at}.mlp_norm`, 'ffn_norm', layer);
      if (config.sandwich_norm) {
        norm(`${at}.after_attention_norm`, 'post_attention_norm', layer);
        norm(`${at}.after_mlp_norm`, 'post_ffw_norm', layer);
      }
      addMatrix(writer, weights, `${at}.gate_up`, weights.gateUp(layer), form);
      addMatrix(writer, weights, `${at}.down`, weights.down(layer), form);
    }
    norm('norm', 'output_norm');
    addMatrix(writer, weights, 'head', weights.head(), form);
  } finally {
    writer.close();
  }
  writeFileSync(join(folder, 'model.onnx'), glmModel(config, form, writer.layout));
}

/** Hash of the contents' outline and of the shape (which other files may hold). */
function fingerprint(source: WeightSource, config: GlmConfig): string {
  const hash = createHash('sha256');
  source.addFingerprint(hash);
  return hash.update(JSON.stringify(config)).digest('hex').slice(0, 24);
}

export interface ConvertedGlm {
  readonly config: GlmConfig;
  readonly modelPath: string;
  /** False when an earlier result was used. */
  readonly converted: boolean;
}

/** A decoder's weights under the names of GGUF, its shape, and how its heads are rotated. */
export interface GlmSource {
  readonly weights: WeightSource;
  readonly config: GlmConfig;
  readonly halfSplit: boolean;
}

/**
 * The converted model of a source, made now or found in `cacheDir`.
 * @throws FootnoteError `model-invalid` when the weights are damaged
 */
export function convertGlm(source: GlmSource, form: GlmForm, cacheDir: string): ConvertedGlm {
  const { config, halfSplit } = source;
  const name = `glm-${fingerprint(source.weights, config)}-${form}-v${converterVersion}`;
  const folder = join(cacheDir, name);
  const modelPath = join(folder, 'model.onnx');
  if (existsSync(modelPath)) return { config, modelPath, converted: false };
  const temporary = join(cacheDir, `${name}.${randomBytes(6).toString('hex')}.tmp`);
  mkdirSync(temporary, { recursive: true });
  try {
    convert(new GlmWeights(source.weights, config, halfSplit), form, temporary);
    try {
      renameSync(temporary, folder);
    } catch (error) {
      // Another process was faster: its result is the same.
      if (!existsSync(modelPath)) throw error;
    }
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
  return { config, modelPath, converted: true };
}
