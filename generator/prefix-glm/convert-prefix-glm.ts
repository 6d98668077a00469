/** Converts the original GLM's weights to its ONNX graph once, as `convert-glm.ts` does for the others. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { convertedFolder, fingerprint } from '../glm/converted-folder.ts';
import { GlmWeights } from '../glm/glm-weights.ts';
import { matrixForm, type GlmForm } from '../glm/matrix-form.ts';
import { WeightsWriter } from '../glm/weights-writer.ts';
import { writeEmbedding, writeMatrix } from '../glm/write-matrix.ts';
import type { WeightSource } from '../weights/weight-source.ts';
import type { PrefixGlmConfig } from './prefix-glm-config.ts';
import { asGlmConfig, prefixGlmModel } from './prefix-glm-graph.ts';

const converterVersion = 1;
const weightsName = 'weights.bin';

/** Weights under the names of `prefixGlmTensorName`. */
export interface PrefixGlmSource {
  readonly weights: WeightSource;
  readonly config: PrefixGlmConfig;
}

/** @throws FootnoteError `model-invalid` when a weight is missing or of another shape */
export function convertPrefixGlm(
  source: PrefixGlmSource,
  form: GlmForm,
  cacheDir: string,
): Promise<{ readonly modelPath: string; readonly converted: boolean }> {
  const name = `prefix-glm-${fingerprint(source.weights, source.config)}-${form}-v${converterVersion}`;
  return convertedFolder(cacheDir, name, (folder) => {
    convert(source, form, folder);
  });
}

function convert(source: PrefixGlmSource, form: GlmForm, folder: string): void {
  const { config } = source;
  const { hidden_size: hidden, vocab_size: vocab } = config;
  const weights = new GlmWeights(source.weights, asGlmConfig(config), false);
  const writer = new WeightsWriter(join(folder, weightsName), weightsName);
  try {
    const vector = (name: string, from: string, length: number): void => {
      writer.add(name, 'float', [length], weights.vector(from, length));
    };
    const norm = (name: string, from: string): void => {
      vector(name, `${from}.weight`, hidden);
      vector(`${name}.bias`, `${from}.bias`, hidden);
    };
    const linear = (name: string, from: string, rows: number, columns: number): void => {
      const matrix = weights.matrix(`${from}.weight`, rows, columns);
      writeMatrix(writer, weights, name, matrix, matrixForm(form, name));
      vector(`${name}.bias`, `${from}.bias`, rows);
    };
    const positions = config.max_sequence_length + 1;
    for (const [name, from] of [
      ['position_embedding', 'position_embd.weight'],
      ['block_position_embedding', 'block_position_embd.weight'],
    ] as const) {
      const table = new Float32Array(positions * hidden);
      weights.forEachRow(weights.matrix(from, positions, hidden), (row, values) => {
        table.set(values, row * hidden);
      });
      writer.add(name, 'float', [positions, hidden], table);
    }
    const words = weights.matrix('token_embd.weight', vocab, hidden);
    writeEmbedding(writer, weights, words, matrixForm(form, 'embedding'));
    for (let layer = 0; layer < config.num_layers; layer += 1) {
      const at = `layers.${layer}`;
      const from = `blk.${layer}`;
      norm(`${at}.input_norm`, `${from}.attn_norm`);
      linear(`${at}.qkv`, `${from}.attn_qkv`, 3 * hidden, hidden);
      linear(`${at}.output`, `${from}.attn_output`, hidden, hidden);
      norm(`${at}.mlp_norm`, `${from}.ffn_norm`);
      linear(`${at}.gate_up`, `${from}.ffn_up`, 4 * hidden, hidden);
      linear(`${at}.down`, `${from}.ffn_down`, hidden, 4 * hidden);
    }
    norm('norm', 'output_norm');
    writeMatrix(writer, weights, 'head', words, matrixForm(form, 'head'));
  } finally {
    writer.close();
  }
  writeFileSync(join(folder, 'model.onnx'), prefixGlmModel(config, form, writer.layout));
}
