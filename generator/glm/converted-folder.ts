import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { WeightSource } from '../weights/weight-source.ts';

/**
 * The folder `name` of `cacheDir` with a `model.onnx`, found or made by `write`: it is written under
 * another name and renamed, so that a crash or a second process leaves nothing half done.
 */
export async function convertedFolder(
  cacheDir: string,
  name: string,
  write: (folder: string) => void | Promise<void>,
): Promise<{ readonly modelPath: string; readonly converted: boolean }> {
  const folder = join(cacheDir, name);
  const modelPath = join(folder, 'model.onnx');
  if (existsSync(modelPath)) return { modelPath, converted: false };
  const temporary = join(cacheDir, `${name}.${randomBytes(6).toString('hex')}.tmp`);
  mkdirSync(temporary, { recursive: true });
  try {
    await write(temporary);
    try {
      renameSync(temporary, folder);
    } catch (error) {
      // Another process was faster: its result is the same.
      if (!existsSync(modelPath)) throw error;
    }
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
  return { modelPath, converted: true };
}

/** Hash of the contents' outline and of the shape (which other files may hold). */
export function fingerprint(source: WeightSource, config: object): string {
  const hash = createHash('sha256');
  source.addFingerprint(hash);
  return hash.update(JSON.stringify(config)).digest('hex').slice(0, 24);
}
