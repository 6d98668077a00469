/** Keeps a converted graph on disk, so that the next start need not convert the weights again. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Path of the kept graph, or its bytes where there is no folder.
 * @param key changes when the weights or the graph do
 */
export async function convertedGraph(
  cacheDir: string | null,
  key: string,
  build: () => Uint8Array,
): Promise<string | Uint8Array> {
  if (cacheDir === null) return build();
  const path = join(cacheDir, `${key}.onnx`);
  if (existsSync(path)) return path;
  await mkdir(cacheDir, { recursive: true });
  const unique = createHash('sha256').update(`${process.pid}:${performance.now()}`).digest('hex');
  const partial = `${path}.${unique.slice(0, 8)}.part`;
  await writeFile(partial, build());
  // Atomic, so that a second process never reads half a file.
  await rename(partial, path);
  return path;
}
