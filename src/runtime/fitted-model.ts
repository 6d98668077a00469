/**
 * The one loader of fitted models: JSON files in the repository, made by the programs under `eval/lab`.
 * A model that was fitted to other features, or to the same in another order, would give wrong figures in
 * silence: its file names them, and they are compared with the program's own.
 */
import { readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import type { z } from 'zod';
import { FootnoteError } from '../core/errors.ts';
import { packageRoot } from '../core/package-root.ts';

/** One part of a model: what its file says that it was fitted to, and how many weights it has. */
export interface FittedPart {
  /** The feature names in the file. */
  readonly fitted: readonly string[];
  /** Those of the program, in the order of its rows. */
  readonly own: readonly string[];
  /** Lists that need one number for each feature. */
  readonly weights?: readonly (readonly number[])[] | undefined;
}

/**
 * @param file from the package's root, or absolute
 * @param parts the parts of the model that weigh features
 * @throws FootnoteError `model-invalid` when the file is missing, has another form or other features
 */
export function readFittedModel<S extends z.ZodType>(
  file: string,
  schema: S,
  parts: (model: z.infer<S>) => readonly FittedPart[],
): z.infer<S> {
  const path = isAbsolute(file) ? file : join(packageRoot, file);
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw invalid(path, (error as Error).message);
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) throw invalid(path, parsed.error.message);
  for (const part of parts(parsed.data)) checkFeatures(path, part);
  return parsed.data;
}

/** @throws FootnoteError `model-invalid` naming the first feature that differs */
export function checkFeatures(path: string, { fitted, own, weights = [] }: FittedPart): void {
  const length = Math.max(fitted.length, own.length);
  for (let at = 0; at < length; at += 1) {
    if (fitted[at] === own[at]) continue;
    const [theirs, ours] = [fitted[at] ?? 'none', own[at] ?? 'none'];
    throw invalid(
      path,
      `feature ${at} is ${theirs} in the file and ${ours} in the program; fit the model again`,
    );
  }
  for (const list of weights) {
    if (list.length === own.length) continue;
    throw invalid(path, `${list.length} weights for ${own.length} features; fit the model again`);
  }
}

const invalid = (path: string, reason: string): FootnoteError =>
  new FootnoteError('model-invalid', `${path}: ${reason}`);
