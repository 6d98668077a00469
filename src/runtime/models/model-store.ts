/**
 * The model store: `<modelDir>/<model>/<file>`. Finds a model by name, hub id or path, fetches what is
 * missing from its sources in order, checks every hash, and never downloads the same file twice.
 */
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { proxySettings } from '../../core/config.ts';
import { FootnoteError, toFootnoteError } from '../../core/errors.ts';
import type { CallOptions } from '../../core/seams.ts';
import { HubClient } from './hub-client.ts';
import { hubLayoutEntry, isLayoutFile } from './hub-layout.ts';
import { HubSource } from './hub-source.ts';
import { readLayoutRecord, writeLayoutRecord } from './layout-record.ts';
import { downloadFile, partFile, reportProgress, type EnsureOptions } from './model-download.ts';
import { withModelLock } from './model-lock.ts';
import type { ModelSource } from './model-source.ts';
import { chooseGguf, hubEntry, hubFolder, parseModelSpec, pathEntry } from './model-spec.ts';
import { MODEL_TABLE, type ModelEntry, type ModelFile } from './model-table.ts';
import { hashFile, sizeOf } from './part-writer.ts';
import { PathSource } from './path-source.ts';
import { PipSource } from './pip-source.ts';
import { readMarker, removeMarker, writeMarker } from './verified-marker.ts';

/** The part of the configuration that the store needs; `Config` fits. */
export interface ModelStoreConfig {
  readonly modelDir: string;
  readonly hubEndpoint: string;
  readonly hubToken?: string | undefined;
  readonly httpProxy?: string | undefined;
  readonly httpsProxy?: string | undefined;
  readonly noProxy?: string | undefined;
  readonly pipCommand?: string | undefined;
}

export interface ModelStoreOptions {
  readonly table?: readonly ModelEntry[];
  /** Default: the folders of `localFolders`, then the hub, then pip. */
  readonly sources?: readonly ModelSource[];
  /** Folders of this machine that are asked first. */
  readonly localFolders?: readonly string[];
  /** Longest wait for another process that downloads the same model. */
  readonly waitTimeoutMs?: number;
}

export interface EnsuredModel {
  /** Store name; for a hub id its folder, for a path the file's name without extension. */
  readonly name: string;
  /** Absolute path of the weights. */
  readonly path: string;
  readonly entry: ModelEntry;
  /** Bytes that came over the network for it; 0 when it was already here. */
  readonly networkBytes: number;
}

export interface ModelStatus {
  readonly entry: ModelEntry;
  readonly path: string;
  /** `present`: there, not hashed yet. `partial`: a broken download that `ensure` resumes. */
  readonly state: 'verified' | 'present' | 'partial' | 'missing';
  readonly bytes: number;
}

export interface VerifyResult {
  readonly name: string;
  readonly path: string;
  readonly ok: boolean;
  /** null: no hash is known to compare with. */
  readonly expected: string | null;
  readonly actual: string;
}

export class ModelStore {
  readonly #config: ModelStoreConfig;
  readonly #table: readonly ModelEntry[];
  readonly #sources: readonly ModelSource[];
  readonly #waitTimeoutMs: number;

  constructor(config: ModelStoreConfig, options: ModelStoreOptions = {}) {
    this.#config = config;
    this.#table = options.table ?? MODEL_TABLE;
    this.#waitTimeoutMs = options.waitTimeoutMs ?? 2 * 3_600_000;
    this.#sources = options.sources ?? [
      new PathSource(options.localFolders ?? []),
      new HubSource({
        endpoint: config.hubEndpoint,
        token: config.hubToken,
        proxy: proxySettings(config),
      }),
      new PipSource(config.pipCommand),
    ];
  }

  /** What the table and the folder hold; asks nobody and hashes nothing. */
  async list(): Promise<readonly ModelStatus[]> {
    const known = await Promise.all(this.#table.map((entry) => this.#status(entry)));
    const folders = await readdir(this.#config.modelDir).catch(() => []);
    const fromHub = await Promise.all(
      folders
        .filter((folder) => folder.includes('--'))
        .map(async (folder) => {
          const repo = folder.replace('--', '/');
          const files = await this.#verifiedFiles(folder);
          const entries = files.map((file) => hubEntry(repo, file));
          const layout = await readLayoutRecord(join(this.#config.modelDir, folder));
          if (layout !== null) entries.push(layout);
          return Promise.all(entries.map((entry) => this.#status(entry)));
        }),
    );
    return [...known, ...fromHub.flat()];
  }

  /**
   * The model that a name, hub id or path means. The hub is asked only when an id names no file and
   * none of that repository is here. Nothing is fetched.
   * @throws FootnoteError `model-unknown`, `model-missing` (a path that is not there),
   * `model-download-failed` (the hub's listing), `timeout`, `cancelled`
   */
  async resolve(
    spec: string,
    options: CallOptions,
  ): Promise<{ readonly name: string; readonly path: string; readonly entry: ModelEntry }> {
    const parsed = parseModelSpec(spec, this.#table);
    if (parsed.kind === 'path') {
      if ((await sizeOf(parsed.path)) === 0) {
        throw new FootnoteError('model-missing', `there is no model file at ${parsed.path}`, {
          stage: 'models',
        });
      }
      const entry = pathEntry(parsed.path);
      return { name: entry.name, path: parsed.path, entry };
    }
    const entry =
      parsed.kind === 'table'
        ? parsed.entry
        : parsed.file === null || isLayoutFile(parsed.file)
          ? await this.#chooseHubFiles(parsed.repo, parsed.file, options)
          : hubEntry(parsed.repo, parsed.file);
    return { name: entry.name, path: this.#pathOf(entry, entry.files[0]), entry };
  }

  /**
   * Makes sure that a model is here and right, fetching it where it is not.
   * @throws FootnoteError `model-unknown`, `model-missing`, `model-hash-mismatch` (both hashes named),
   * `model-download-failed` (each source's failure in the message and in `extra.failures`), `timeout`,
   * `cancelled` (what came so far is kept for the next call)
   */
  async ensure(spec: string, options: EnsureOptions): Promise<EnsuredModel> {
    const model = await this.resolve(spec, options);
    let networkBytes = 0;
    for (const file of model.entry.files) {
      if (file.locations.some(({ kind }) => kind === 'path')) continue;
      networkBytes += await this.#ensureFile(model.entry, file, options);
    }
    return { ...model, networkBytes };
  }

  /**
   * Hashes a model's files anew. A file that fails loses its mark, so that `ensure` will not trust it.
   * @throws FootnoteError `model-unknown`, `model-missing`, `cancelled`
   */
  async verify(
    spec: string,
    options: CallOptions & { readonly onBytes?: (bytes: number) => void },
  ): Promise<readonly VerifyResult[]> {
    const { entry, path: first } = await this.resolve(spec, options);
    const results: VerifyResult[] = [];
    for (const file of entry.files) {
      const here = file.locations.find((location) => location.kind === 'path');
      const path = here?.path ?? this.#pathOf(entry, file);
      if (!existsSync(path)) {
        throw new FootnoteError(
          'model-missing',
          `${entry.name} is not here (${first}): run \`footnote models pull ${spec}\``,
          { stage: 'models' },
        );
      }
      const marker = await readMarker(path);
      const expected = file.sha256 ?? marker?.sha256 ?? null;
      const actual = await hashFile(path, options.signal, options.onBytes);
      const ok = expected === null || expected === actual;
      if (!ok) await removeMarker(path);
      else if (here === undefined && marker === null && expected !== null) {
        await writeMarker(path, actual, 'table');
      }
      results.push({ name: entry.name, path, ok, expected, actual });
    }
    return results;
  }

  #pathOf(entry: ModelEntry, file: ModelFile): string {
    return join(this.#config.modelDir, entry.name, file.name);
  }

  async #status(entry: ModelEntry): Promise<ModelStatus> {
    const file = entry.files[0];
    const path = this.#pathOf(entry, file);
    const bytes = await sizeOf(path);
    if (bytes > 0) {
      const state = (await this.#isVerified(path, file)) ? 'verified' : 'present';
      return { entry, path, state, bytes };
    }
    const parts = await Promise.all(this.#sources.map(({ name }) => sizeOf(partFile(path, name))));
    const most = Math.max(0, ...parts);
    return { entry, path, state: most > 0 ? 'partial' : 'missing', bytes: most };
  }

  async #verifiedFiles(folder: string): Promise<string[]> {
    const path = join(this.#config.modelDir, folder);
    const names = (await readdir(path).catch(() => [])).filter((name) => /\.gguf$/i.test(name));
    const markers = await Promise.all(names.map((name) => readMarker(join(path, name))));
    return names.filter((_, index) => markers[index] !== null);
  }

  /** The GGUF file to take or, where there is none or a file of another kind is wanted, the layout. */
  async #chooseHubFiles(
    repo: string,
    wanted: string | null,
    options: CallOptions,
  ): Promise<ModelEntry> {
    const folder = join(this.#config.modelDir, hubFolder(repo));
    if (wanted === null) {
      const verified = await this.#verifiedFiles(hubFolder(repo));
      const here = chooseGguf(verified.map((path) => ({ path })));
      if (here !== null) return hubEntry(repo, here.path);
    }
    const known = await readLayoutRecord(folder);
    if (known !== null && (wanted === null || known.files.some(({ name }) => name === wanted))) {
      return known;
    }
    const client = new HubClient({
      endpoint: this.#config.hubEndpoint,
      token: this.#config.hubToken,
      proxy: proxySettings(this.#config),
    });
    let listed;
    try {
      listed = await client.listFiles(repo, 'main', options);
    } finally {
      await client.close();
    }
    const chosen = wanted === null ? chooseGguf(listed) : null;
    if (chosen !== null) return hubEntry(repo, chosen.path, chosen);
    const layout = hubLayoutEntry(repo, listed, wanted);
    if (layout === null) {
      throw new FootnoteError(
        'model-unknown',
        `${repo} holds no whole GGUF file, no safetensors, torch or ONNX weights: name a file as ${repo}:FILE, or use another repository`,
        { stage: 'models' },
      );
    }
    await mkdir(folder, { recursive: true }).catch(() => undefined);
    await writeLayoutRecord(folder, repo, layout);
    return layout;
  }

  async #isVerified(path: string, file: ModelFile): Promise<boolean> {
    const marker = await readMarker(path);
    return marker !== null && (file.sha256 === null || file.sha256 === marker.sha256);
  }

  async #ensureFile(entry: ModelEntry, file: ModelFile, options: EnsureOptions): Promise<number> {
    const path = this.#pathOf(entry, file);
    if (await this.#isVerified(path, file)) return 0;
    const folder = join(this.#config.modelDir, entry.name);
    try {
      await mkdir(dirname(path), { recursive: true });
      return await withModelLock(
        folder,
        {
          signal: options.signal,
          waitTimeoutMs: this.#waitTimeoutMs,
          onWait: async () => {
            const { bytes } = await this.#status(entry);
            reportProgress(options, entry, file, 'waiting', null, bytes);
          },
        },
        async (signal) => {
          if (await this.#isVerified(path, file)) return 0;
          const locked = { ...options, signal };
          if (existsSync(path) && (await this.#accept(entry, file, path, locked))) return 0;
          return downloadFile(this.#sources, entry, file, path, locked);
        },
      );
    } catch (error) {
      // A store on a read-only disk: what is there can still be used.
      if (isReadOnly(error) && existsSync(path)) {
        if (await this.#accept(entry, file, path, options)) return 0;
      }
      if (isReadOnly(error)) {
        throw new FootnoteError(
          'model-download-failed',
          `${folder} cannot be written: set FOOTNOTE_MODEL_DIR to a folder that can (${(error as Error).message})`,
          { cause: error, stage: 'models', extra: { reason: 'store-not-writable' } },
        );
      }
      throw toFootnoteError(error, 'model-download-failed');
    }
  }

  /** Hashes a file that somebody put into the store; a wrong one is set aside as `<file>.bad`. */
  async #accept(
    entry: ModelEntry,
    file: ModelFile,
    path: string,
    options: EnsureOptions,
  ): Promise<boolean> {
    // Without a known hash a file that lies here unmarked cannot be told from a broken one by hash.
    if (file.sha256 === null && file.bytes !== null && (await sizeOf(path)) !== file.bytes) {
      await this.#setAside(
        path,
        `has ${await sizeOf(path)} bytes, expected ${file.bytes}`,
        options,
      );
      return false;
    }
    const actual = await hashFile(path, options.signal, (bytes) => {
      reportProgress(options, entry, file, 'checking', null, bytes);
    });
    if (file.sha256 !== null && actual !== file.sha256) {
      await this.#setAside(path, `has sha256 ${actual}, expected ${file.sha256}`, options);
      return false;
    }
    await writeMarker(path, actual, file.sha256 === null ? 'first-download' : 'table');
    return true;
  }

  async #setAside(path: string, why: string, options: EnsureOptions): Promise<void> {
    await removeMarker(path);
    await rename(path, `${path}.bad`);
    options.onNotice?.(`${path} ${why}: it was renamed to ${path}.bad`);
  }
}

function isReadOnly(error: unknown): boolean {
  return ['EACCES', 'EROFS', 'EPERM'].includes(String((error as { code?: unknown }).code));
}
