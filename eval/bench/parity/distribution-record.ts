/**
 * What is kept of a model's distributions over a text, so that other models can be compared with it
 * later: of each position the best tokens with their log-probabilities, and that of the text's own next
 * token (nats). Kept on disk: a reference takes minutes to compute.
 */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Tokens kept of a position. All others count as one. */
export const bestTokens = 128;

export interface DistributionRecord {
  /** Token ids of the window. */
  readonly ids: Int32Array;
  /** `[positions, bestTokens]`, the most probable first. */
  readonly best: Int32Array;
  readonly logProbabilities: Float32Array;
  /** Log-probability of the text's next token by position; NaN at the last one. */
  readonly next: Float32Array;
}

/** An empty record to fill. */
export function newRecord(ids: readonly number[]): DistributionRecord {
  return {
    ids: Int32Array.from(ids),
    best: new Int32Array(ids.length * bestTokens),
    logProbabilities: new Float32Array(ids.length * bestTokens),
    next: new Float32Array(ids.length).fill(NaN),
  };
}

/** log of the sum of exponentials: what turns logits into log-probabilities. */
export function logSumExp(logits: Float32Array): number {
  let largest = -Infinity;
  for (const value of logits) if (value > largest) largest = value;
  let sum = 0;
  for (const value of logits) sum += Math.exp(value - largest);
  return Math.log(sum) + largest;
}

/** Fills a position from its logits. */
export function recordLogits(
  record: DistributionRecord,
  position: number,
  logits: Float32Array,
): void {
  const normaliser = logSumExp(logits);
  const best = bestOf(logits);
  const at = position * bestTokens;
  best.forEach((id, place) => {
    record.best[at + place] = id;
    record.logProbabilities[at + place] = (logits[id] as number) - normaliser;
  });
  const next = record.ids[position + 1];
  if (next !== undefined) record.next[position] = (logits[next] as number) - normaliser;
}

/** Ids of the `bestTokens` largest logits, sorted: candidates above a threshold, then a sort of them. */
function bestOf(logits: Float32Array): number[] {
  // A threshold from a sample keeps the candidates few; lowered until there are enough.
  let threshold = -Infinity;
  const sample = logits.filter((_, id) => id % 16 === 0).sort();
  for (let back = 64; back <= sample.length; back *= 2) {
    threshold = sample[Math.max(0, sample.length - back)] ?? -Infinity;
    const ids: number[] = [];
    for (let id = 0; id < logits.length; id += 1) {
      if ((logits[id] as number) >= threshold) ids.push(id);
    }
    if (ids.length >= bestTokens) {
      return ids.sort((a, b) => (logits[b] as number) - (logits[a] as number)).slice(0, bestTokens);
    }
  }
  return [...logits.keys()]
    .sort((a, b) => (logits[b] as number) - (logits[a] as number))
    .slice(0, bestTokens);
}

/** The file in which a window's record is kept. */
export const recordPath = (folder: string, name: string, ids: readonly number[]): string =>
  join(
    folder,
    `${name.replaceAll(/[^\w.-]+/gu, '-')}-${createHash('sha256').update(ids.join(' ')).digest('hex').slice(0, 16)}.bin`,
  );

/** The record of a window kept under `name`, or null. */
export function readRecord(
  folder: string,
  name: string,
  ids: readonly number[],
): DistributionRecord | null {
  const file = recordPath(folder, name, ids);
  if (!existsSync(file)) return null;
  const bytes = readFileSync(file);
  const record = newRecord(ids);
  const parts = [record.best, record.logProbabilities, record.next];
  if (bytes.length !== parts.reduce((sum, part) => sum + part.byteLength, 0)) return null;
  let at = 0;
  for (const part of parts) {
    new Uint8Array(part.buffer).set(bytes.subarray(at, at + part.byteLength));
    at += part.byteLength;
  }
  return record;
}

export function writeRecord(folder: string, name: string, record: DistributionRecord): void {
  mkdirSync(folder, { recursive: true });
  const file = recordPath(folder, name, [...record.ids]);
  const temporary = `${file}.${randomBytes(4).toString('hex')}.tmp`;
  const parts = [record.best, record.logProbabilities, record.next];
  writeFileSync(temporary, Buffer.concat(parts.map((part) => new Uint8Array(part.buffer))));
  renameSync(temporary, file);
}
