import type { Document, FetchedPage } from '../../src/core/nouns.ts';
import type { CallOptions, Extractor } from '../../src/core/seams.ts';
import { childModule } from '../../src/runtime/child-module.ts';
import { ChildPool } from '../../src/runtime/child-pool.ts';
import { FootnoteError } from '../../src/core/errors.ts';
import { MAX_PDF_BYTES, MAX_TEXT_BYTES } from './page-bytes.ts';

export interface ChildExtractorOptions {
  /** Child processes; each reads one page at a time. Default 2. */
  readonly size?: number;
  /** A page that takes longer loses its child. Default 4,000 ms. */
  readonly pageTimeoutMs?: number;
  /** V8 heap of a child. Default 512 MB. */
  readonly maxHeapMb?: number;
}

/** Reads pages in child processes, so that a hostile page costs one child and no time of the service. */
export class ChildExtractor implements Extractor {
  readonly #pool: ChildPool;
  readonly #timeoutMs: number;

  constructor(options: ChildExtractorOptions = {}) {
    this.#timeoutMs = options.pageTimeoutMs ?? 4_000;
    this.#pool = new ChildPool({
      module: childModule('extract-child', import.meta.url),
      stage: 'extract',
      size: options.size ?? 2,
      maxHeapMb: options.maxHeapMb ?? 512,
      cancelGraceMs: 500,
    });
  }

  get pids(): readonly number[] {
    return this.#pool.pids;
  }

  /**
   * @throws FootnoteError `extract-failed`, `unsupported-content`, `page-too-large`, `timeout`,
   *   `worker-crashed`, `cancelled`, `overloaded`
   */
  extract(page: FetchedPage, options: CallOptions): Promise<Document> {
    const { body } = page;
    const isPdf = body[0] === 0x25 || page.contentType?.startsWith('application/pdf') === true;
    if (isPdf && body.byteLength > MAX_PDF_BYTES) {
      return Promise.reject(
        new FootnoteError('page-too-large', `the PDF has more than ${MAX_PDF_BYTES} bytes`, {
          stage: 'extract',
        }),
      );
    }
    // What the child would not read is not sent.
    const sent =
      !isPdf && body.byteLength > MAX_TEXT_BYTES
        ? { ...page, body: body.slice(0, MAX_TEXT_BYTES) }
        : page;
    return this.#pool.call<Document>('extract', sent, {
      signal: options.signal,
      timeoutMs: this.#timeoutMs,
    });
  }

  /** Forks the children and loads their code, so that the first page does not wait for it. */
  async warmUp(options: CallOptions): Promise<void> {
    const body = new TextEncoder().encode('<html><body><p>Warm.</p></body></html>');
    const page: FetchedPage = {
      url: 'http://localhost/',
      finalUrl: 'http://localhost/',
      status: 200,
      contentType: 'text/html',
      body,
      fetchedAt: new Date(0).toISOString(),
      rendered: false,
      lastModified: null,
    };
    await Promise.all(
      [1, 2].map(() =>
        this.#pool.call('extract', page, { signal: options.signal, timeoutMs: 20_000 }),
      ),
    );
  }

  /** Kills the children. */
  close(): Promise<void> {
    return this.#pool.close();
  }
}
