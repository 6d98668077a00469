/**
 * Opens a model from what a user has: a GGUF file, or a folder in the hub's layout (config.json,
 * tokenizer files, safetensors or torch weights, sharded or not).
 */
import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { FootnoteError } from '../src/core/errors.ts';
import { GgufFile } from './gguf/gguf-file.ts';
import type { GlmSource } from './glm/convert-glm.ts';
import { readGlmConfig, checkGlmConfig } from './glm/glm-config.ts';
import { readHubConfig } from './hub/hub-config.ts';
import { hubTensorName } from './hub/hub-names.ts';
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

export interface OpenModel {
  readonly source: GlmSource;
  /** Reads the tokenizer's tables. */
  readonly tokenizer: () => ModelTokenizer;
}

/**
 * @param path a GGUF file, a folder with a `config.json`, or a file in such a folder
 * @throws FootnoteError `model-missing`, `model-invalid`
 */
export function openModel(path: string): OpenModel {
  const folder = modelFolder(path);
  if (folder === null) {
    const file = new GgufFile(path);
    try {
      return {
        source: { weights: file, ...readGlmConfig(file) },
        tokenizer: () => ggufTokenizer(file),
      };
    } catch (error) {
      file.close();
      throw error;
    }
  }
  const json = readJsonFile(join(folder, 'config.json'), longestConfig);
  const invalid = (what: string): FootnoteError =>
    new FootnoteError('model-invalid', `${join(folder, 'config.json')}: ${what}`, {
      stage: 'generate',
    });
  const { config, halfSplit, layout } = readHubConfig(json, invalid);
  const files = openWeights(folder);
  try {
    const weights = new RenamedWeights(files, (name) =>
      hubTensorName(layout, name, (what) => files.invalid(what)),
    );
    checkGlmConfig(config, weights);
    return { source: { weights, config, halfSplit }, tokenizer: () => hubTokenizer(folder, json) };
  } catch (error) {
    files.close();
    throw error;
  }
}

/** The folder of a model in the hub's layout, or null where the path is a file of another kind. */
export function modelFolder(path: string): string | null {
  let isFolder: boolean;
  try {
    isFolder = statSync(path).isDirectory();
  } catch (error) {
    throw new FootnoteError('model-missing', `${path}: ${(error as Error).message}`, {
      stage: 'generate',
      cause: error,
    });
  }
  if (isFolder) return path;
  return /\.(?:json|safetensors|bin)$/u.test(path) && existsSync(join(dirname(path), 'config.json'))
    ? dirname(path)
    : null;
}

/** The weights of a folder, whichever of the hub's layouts it has. */
function openWeights(folder: string): WeightSource {
  const safetensors = (path: string): WeightSource => new SafetensorsFile(path);
  const torch = (path: string): WeightSource => new TorchArchive(path);
  const choices: readonly (readonly [string, (path: string) => WeightSource])[] = [
    ['model.safetensors.index.json', (path) => new ShardedWeights(path, safetensors)],
    ['model.safetensors', safetensors],
    ['pytorch_model.bin.index.json', (path) => new ShardedWeights(path, torch)],
    ['pytorch_model.bin', torch],
  ];
  for (const [name, open] of choices) {
    const path = join(folder, name);
    if (existsSync(path)) return open(path);
  }
  throw new FootnoteError(
    'model-missing',
    `${folder} holds no weights (${choices.map(([name]) => name).join(', ')})`,
    { stage: 'generate' },
  );
}
