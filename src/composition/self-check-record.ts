/** Remembers which weights passed their self-check, so that it runs once, not at every start. */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Raise when the check or the inference code changes in a way that old verdicts do not cover. */
const VERSION = 1;

async function recordPath(cacheDir: string, weights: string, device: string): Promise<string> {
  const { size, mtimeMs } = await stat(weights);
  const key = createHash('sha256')
    .update(JSON.stringify([VERSION, weights, size, mtimeMs, device, process.arch]))
    .digest('hex')
    .slice(0, 32);
  return join(cacheDir, 'self-checks', `${key}.json`);
}

export async function passedSelfCheck(
  cacheDir: string,
  weights: string,
  device: string,
): Promise<boolean> {
  try {
    await readFile(await recordPath(cacheDir, weights, device));
    return true;
  } catch {
    return false;
  }
}

/** Never fails: a record that cannot be written only means that the check runs again. */
export async function rememberSelfCheck(
  cacheDir: string,
  weights: string,
  device: string,
  detail: string,
): Promise<void> {
  try {
    const path = await recordPath(cacheDir, weights, device);
    await mkdir(join(cacheDir, 'self-checks'), { recursive: true });
    await writeFile(`${path}.${process.pid}`, `${JSON.stringify({ weights, detail })}\n`);
    await rename(`${path}.${process.pid}`, path);
  } catch {
    // See above.
  }
}
