/**
 * Converts weights to the ONNX decoder once: `model.onnx` and its `weights.bin` (memory-mapped by
 * onnxruntime) in a folder named by the file's content, the form and the converter's version.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { WeightSource } from '../weights/weight-source.ts';
import { convertedFolder, fingerprint } from './converted-folder.ts';
import type { GlmConfig } from './glm-config.ts';
import type { GlmLayout } from './glm-graph.ts';
import { glmModel } from './glm-model.ts';
import { GlmWeights, type GlmMatrix } from './glm-weights.ts';
import { matrixForm, type GlmForm } from './matrix-form.ts';
import { WeightsWriter } from './weights-writer.ts';
import { writeEmbedding, writeMatrix } from './write-matrix.ts';

/** Raise it when the graph or the layout of the weights changes: old results are then made anew. */
const converterVersion = 4;
const weightsName = 'weights.bin';
/** Writes the weights in a form to the file `name` in `folder` and says where each stands. */
export function writeGlmWeights(
  weights: GlmWeights,
  form: GlmForm,
  folder: string,
  name = weightsName,
): GlmLayout {
  const { config } = weights;
  const writer = new WeightsWriter(join(folder, name), name);
  try {
    const norm = (name: string, source: string, layer?: number): void => {
      writer.add(name, 'float', [config.hidden_size], weights.norm(source, layer));
    };
    const matrix = (name: string, source: GlmMatrix): void => {
      writeMatrix(writer, weights, name, source, matrixForm(form, name));
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
      matrix(`${at}.gate_up`, weights.gateUp(layer));
      matrix(`${at}.down`, weights.down(layer));
    }
    norm('norm', 'output_norm');
    matrix('head', weights.head());
  } finally {
    writer.close();
  }
  return writer.layout;
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
  const made = convertedFolder(cacheDir, name, (folder) => {
    const weights = new GlmWeights(source.weights, config, halfSplit);
    const layout = writeGlmWeights(weights, form, folder);
    writeFileSync(join(folder, 'model.onnx'), glmModel(config, form, layout));
  });
  return { config, ...made };
}
