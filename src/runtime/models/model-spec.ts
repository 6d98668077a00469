/** What `FOOTNOTE_GENERATOR` and `FOOTNOTE_EMBEDDER` may name: a store name, a hub id or a path. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, extname, isAbsolute, join, resolve } from 'node:path';
import { FootnoteError } from '../../core/errors.ts';
import type { HubListedFile } from './hub-client.ts';
import { MODEL_TABLE, type ModelEntry, type ModelFile } from './model-table.ts';

export type ModelSpec =
  | { readonly kind: 'table'; readonly entry: ModelEntry }
  | { readonly kind: 'hub'; readonly repo: string; readonly file: string | null }
  | { readonly kind: 'path'; readonly path: string };

const HUB_ID = /^([\w][\w.-]*\/[\w][\w.-]*)(?::([^:]+))?$/;

/**
 * Reads a model specification. A name of the table wins; what looks like a path (`/…`, `./…`, `~/…`)
 * or is a file is a path; `org/repo` and `org/repo:file` are hub ids.
 * @throws FootnoteError `model-unknown`, saying what would be understood
 */
export function parseModelSpec(
  text: string,
  table: readonly ModelEntry[] = MODEL_TABLE,
): ModelSpec {
  const spec = text.trim();
  const entry = table.find(({ name }) => name === spec);
  if (entry !== undefined) return { kind: 'table', entry };
  if (spec.startsWith('~/')) return { kind: 'path', path: join(homedir(), spec.slice(2)) };
  if (spec !== '' && (isAbsolute(spec) || /^\.{1,2}[\\/]/.test(spec) || existsSync(spec))) {
    return { kind: 'path', path: resolve(spec) };
  }
  const [, repo, file] = HUB_ID.exec(spec) ?? [];
  if (repo !== undefined && !(file ?? '').split('/').includes('..')) {
    return { kind: 'hub', repo, file: file ?? null };
  }
  throw new FootnoteError(
    'model-unknown',
    `no model "${spec}": use one of ${table.map(({ name }) => name).join(', ')}, a hub id (org/repo or org/repo:file.gguf), or a path (/… or ./…)`,
    { stage: 'models' },
  );
}

/** Quantisations of GGUF files, best first for a small machine: quality against bytes. */
const PREFERENCE = [
  'q4_k_m', 'q5_k_m', 'q4_k_s', 'q4_k', 'q4_1', 'q4_0', 'q5_k_s', 'q5_k', 'q5_1', 'q5_0', 'q8_0', 'q6_k', 'f16', 'bf16', 'f32',
]; // prettier-ignore

/**
 * The file of a repository to take when none is named: the first of the preference order that is one
 * whole GGUF file (no split part, no vision projector); or null.
 */
export function chooseGguf<T extends Pick<HubListedFile, 'path'>>(files: readonly T[]): T | null {
  const rank = (path: string): number => {
    const name = basename(path).toLowerCase();
    const found = PREFERENCE.findIndex((kind) =>
      new RegExp(`(^|[^a-z0-9])${kind}([^a-z0-9_]|$)`).test(name),
    );
    return found === -1 ? PREFERENCE.length : found;
  };
  const whole = files.filter(
    ({ path }) =>
      /\.gguf$/i.test(path) && !/mmproj|-\d{5}-of-\d{5}|(^|[^a-z0-9])iq\d/i.test(basename(path)),
  );
  return whole.sort((a, b) => rank(a.path) - rank(b.path) || (a.path < b.path ? -1 : 1))[0] ?? null;
}

/** The store's folder name of a hub repository. */
export const hubFolder = (repo: string): string => repo.replace('/', '--');

/** The store's name of a file in a hub repository. */
const hubFileName = (file: string): string => file.replaceAll('/', '--');

/** An entry for a file that no table knows. */
function adHocEntry(name: string, file: ModelFile): ModelEntry {
  const extension = extname(file.name).toLowerCase();
  return {
    name,
    role: extension === '.bin' ? 'embedder' : 'generator',
    format: extension === '.gguf' ? 'gguf' : extension === '.bin' ? 'e5s1' : 'unknown',
    licence: 'not known: see its source',
    languages: [],
    memoryBytes: 0,
    perplexity: null,
    files: [file],
  };
}

/** The entry of a file, or of a folder in the hub's layout, on this machine, used where it lies. */
export function pathEntry(path: string): ModelEntry {
  const inFolder = statSync(path).isDirectory() ? folderFiles(path) : [];
  const [first, ...rest] = inFolder;
  if (first !== undefined) {
    return { ...adHocEntry(basename(path), first), format: 'folder', files: [first, ...rest] };
  }
  return adHocEntry(basename(path, extname(path)), {
    name: basename(path),
    bytes: null,
    sha256: null,
    locations: [{ kind: 'path', path }],
  });
}

/** The files of a model's folder and of its `onnx` folder. */
function folderFiles(folder: string): ModelFile[] {
  return ['.', 'onnx'].flatMap((part) => {
    const inside = join(folder, part);
    if (!existsSync(inside)) return [];
    return readdirSync(inside, { withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
      .map(({ name }) => ({
        name: join(part, name),
        bytes: null,
        sha256: null,
        locations: [{ kind: 'path', path: join(inside, name) }],
      }));
  });
}

/** The entry of a hub file; `listed` carries its size and hash where the hub's listing was read. */
export function hubEntry(
  repo: string,
  file: string,
  listed?: Pick<HubListedFile, 'bytes' | 'sha256'>,
): ModelEntry {
  return adHocEntry(hubFolder(repo), {
    name: hubFileName(file),
    bytes: listed?.bytes ?? null,
    sha256: listed?.sha256 ?? null,
    locations: [{ kind: 'hub', repo, revision: 'main', file }],
  });
}
