/** Reads a WARC file that `ArchiveWriter` made and answers the calls that were recorded in it. */
import { createReadStream } from 'node:fs';
import { WARCParser } from 'warcio';
import { z } from 'zod';
import { ERROR_TABLE, FootnoteError, type ErrorCode } from '../../../src/core/errors.ts';
import type { FetchedPage, SearchResult } from '../../../src/core/nouns.ts';
import { questionInHand } from './archive-question.ts';
import {
  CALL_MEDIA_TYPE,
  callSchema,
  chainSchema,
  type CallRecord,
  type RecordedChain,
} from './archive-record.ts';

const resultsSchema = z.array(
  z.object({
    url: z.string(),
    title: z.string(),
    snippet: z.string(),
    publishedAt: z.string().nullable(),
    provider: z.string(),
    rank: z.number(),
  }),
);

interface Queue {
  readonly calls: CallRecord[];
  next: number;
}

export class WebArchive {
  readonly chain: RecordedChain;
  readonly #bodies: ReadonlyMap<string, Uint8Array>;
  readonly #queues = new Map<string, Queue>();

  private constructor(
    chain: RecordedChain,
    calls: readonly CallRecord[],
    bodies: ReadonlyMap<string, Uint8Array>,
  ) {
    this.chain = chain;
    this.#bodies = bodies;
    for (const call of calls) {
      // Once under its question, and once for a question that the recording did not have.
      for (const question of new Set([call.question, '*'])) {
        const name = JSON.stringify([call.kind, question, call.key]);
        const queue = this.#queues.get(name) ?? { calls: [], next: 0 };
        queue.calls.push(call);
        this.#queues.set(name, queue);
      }
    }
  }

  /**
   * Reads the whole file; a record cut off by an interruption ends it.
   * @throws FootnoteError `bad-request` when it is no recording of ours
   */
  static async open(path: string): Promise<WebArchive> {
    let chain: RecordedChain | null = null;
    const calls: CallRecord[] = [];
    const bodies = new Map<string, Uint8Array>();
    try {
      for await (const record of WARCParser.iterRecords(createReadStream(path))) {
        const id = record.warcHeader('WARC-Record-ID') ?? '';
        const body = await record.readFully(true);
        if (record.warcType === 'warcinfo') {
          const line = /^footnote-search: (.*)$/mu.exec(new TextDecoder().decode(body))?.[1];
          if (line !== undefined) chain = chainSchema.parse(JSON.parse(line));
        } else if (record.warcContentType === CALL_MEDIA_TYPE) {
          calls.push(callSchema.parse(JSON.parse(new TextDecoder().decode(body))));
        } else bodies.set(id, body);
      }
    } catch (error) {
      if (chain === null) {
        const { message } = error as Error;
        throw new FootnoteError('bad-request', `${path} cannot be read as WARC: ${message}`, {
          cause: error,
        });
      }
    }
    if (chain === null) {
      throw new FootnoteError('bad-request', `${path} is no WARC that footnote eval recorded`);
    }
    return new WebArchive(chain, calls, bodies);
  }

  /** The page that came for this URL. @throws FootnoteError what was thrown then; `fetch-failed` when unknown */
  page(kind: 'fetch' | 'render', url: string): FetchedPage {
    const call = this.#take(kind, url);
    const body = this.#bodies.get(call.record ?? '');
    if (call.page === undefined || body === undefined) throw unknown(url);
    return { ...call.page, body };
  }

  /** What a provider answered to this query. @throws as `page`, with `search-unreachable` */
  results(key: string): readonly SearchResult[] {
    const call = this.#take('search', key);
    const body = this.#bodies.get(call.record ?? '');
    if (body === undefined) throw unknown(key, 'search-unreachable');
    return resultsSchema.parse(JSON.parse(new TextDecoder().decode(body)));
  }

  /** The recorded call; the same call again gives the next one recorded, and in the end the last again. */
  #take(kind: CallRecord['kind'], key: string): CallRecord {
    const own = this.#queues.get(JSON.stringify([kind, questionInHand(), key]));
    const queue = own ?? this.#queues.get(JSON.stringify([kind, '*', key]));
    const call = queue?.calls[Math.min(queue.next, queue.calls.length - 1)];
    if (queue === undefined || call === undefined) {
      throw unknown(key, kind === 'search' ? 'search-unreachable' : 'fetch-failed');
    }
    queue.next += 1;
    if (call.failure !== undefined) {
      const { code, message, ...detail } = call.failure;
      throw new FootnoteError(isCode(code) ? code : 'fetch-failed', message, detail);
    }
    return call;
  }
}

function isCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERROR_TABLE, code);
}

function unknown(key: string, code: ErrorCode = 'fetch-failed'): FootnoteError {
  return new FootnoteError(code, `the recording does not hold ${key}`);
}
