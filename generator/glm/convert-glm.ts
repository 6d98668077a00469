/**
 * Converts weights to the ONNX decoder once: `model-N.onnx` and its `weights.bin` (memory-mapped by
 * onnxruntime) in a folder named by the file's content, the form, the converter's version and
 * onnxruntime's, whose record of packed weights is its own.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { env } from 'onnxruntime-node';
import type { WeightSource } from '../weights/weight-source.ts';
import { convertedFolder, fingerprint } from './converted-folder.ts';
import type { GlmConfig } from './glm-config.ts';
import type { GlmLayout } from './glm-graph.ts';
import { glmModel } from './glm-model.ts';
import { GlmWeights, type GlmMatrix } from './glm-weights.ts';
import { matrixForm, type GlmForm } from './matrix-form.ts';
import { activationRanges, isPerToken, smoothingFactors } from './smoothing.ts';
import { packWeights } from './packed-weights.ts';
import { WeightsWriter } from './weights-writer.ts';
import { writeEmbedding, writeMatrix } from './write-matrix.ts';

/** Raise it when the layout of the weights changes: they are then converted anew, which takes minutes. */
const converterVersion = 9;
/** Raise it when the graph alone changes: it is then written anew over the same weights. */
export const graphVersion = 2;
const weightsName = 'weights.bin';
const layoutName = 'layout.json';

/**
 * Writes the weights in a form to the file `name` in `folder` and says where each stands.
 * @param maxima is filled with the largest weight of each input channel, by the product's factors
 */
export function writeGlmWeights(
  weights: GlmWeights,
  form: GlmForm,
  folder: string,
  name = weightsName,
  maxima?: Map<string, Float32Array>,
): GlmLayout {
  const { config } = weights;
  const writer = new WeightsWriter(join(folder, name), name);
  try {
    const norm = (name: string, source: string, layer?: number): void => {
      writer.add(name, 'float', [config.hidden_size], weights.norm(source, layer));
    };
    const matrix = (name: string, source: GlmMatrix): void => {
      const rows = maxima === undefined ? weights : watched(weights, name, maxima);
      writeMatrix(writer, rows, name, source, matrixForm(form, name));
    };
    writeEmbedding(writer, weights, weights.embedding(), matrixForm(form, 'embedding'));
    for (let layer = 0; layer < config.num_hidden_layers; layer += 1) {
      const at = `layers.${layer}`;
      norm(`${at}.input_norm`, 'attn_norm', layer);
      matrix(`${at}.qkv`, weights.qkv(layer));
      const bias = weights.qkvBias(layer);
      if (bias !== null) writer.add(`${at}.qkv.bias`, 'float', [bias.length], bias);
      if (config.qk_norm) {
        writer.add(`${at}.q_norm`, 'float', [config.head_dim], weights.headNorm('q', layer));
        writer.add(`${at}.k_norm`, 'float', [config.head_dim], weights.headNorm('k', layer));
      }
      matrix(`${at}.output`, weights.attentionOutput(layer));
      norm(`${at}.mlp_norm`, 'ffn_norm', layer);
      if (config.sandwich_norm) {
        norm(`${at}.after_attention_norm`, 'post_attention_norm', layer);
        norm(`${at}.after_mlp_norm`, 'post_ffw_norm', layer);
      }
      const { gate, up } = weights.gateAndUp(layer);
      matrix(`${at}.gate`, gate);
      matrix(`${at}.up`, up);
      matrix(`${at}.down`, weights.down(layer));
    }
    norm('norm', 'output_norm');
    matrix('head', weights.head());
  } finally {
    writer.close();
  }
  return writer.layout;
}

/** The same rows, while the largest weights of their columns are kept. */
function watched(
  weights: GlmWeights,
  name: string,
  maxima: Map<string, Float32Array>,
): Pick<GlmWeights, 'forEachRow'> {
  return {
    forEachRow: (matrix, visit) => {
      const key = name.replace(/\.(?:gate|up)$/u, '.gate_up');
      const largest = maxima.get(key) ?? new Float32Array(matrix.columns);
      maxima.set(key, largest);
      weights.forEachRow(matrix, (row, values) => {
        for (let column = 0; column < values.length; column += 1) {
          const size = Math.abs(values[column] as number);
          if (size > (largest[column] as number)) largest[column] = size;
        }
        visit(row, values);
      });
    },
  };
}

export interface ConvertedGlm {
  readonly config: GlmConfig;
  readonly modelPath: string;
  readonly form: GlmForm;
  /** False when an earlier result was used. */
  readonly converted: boolean;
}

/** A decoder's weights under the names of GGUF, its shape, and how its heads are rotated. */
export interface GlmSource {
  readonly weights: WeightSource;
  readonly config: GlmConfig;
  readonly halfSplit: boolean;
  /** True where the file's converter has interleaved the halves of q's and k's heads (GGUF of Llama). */
  readonly interleaved?: boolean | undefined;
}

/**
 * The converted model of a source, made now or found in `cacheDir`.
 * @param calibrationIds tokens of a text, which say how large activations are
 * @throws FootnoteError `model-invalid` when the weights are damaged
 */
export async function convertGlm(
  source: GlmSource,
  form: GlmForm,
  cacheDir: string,
  calibrationIds: readonly number[],
): Promise<ConvertedGlm> {
  const { config, halfSplit } = source;
  const key = fingerprint(source.weights, config);
  const name = `glm-${key}-${form}-v${converterVersion}-${env.versions.common}`;
  const made = await convertedFolder(cacheDir, name, async (folder) => {
    const weights = new GlmWeights(source.weights, config, halfSplit);
    const maxima = new Map<string, Float32Array>();
    let layout = writeGlmWeights(weights, form, folder, weightsName, maxima);
    if (isPerToken(form)) {
      const ranges = await activationRanges(folder, config, form, layout, calibrationIds);
      const factors = smoothingFactors(ranges, maxima);
      const smoothed = new GlmWeights(source.weights, config, halfSplit, factors);
      layout = writeGlmWeights(smoothed, form, folder);
    }
    const write = (stored: GlmLayout): void => {
      writeFileSync(join(folder, 'model.onnx'), glmModel(config, form, stored));
    };
    write(layout);
    const packed = await packWeights(folder, form, layout);
    if (packed !== layout) write(packed);
    writeFileSync(join(folder, layoutName), JSON.stringify(packed));
  });
  const layout = readGlmLayout(made);
  const modelPath = join(dirname(made.modelPath), `model-${graphVersion}.onnx`);
  if (!existsSync(modelPath)) writeWhole(modelPath, glmModel(config, form, layout));
  return { config, form, converted: made.converted, modelPath };
}

/** Writes a file under another name and renames it, so that nobody reads half of it. */
export function writeWhole(path: string, data: Uint8Array | string): void {
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, data);
  renameSync(temporary, path);
}

/** Where each weight of a converted model stands, for other models over the same weights. */
export const readGlmLayout = ({ modelPath }: Pick<ConvertedGlm, 'modelPath'>): GlmLayout =>
  JSON.parse(readFileSync(join(dirname(modelPath), layoutName), 'utf8')) as GlmLayout;
