/**
 * A small file in a model's folder, `files.footnote.json`, that says which files of the repository make
 * the model, so that the hub need not be asked again.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { layoutEntry } from './hub-layout.ts';
import type { ModelEntry } from './model-table.ts';

const recordSchema = z.object({
  repo: z.string(),
  files: z
    .array(
      z.object({
        name: z.string().regex(/^(?:onnx\/)?[A-Za-z0-9_][\w.+-]*$/u),
        bytes: z.number().nullable(),
        sha256: z.string().nullable(),
      }),
    )
    .min(1),
});

const recordFile = (folder: string): string => join(folder, 'files.footnote.json');

/** The entry that a folder's record describes, or null where there is none. */
export async function readLayoutRecord(folder: string): Promise<ModelEntry | null> {
  try {
    const { repo, files } = recordSchema.parse(
      JSON.parse(await readFile(recordFile(folder), 'utf8')),
    );
    const [first, ...rest] = files.map((file) => ({
      ...file,
      locations: [{ kind: 'hub', repo, revision: 'main', file: file.name } as const],
    }));
    return first === undefined ? null : layoutEntry(repo, [first, ...rest]);
  } catch {
    return null;
  }
}

/** Writes the record; a store that cannot be written goes without. */
export async function writeLayoutRecord(
  folder: string,
  repo: string,
  entry: ModelEntry,
): Promise<void> {
  const files = entry.files.map(({ name, bytes, sha256 }) => ({ name, bytes, sha256 }));
  await writeFile(recordFile(folder), `${JSON.stringify({ repo, files }, null, 1)}\n`).catch(
    () => undefined,
  );
}
