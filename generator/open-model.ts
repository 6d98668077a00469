/**
 * Opens a model from what a user has: a GGUF file, or a folder in the hub's layout (config.json,
 * tokenizer files, and safetensors or torch weights, sharded or not, or a ready-made ONNX decoder).
 */
import { existsSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { FootnoteError } from '../src/core/errors.ts';
import { GgufFile } from './gguf/gguf-file.ts';
import type { GlmSource } from './glm/convert-glm.ts';
import { readGlmConfig, checkGlmConfig } from './glm/glm-config.ts';
import { architectureOf, readHubConfig } from './hub/hub-config.ts';
import { hubTensorName } from './hub/hub-names.ts';
import { readOnnxLayout, type OnnxLayout } from './onnx-import/onnx-layout.ts';
import type { PrefixGlmSource } from './prefix-glm/convert-prefix-glm.ts';
import {
  prefixGlmArchitectures,
  prefixGlmTensorName,
  readPrefixGlmConfig,
} from './prefix-glm/prefix-glm-config.ts';
import { SafetensorsFile } from './safetensors/safetensors-file.ts';
import { ggufTokenizer } from './tokenizer/gguf-tokenizer.ts';
import { hubTokenizer } from './tokenizer/hub-tokenizer.ts';
import type { ModelTokenizer } from './tokenizer/model-tokenizer.ts';
import { TorchArchive } from './torch-archive/torch-archive.ts';
import { readJsonFile } from './weights/read-json-file.ts';
import { RenamedWeights } from './weights/renamed-weights.ts';
import { ShardedWeights } from './weights/sharded-weights.ts';
import type { WeightSource } from './weights/weight-source.ts';

const longestConfig = 1024 * 1024;

export type OpenModel = {
  /** Reads the tokenizer's tables; before `close`. */
  readonly tokenizer: () => ModelTokenizer;
  readonly close: () => void;
} & (
  | { readonly kind: 'glm'; readonly source: GlmSource }
  | { readonly kind: 'prefix-glm'; readonly source: PrefixGlmSource }
  | { readonly kind: 'onnx'; readonly layout: OnnxLayout }
);

/**
 * @param path a GGUF file, a folder with a `config.json`, or a file in such a folder
 * @throws FootnoteError `model-missing`, `model-invalid`
 */
export function openModel(path: string, device: 'cpu' | 'cuda' = 'cpu'): OpenModel {
  const place = hubPlace(path);
  return place === null ? openGguf(path) : openFolder(place.folder, place.onnx, device);
}

function openGguf(path: string): OpenModel {
  const file = new GgufFile(path);
  try {
    return {
      kind: 'glm',
      source: {
        weights: file,
        ...readGlmConfig(file),
        interleaved: file.text('general.architecture') === 'llama',
      },
      tokenizer: () => ggufTokenizer(file),
      close: () => {
        file.close();
      },
    };
  } catch (error) {
    file.close();
    throw error;
  }
}

function openFolder(folder: string, onnx: string | null, device: 'cpu' | 'cuda'): OpenModel {
  const path = join(folder, 'config.json');
  const json = existsSync(path) ? readJsonFile(path, longestConfig) : {};
  const tokenizer = (): ModelTokenizer => hubTokenizer(folder, json);
  const files = onnx === null ? openWeights(folder) : null;
  if (files === null) {
    const layout = readOnnxLayout(folder, onnx, device);
    if (layout === null) {
      throw new FootnoteError(
        'model-missing',
        `${folder} holds no weights: ${weightFiles.map(([name]) => name).join(', ')} or onnx/model.onnx is needed`,
        { stage: 'generate' },
      );
    }
    return { kind: 'onnx', layout, tokenizer, close: () => undefined };
  }
  const invalid = (what: string): FootnoteError =>
    new FootnoteError('model-invalid', `${path}: ${what}`, { stage: 'generate' });
  const close = (): void => {
    files.close();
  };
  try {
    if (prefixGlmArchitectures.includes(architectureOf(json))) {
      const config = readPrefixGlmConfig(json, invalid);
      const weights = new RenamedWeights(files, prefixGlmTensorName);
      return { kind: 'prefix-glm', source: { weights, config }, tokenizer, close };
    }
    const { config, halfSplit, layout } = readHubConfig(json, invalid);
    const weights = new RenamedWeights(files, (name) =>
      hubTensorName(layout, name, (what) => files.invalid(what)),
    );
    checkGlmConfig(config, weights);
    return { kind: 'glm', source: { weights, config, halfSplit }, tokenizer, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** The folder of a model in the hub's layout, and the ONNX file named in it; null: another kind of file. */
function hubPlace(path: string): { readonly folder: string; readonly onnx: string | null } | null {
  try {
    if (statSync(path).isDirectory()) return { folder: path, onnx: null };
  } catch (error) {
    throw new FootnoteError('model-missing', `${path}: ${(error as Error).message}`, {
      stage: 'generate',
      cause: error,
    });
  }
  const beside = dirname(path);
  if (path.endsWith('.onnx')) {
    // In transformers.js' layout the settings stand one folder up.
    return basename(beside) === 'onnx'
      ? { folder: dirname(beside), onnx: `onnx/${basename(path)}` }
      : { folder: beside, onnx: basename(path) };
  }
  const settled = ['config.json', 'genai_config.json'].some((name) =>
    existsSync(join(beside, name)),
  );
  return /\.(?:json|safetensors|bin)$/u.test(path) && settled
    ? { folder: beside, onnx: null }
    : null;
}

const safetensors = (path: string): WeightSource => new SafetensorsFile(path);
const torch = (path: string): WeightSource => new TorchArchive(path);

/** The files that a folder may hold its weights in, the first that is there is taken. */
const weightFiles: readonly (readonly [string, (path: string) => WeightSource])[] = [
  ['model.safetensors.index.json', (path) => new ShardedWeights(path, safetensors)],
  ['model.safetensors', safetensors],
  ['pytorch_model.bin.index.json', (path) => new ShardedWeights(path, torch)],
  ['pytorch_model.bin', torch],
];

/** The weights of a folder, or null where it has none of the hub's kinds. */
function openWeights(folder: string): WeightSource | null {
  for (const [name, open] of weightFiles) {
    const path = join(folder, name);
    if (existsSync(path)) return open(path);
  }
  return null;
}
