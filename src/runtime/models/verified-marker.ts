/**
 * A small file beside a model file, `<file>.verified.json`, that says: these bytes were hashed and
 * were right. While size and modification time stay the same, start-up need not hash them again.
 */
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { z } from 'zod';

const markerSchema = z.object({
  bytes: z.number(),
  mtimeMs: z.number(),
  sha256: z.string(),
  /** Who said which hash is right: the table, the hub, or nobody (then it is the first download's). */
  trustedFrom: z.enum(['table', 'hub', 'first-download']),
});

export type VerifiedMarker = z.infer<typeof markerSchema>;

const markerFile = (path: string): string => `${path}.verified.json`;

/** The marker of a file, or null where there is none that fits the file's size and time. */
export async function readMarker(path: string): Promise<VerifiedMarker | null> {
  try {
    const marker = markerSchema.parse(JSON.parse(await readFile(markerFile(path), 'utf8')));
    const found = await stat(path);
    return found.size === marker.bytes && found.mtimeMs === marker.mtimeMs ? marker : null;
  } catch {
    return null;
  }
}

/** Writes the marker; a store that cannot be written goes without. */
export async function writeMarker(
  path: string,
  sha256: string,
  trustedFrom: VerifiedMarker['trustedFrom'],
): Promise<void> {
  const { size, mtimeMs } = await stat(path);
  const marker: VerifiedMarker = { bytes: size, mtimeMs, sha256, trustedFrom };
  await writeFile(markerFile(path), `${JSON.stringify(marker)}\n`).catch(() => undefined);
}

export async function removeMarker(path: string): Promise<void> {
  await rm(markerFile(path), { force: true }).catch(() => undefined);
}
