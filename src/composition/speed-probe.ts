/**
 * Is a model fast enough here to be chosen by default? Measured once, on a prompt as long as those of
 * answers are, and remembered for the weights, the device and the number of threads.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Config } from '../core/config.ts';
import type { CallOptions, Generator } from '../core/seams.ts';

/** From the question to the first sentence, in milliseconds. */
const FIRST_SENTENCE_MS = 4_000;
/** Tokens of a first sentence. */
const SENTENCE_TOKENS = 24;
/** Some 600 tokens. */
const PROMPT = Array.from(
  { length: 60 },
  (_, index) => `Line ${index + 1} of a page says that the river rose.`,
).join('\n');

const record = z.object({ ms: z.number() });

async function recordPath(weights: string, config: Config): Promise<string> {
  const { size, mtimeMs } = await stat(weights);
  const key = createHash('sha256')
    .update(JSON.stringify([weights, size, mtimeMs, config.device, config.threads, process.arch]))
    .digest('hex')
    .slice(0, 32);
  return join(config.cacheDir, 'speed-probes', `${key}.json`);
}

/** What was measured before, in milliseconds; null where nothing was. */
export async function rememberedSpeed(weights: string, config: Config): Promise<number | null> {
  try {
    return record.parse(JSON.parse(await readFile(await recordPath(weights, config), 'utf8'))).ms;
  } catch {
    return null;
  }
}

export const isFastEnough = (ms: number): boolean => ms <= FIRST_SENTENCE_MS;

/** Measures and remembers; that it cannot be remembered only means that it is measured again. */
export async function measureSpeed(
  generator: Generator,
  weights: string,
  config: Config,
  { signal }: CallOptions,
): Promise<number> {
  const ask = (content: string, maxTokens: number) =>
    generator.generate(
      { kind: 'chat', messages: [{ role: 'user', content }] },
      { drafts: 1, maxTokens, temperature: 0, topP: 1, topK: 1, seed: 1, signal },
    );
  // The first run pays for page faults.
  await ask('Say yes.', 2);
  const started = performance.now();
  await ask(`${PROMPT}\n\nTell what the lines say, one by one.`, SENTENCE_TOKENS);
  const ms = performance.now() - started;
  try {
    await mkdir(join(config.cacheDir, 'speed-probes'), { recursive: true });
    await writeFile(await recordPath(weights, config), `${JSON.stringify({ ms })}\n`);
  } catch {
    // See above.
  }
  return ms;
}
