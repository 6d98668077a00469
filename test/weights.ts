/**
 * Where tests find real weights: the model store's folder, as `footnote models pull` fills it. Tests
 * that need a file which is not there are skipped by name, never passed in silence.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig } from '../src/core/config.ts';

const files = {
  'qwen2.5-coder-0.5b': 'qwen2.5-coder-0.5b-instruct-q4_k_m.gguf',
  'smollm2-135m': 'smollm2-135m-instruct-q4_1.gguf',
  'multilingual-e5-small': 'e5-small-q4.bin',
} as const;

/** Path of a model's weights file in the store, or null where it has not been pulled. */
export function weights(name: keyof typeof files): string | null {
  const path = join(loadConfig().modelDir, name, files[name]);
  return existsSync(path) ? path : null;
}
