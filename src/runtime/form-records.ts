/**
 * Which form of a model's weights suits this processor, as the generator's probe found it: one small file
 * a processor, onnxruntime, number of threads and shape, in the folder of caches.
 */
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const timesSchema = z.strictObject({
  /** Milliseconds of one product with one row, and with many. */
  oneMs: z.number(),
  manyMs: z.number(),
});
const factsSchema = z.strictObject({
  processor: z.string(),
  onnxruntime: z.string(),
  threads: z.number(),
  shape: z.string(),
});
const recordSchema = factsSchema.extend({
  /** False where sums of 8-bit products saturate (AVX2 without VNNI). */
  exactProducts: z.boolean(),
  times: z.record(z.string(), timesSchema),
  /** True where other programs held the processor meanwhile: the times are worth little. */
  busy: z.boolean(),
  form: z.enum(['int8', 'int7', 'int4']),
  why: z.string(),
});
export type FormTimes = z.infer<typeof timesSchema>;
export type FormRecord = z.infer<typeof recordSchema>;
type Facts = z.infer<typeof factsSchema>;

const folderName = 'forms';

function pathOf(cacheDir: string, facts: Facts): string {
  const { processor, onnxruntime, threads, shape } = facts;
  const text = JSON.stringify([processor, onnxruntime, threads, shape]);
  const key = createHash('sha256').update(text).digest('hex').slice(0, 16);
  return join(cacheDir, folderName, `${key}.json`);
}

/** Null where there is none, or none of this version. */
function read(path: string): FormRecord | null {
  try {
    return recordSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return null;
  }
}

/** The record kept for these facts, or null. */
export const findFormRecord = (cacheDir: string, facts: Facts): FormRecord | null =>
  read(pathOf(cacheDir, facts));

export function keepFormRecord(cacheDir: string, record: FormRecord): void {
  mkdirSync(join(cacheDir, folderName), { recursive: true });
  const path = pathOf(cacheDir, record);
  const temporary = `${path}.${randomBytes(4).toString('hex')}.tmp`;
  writeFileSync(temporary, `${JSON.stringify(record, null, 2)}\n`);
  renameSync(temporary, path);
}

/** All records, for `footnote doctor`. */
export function formRecords(cacheDir: string): FormRecord[] {
  let names: string[] = [];
  try {
    names = readdirSync(join(cacheDir, folderName));
  } catch {
    return [];
  }
  return names
    .filter((name) => name.endsWith('.json'))
    .map((name) => read(join(cacheDir, folderName, name)))
    .filter((record) => record !== null);
}
