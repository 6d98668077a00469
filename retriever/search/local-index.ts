import { createHash } from 'node:crypto';
import { join } from 'node:path';
import PQueue from 'p-queue';
import { abortReason, deadline, orAbort } from '../../src/core/deadline.ts';
import { FootnoteError, toFootnoteError } from '../../src/core/errors.ts';
import type { Document } from '../../src/core/nouns.ts';
import type { CallOptions, Extractor, Fetcher, IndexProgress } from '../../src/core/seams.ts';
import { childModule } from '../../src/runtime/child-module.ts';
import { ChildPool } from '../../src/runtime/child-pool.ts';
import { corpusUrl } from './corpus-fetcher.ts';
import { corpusRoot, listCorpus, type CorpusFile } from './corpus-files.ts';
import type { IndexEntry, IndexHit, IndexQuery } from './local-index-store.ts';

export interface LocalIndexOptions {
  /** Folder of HTML, Markdown, text and PDF files. */
  readonly folder: string;
  /** Where the index is kept; one file per corpus folder. */
  readonly cacheDir: string;
  readonly fetcher: Fetcher;
  readonly extractor: Extractor;
  /** Files read at the same time; default 2. */
  readonly concurrency?: number;
  /** A search looks for changed files at most this often; default 2 s. */
  readonly refreshMs?: number;
  /** How long a search waits for changed files before it answers from what is indexed; default 3 s. */
  readonly patienceMs?: number;
  /** How long it waits when what is indexed so far holds nothing that matches; default 5 s. */
  readonly giveUpMs?: number;
  /** Deadline of reading one file; default 30 s. */
  readonly fileTimeoutMs?: number;
}

export interface IndexState {
  readonly files: number;
  readonly failed: number;
}

/** Files written in one transaction: each costs the full-text table a segment. */
export const INDEX_BATCH = 64;
const BATCH_CHARACTERS = 4_000_000;
const CALL_MS = 30_000;
const FLUSH_MS = 500;
const LOOK_AGAIN_MS = 300;
/** Failures that belong to the file: remembered until it changes (the last two: for ten minutes). */
const LASTING = new Set([
  'extract-failed',
  'unsupported-content',
  'page-too-large',
  'timeout',
  'worker-crashed',
]);

/**
 * Full-text index of a folder, kept on disk and brought up to date whenever it is asked. This side
 * lists the files, reads the changed ones by the extractor, and hands their text to a child process
 * that owns the database. Several processes may use one index: writes are whole transactions and mean
 * the same whoever makes them.
 */
export class LocalIndex {
  readonly #options: Required<LocalIndexOptions>;
  readonly #pool: ChildPool;
  readonly #stop = new AbortController();
  #refreshing: Promise<void> | null = null;
  #refreshedAt = Number.NEGATIVE_INFINITY;
  /** Files of the refresh at hand: all there are, those still to be read, and when it began. */
  #reading: {
    readonly total: number;
    left: number;
    readonly changed: number;
    readonly startedAt: number;
  } | null = null;
  #seen: IndexProgress | null = null;

  constructor(options: LocalIndexOptions) {
    this.#options = {
      concurrency: 2,
      refreshMs: 2_000,
      patienceMs: 3_000,
      giveUpMs: 5_000,
      fileTimeoutMs: 30_000,
      ...options,
    };
    this.#pool = new ChildPool({
      module: childModule('local-index-child', import.meta.url),
      stage: 'search',
    });
  }

  /**
   * Files that match, best first; `url` is the file's `file:` URL. Changed files are read first, but
   * not for longer than `patienceMs`; the reading goes on afterwards.
   * @throws FootnoteError `not-ready` when nothing matches but files are still to be read, `config-invalid`, `cancelled`, …
   */
  async search(
    query: IndexQuery,
    options: CallOptions,
  ): Promise<readonly (IndexHit & { readonly url: string })[]> {
    const { root, database } = await this.#place();
    const call = { signal: options.signal, timeoutMs: CALL_MS };
    const started = Date.now();
    let hits: IndexHit[] = [];
    for (let waitMs = this.#options.patienceMs; ; waitMs = LOOK_AGAIN_MS) {
      const finished = await this.#waitForRefresh(waitMs, options.signal);
      hits = await this.#pool.call<IndexHit[]>('search', { database, query }, call);
      this.#seen = finished ? null : this.#progress();
      if (hits.length > 0 || finished) break;
      if (Date.now() - started > this.#options.giveUpMs) {
        throw new FootnoteError(
          'not-ready',
          `the folder is still being indexed (${toldProgress(this.#progress())}); ask again in a moment`,
          { stage: 'search', retryAfterSeconds: this.#progress().secondsLeft ?? 5 },
        );
      }
    }
    return hits.map((hit) => ({ ...hit, url: corpusUrl(root, hit.path) }));
  }

  /** How much of the folder the last search could see; null: all of it. */
  indexed(): IndexProgress | null {
    return this.#seen;
  }

  /**
   * Resolves when the index is up to date.
   * @param options.onProgress is told every so many milliseconds how far it is
   * @throws FootnoteError `config-invalid`, `cancelled`, …
   */
  async prepare(
    options: CallOptions & {
      readonly onProgress?: ((progress: IndexProgress) => void) | undefined;
    },
  ): Promise<void> {
    while (!(await this.#waitForRefresh(LOOK_AGAIN_MS, options.signal))) {
      options.onProgress?.(this.#progress());
    }
    this.#seen = null;
  }

  #progress(): IndexProgress {
    if (this.#reading === null) return { done: 0, total: null, secondsLeft: null };
    const { total, left, changed, startedAt } = this.#reading;
    const read = changed - left;
    const seconds = (Date.now() - startedAt) / 1_000;
    const secondsLeft = read === 0 ? null : Math.max(1, Math.ceil((left * seconds) / read));
    return { done: total - left, total, secondsLeft };
  }

  /** True when the index is up to date, false when that would take longer than `waitMs`. */
  async #waitForRefresh(waitMs: number, signal: AbortSignal): Promise<boolean> {
    const patience = deadline(waitMs, signal, 'indexing the corpus');
    try {
      await orAbort(this.#refresh(), patience.signal);
      return true;
    } catch (error) {
      if (signal.aborted) throw abortReason(signal);
      if (!patience.signal.aborted) throw error;
      return false;
    } finally {
      patience.clear();
    }
  }

  /** Brings the index up to date and waits for it; then says how many files it holds. */
  async refresh(options: CallOptions): Promise<IndexState> {
    this.#refreshedAt = Number.NEGATIVE_INFINITY;
    await orAbort(this.#refresh(), options.signal);
    const { database } = await this.#place();
    return await this.#pool.call<IndexState>(
      'count',
      { database },
      { signal: options.signal, timeoutMs: CALL_MS },
    );
  }

  /** Stops reading and ends the child process. */
  async close(): Promise<void> {
    this.#stop.abort(new FootnoteError('shutting-down', 'search: shut down', { stage: 'search' }));
    await this.#refreshing?.catch(() => undefined);
    await this.#pool.close();
  }

  async #place(): Promise<{ readonly root: string; readonly database: string }> {
    const root = await corpusRoot(this.#options.folder);
    const key = createHash('sha256').update(root).digest('hex').slice(0, 16);
    return { root, database: join(this.#options.cacheDir, 'local-index', `${key}.db`) };
  }

  /** One refresh at a time, not tied to any one search: its result serves all. */
  #refresh(): Promise<void> {
    if (this.#refreshing !== null) return this.#refreshing;
    if (Date.now() - this.#refreshedAt < this.#options.refreshMs) return Promise.resolve();
    const work = this.#readChanged().finally(() => {
      this.#refreshing = null;
    });
    this.#refreshing = work;
    // Whoever waits gets the error; when nobody does, it must not end the process.
    work.catch(() => undefined);
    return work;
  }

  async #readChanged(): Promise<void> {
    const { signal } = this.#stop;
    const { root, database } = await this.#place();
    const files = await listCorpus(root, signal);
    const call = { signal, timeoutMs: CALL_MS };
    const plan = await this.#pool.call<{ changed: string[] }>('plan', { database, files }, call);
    const byPath = new Map(files.map((file) => [file.path, file]));
    const changed = plan.changed.flatMap((path) => byPath.get(path) ?? []);
    const reading = {
      total: files.length,
      left: changed.length,
      changed: changed.length,
      startedAt: Date.now(),
    };
    this.#reading = reading;
    const queue = new PQueue({ concurrency: this.#options.concurrency });
    let ready: IndexEntry[] = [];
    let flushedAt = Date.now();
    const flush = async (): Promise<void> => {
      flushedAt = Date.now();
      const entries = ready;
      ready = [];
      if (entries.length > 0) {
        await this.#pool.call('put', { database, entries }, { signal, timeoutMs: 120_000 });
      }
    };
    const errors: unknown[] = [];
    for (const file of changed) {
      if (signal.aborted || errors.length > 0) break;
      await queue.onSizeLessThan(this.#options.concurrency * 2);
      const work = queue.add(async () => {
        const entry = await this.#read(root, file, signal);
        reading.left -= 1;
        if (entry !== null) ready.push(entry);
        const characters = ready.reduce((sum, { text }) => sum + text.length, 0);
        const full = ready.length >= INDEX_BATCH || characters > BATCH_CHARACTERS;
        // Searches may be waiting for what is there already.
        if (full || Date.now() - flushedAt > FLUSH_MS) await flush();
      });
      work.catch((error: unknown) => errors.push(error));
    }
    await queue.onIdle();
    if (errors.length > 0) throw errors[0];
    await flush();
    if (signal.aborted) throw abortReason(signal);
    this.#reading = null;
    this.#refreshedAt = Date.now();
  }

  /** A file as the index takes it; null when it should be tried again the next time. */
  async #read(
    root: string,
    file: CorpusFile,
    signal: AbortSignal,
    again = true,
  ): Promise<IndexEntry | null> {
    const limit = deadline(this.#options.fileTimeoutMs, signal, `reading ${file.path}`);
    const empty = { title: '', text: '', language: '', publishedAt: null, site: '' };
    try {
      const options = { signal: limit.signal };
      const page = await this.#options.fetcher.fetch(corpusUrl(root, file.path), options);
      const document = await this.#options.extractor.extract(page, options);
      return {
        ...file,
        title: document.title,
        text: document.text,
        language: document.language,
        publishedAt: document.publishedAt,
        site: siteOf(document),
        failure: null,
      };
    } catch (error) {
      if (signal.aborted) throw abortReason(signal);
      const { code } = toFootnoteError(error);
      // A reader that still starts up, or died of its neighbour, deserves a second try.
      if (again && (code === 'timeout' || code === 'worker-crashed')) {
        return await this.#read(root, file, signal, false);
      }
      return LASTING.has(code) ? { ...file, ...empty, failure: code } : null;
    } finally {
      limit.clear();
    }
  }
}

/** "1,200 of 1,900 files are there", for people. */
export function toldProgress({ done, total }: IndexProgress): string {
  if (total === null) return 'its files are being listed';
  return `${done.toLocaleString('en')} of ${total.toLocaleString('en')} files are indexed`;
}

function siteOf(document: Document): string {
  try {
    return document.canonicalUrl === null ? '' : new URL(document.canonicalUrl).hostname;
  } catch {
    return '';
  }
}
