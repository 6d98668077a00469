/** Appends records to a WARC file, one gzip member each, in the order in which they are handed in. */
import { randomUUID } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { appendFile, truncate } from 'node:fs/promises';
import { WARCParser, WARCRecord, WARCSerializer } from 'warcio';
import type { FetchedPage } from '../../../src/core/nouns.ts';
import { packageVersion } from '../../../src/core/package-root.ts';
import {
  CALL_MEDIA_TYPE,
  SEARCH_MEDIA_TYPE,
  type CallRecord,
  type RecordedChain,
} from './archive-record.ts';

type RecordOptions = NonNullable<Parameters<typeof WARCRecord.create>[0]>;

const bytesOf = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

export class ArchiveWriter {
  readonly #path: string;
  #tail: Promise<void> = Promise.resolve();
  #failed: unknown = null;

  private constructor(path: string) {
    this.#path = path;
  }

  /**
   * @param path appended to, so that a run that was interrupted goes on in the same file; a record that
   * the interruption cut off is taken away first
   */
  static async open(path: string): Promise<ArchiveWriter> {
    if (existsSync(path)) await truncate(path, await soundLength(path));
    return new ArchiveWriter(path);
  }

  /** The program and its search providers, at the head of each run. */
  writeInfo(chain: RecordedChain): void {
    this.#append(
      WARCRecord.createWARCInfo(
        { filename: this.#path.split('/').at(-1), warcVersion: 'WARC/1.1' },
        {
          software: `footnote/${packageVersion}`,
          format: 'WARC File Format 1.1',
          'footnote-search': JSON.stringify(chain),
        },
      ),
    );
  }

  /** A page as it came, or as a browser made it; then the call that it answered. */
  writePage(call: Pick<CallRecord, 'kind' | 'key' | 'question'>, page: FetchedPage): void {
    const { body, ...rest } = page;
    const headers: Record<string, string> = { 'Content-Length': String(body.length) };
    if (page.contentType !== null) headers['Content-Type'] = asHeader(page.contentType);
    if (page.lastModified !== null) {
      headers['Last-Modified'] = new Date(page.lastModified).toUTCString();
    }
    const record = page.rendered
      ? this.#record({
          type: 'conversion',
          url: page.finalUrl,
          date: page.fetchedAt,
          warcHeaders: { 'Content-Type': asHeader(page.contentType ?? 'text/html') },
          body,
        })
      : this.#record({
          type: 'response',
          url: page.finalUrl,
          date: page.fetchedAt,
          warcHeaders: { 'Content-Type': 'application/http; msgtype=response' },
          statusline: `HTTP/1.1 ${page.status} ${page.status < 400 ? 'OK' : 'Error'}`,
          httpHeaders: headers,
          body,
        });
    this.#append(record.record);
    this.writeCall({ ...call, record: record.id, page: rest });
  }

  /** What a search provider answered. */
  writeSearch(
    call: Pick<CallRecord, 'kind' | 'key' | 'question'>,
    results: readonly unknown[],
  ): void {
    const { record, id } = this.#record({
      type: 'resource',
      url: call.key,
      warcHeaders: { 'Content-Type': SEARCH_MEDIA_TYPE },
      body: bytesOf(results),
    });
    this.#append(record);
    this.writeCall({ ...call, record: id });
  }

  /** A call, and what became of it. */
  writeCall(call: CallRecord): void {
    const refersTo =
      call.record === undefined
        ? undefined
        : { 'WARC-Refers-To': call.record, 'WARC-Concurrent-To': call.record };
    const { record } = this.#record({
      type: 'metadata',
      url: call.key,
      warcHeaders: { 'Content-Type': CALL_MEDIA_TYPE, ...refersTo },
      body: bytesOf(call),
    });
    this.#append(record);
  }

  /** Waits until all is written. @throws what the disk said */
  async flush(): Promise<void> {
    await this.#tail;
    if (this.#failed !== null) throw this.#failed;
  }

  #record({ body, ...options }: RecordOptions & { readonly body: Uint8Array }): {
    readonly record: WARCRecord;
    readonly id: string;
  } {
    const id = `<urn:uuid:${randomUUID()}>`;
    const warcHeaders = {
      ...(options.warcHeaders as Record<string, string>),
      'WARC-Record-ID': id,
    };
    // Dates of the seams carry milliseconds, which WARC/1.1 allows.
    const record = WARCRecord.create({ warcVersion: 'WARC/1.1', ...options, warcHeaders }, [body]);
    return { record, id };
  }

  #append(record: WARCRecord): void {
    const before = this.#tail;
    this.#tail = (async () => {
      await before;
      try {
        const bytes = await WARCSerializer.serialize(record, {
          gzip: true,
          digest: { algo: 'sha-256', prefix: 'sha256:' },
        });
        await appendFile(this.#path, bytes);
      } catch (error) {
        this.#failed ??= error;
      }
    })();
  }
}

/** Header values are Latin-1 without line breaks; what a server sent otherwise is replaced. */
function asHeader(value: string): string {
  return value.replace(/[^\x20-\x7e]+/gu, '?');
}

/** Bytes up to the end of the last whole record. */
async function soundLength(path: string): Promise<number> {
  const parser = new WARCParser(createReadStream(path));
  let length = 0;
  try {
    for (;;) {
      const record = await parser.parse();
      if (record === null) return length;
      await record.skipFully();
      length = parser.offset + parser.recordLength;
    }
  } catch {
    return length;
  }
}
