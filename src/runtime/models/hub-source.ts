import { readFile, rm, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { abortReason, deadline } from '../../core/deadline.ts';
import { FootnoteError } from '../../core/errors.ts';
import {
  HubClient,
  header,
  transportError,
  type HubClientOptions,
  type HubFileFacts,
  type HubResponse,
} from './hub-client.ts';
import type { FetchedFile, FetchFileOptions, ModelSource } from './model-source.ts';
import type { HubLocation, ModelEntry, ModelFile } from './model-table.ts';
import { PartWriter } from './part-writer.ts';

export interface HubSourceOptions extends HubClientOptions {
  /** Tries in a row that gain nothing before it gives up. */
  readonly maxTries?: number;
  /** First wait between tries; doubled each time. */
  readonly backoffMs?: number;
  /** A `Retry-After` longer than this is an error at once instead of a wait. */
  readonly maxRetryAfterMs?: number;
}

/** Which bytes the partial file holds, kept beside it as `<part>.json`. */
interface PartOrigin {
  readonly etag: string | null;
  /** ETag of the host that sent the bytes (the CDN), for `If-Range`; strong ones only. */
  readonly bodyEtag: string | null;
}

const FIRST_ANSWER_MS = 5_000;

/** Why one try ended, and from where the next one starts. */
type Outcome = 'complete' | 'truncated' | 'restart';

const RETRYABLE = new Set(['hub-network', 'hub-rate-limited', 'hub-unavailable', 'hub-truncated']);

/**
 * Files from a model hub. Interrupted downloads resume by range requests (RFC 9110, 14.2), guarded by
 * the hub's ETag and by `If-Range`; a file that changed meanwhile is started anew. This is the only
 * layer that retries.
 */
export class HubSource implements ModelSource {
  readonly name = 'hub';
  readonly #options: HubSourceOptions;
  readonly #maxTries: number;
  readonly #backoffMs: number;
  readonly #maxRetryAfterMs: number;

  constructor(options: HubSourceOptions) {
    this.#options = options;
    this.#maxTries = options.maxTries ?? 5;
    this.#backoffMs = options.backoffMs ?? 500;
    this.#maxRetryAfterMs = options.maxRetryAfterMs ?? 60_000;
  }

  offers(_entry: ModelEntry, file: ModelFile): boolean {
    return file.locations.some(({ kind }) => kind === 'hub');
  }

  async fetch(
    _entry: ModelEntry,
    file: ModelFile,
    targetFile: string,
    options: FetchFileOptions,
  ): Promise<FetchedFile> {
    const location = file.locations.find((one): one is HubLocation => one.kind === 'hub');
    if (location === undefined) throw failure('hub-not-found', `${file.name} is on no hub`);
    const client = new HubClient(this.#options);
    try {
      return await this.#fetchWith(client, location, file, targetFile, options);
    } finally {
      await client.close();
    }
  }

  async #fetchWith(
    client: HubClient,
    location: HubLocation,
    file: ModelFile,
    targetFile: string,
    options: FetchFileOptions,
  ): Promise<FetchedFile> {
    const { signal } = options;
    const writer = await PartWriter.open(targetFile, Number.MAX_SAFE_INTEGER, signal);
    let networkBytes = 0;
    let best = writer.bytes;
    let answered = false;
    try {
      for (let tries = 1; ; tries += 1) {
        try {
          const facts = await this.#facts(client, location, answered, signal);
          answered = true;
          checkFacts(file, facts, location);
          const before = writer.bytes;
          const outcome = await this.#attempt(
            client,
            location,
            facts,
            writer,
            targetFile,
            {
              ...options,
              onProgress: (progress) => {
                options.onProgress?.({
                  ...progress,
                  totalBytes: progress.totalBytes ?? file.bytes,
                });
              },
            },
            (bytes) => {
              networkBytes += bytes;
            },
          );
          if (outcome === 'complete') {
            await rm(originFile(targetFile), { force: true });
            return {
              bytes: writer.bytes,
              sha256: writer.digest(),
              announcedSha256: facts?.sha256 ?? null,
              networkBytes,
            };
          }
          throw failure(
            'hub-truncated',
            outcome === 'restart'
              ? `${location.file} changed at the hub or its range was refused: starting anew`
              : `the connection ended after ${writer.bytes - before} bytes`,
          );
        } catch (error) {
          if (signal.aborted) throw abortReason(signal);
          if (!(error instanceof FootnoteError) || !isRetryable(error)) throw error;
          // Tries that got further count anew: a long download may lose its connection many times.
          if (writer.bytes > best) tries = 1;
          best = Math.max(best, writer.bytes);
          const waitMs = this.#waitMs(error, tries);
          const maxTries = answered ? this.#maxTries : Math.min(2, this.#maxTries);
          if (tries >= maxTries || waitMs > this.#maxRetryAfterMs) throw error;
          options.onNotice?.(`${error.message}; trying again`);
          await sleep(waitMs, undefined, { signal }).catch(() => {
            throw abortReason(signal);
          });
        }
      }
    } finally {
      await writer.close();
    }
  }

  /** A hub that has not answered yet gets less time: the next source may be there. */
  async #facts(
    client: HubClient,
    location: HubLocation,
    answered: boolean,
    signal: AbortSignal,
  ): Promise<HubFileFacts | null> {
    if (answered) return client.facts(location, { signal });
    const limit = deadline(FIRST_ANSWER_MS, signal, 'models');
    try {
      return await client.facts(location, { signal: limit.signal });
    } catch (error) {
      if (signal.aborted || !limit.signal.aborted) throw error;
      throw failure('hub-network', `${client.endpoint} has not answered for ${FIRST_ANSWER_MS} ms`);
    } finally {
      limit.clear();
    }
  }

  #waitMs(error: FootnoteError, tries: number): number {
    return error.retryAfterSeconds === undefined
      ? Math.min(this.#backoffMs * 2 ** (tries - 1), 15_000)
      : error.retryAfterSeconds * 1000;
  }

  /** One GET, resumed where that is safe. */
  async #attempt(
    client: HubClient,
    location: HubLocation,
    facts: HubFileFacts | null,
    writer: PartWriter,
    targetFile: string,
    options: FetchFileOptions,
    onNetworkBytes: (bytes: number) => void,
  ): Promise<Outcome> {
    const { signal } = options;
    const origin = await readOrigin(targetFile);
    const etag = facts?.etag ?? null;
    const total = facts?.bytes ?? null;
    const sameFile =
      origin !== null &&
      (etag === null ? origin.bodyEtag !== null : origin.etag === etag) &&
      (total === null || writer.bytes <= total);
    if (writer.bytes > 0 && !sameFile) await writer.rewind(0, signal);
    if (total !== null && writer.bytes === total) return 'complete';

    const response = await client.get(location, rangeHeaders(writer.bytes, origin), { signal });
    const bodyEtag = header(response.headers, 'etag');
    await writeFile(
      originFile(targetFile),
      JSON.stringify({
        etag,
        bodyEtag: bodyEtag === null || bodyEtag.startsWith('W/') ? null : bodyEtag,
      } satisfies PartOrigin),
    );
    if (isPage(response) && !/\.html?$/iu.test(location.file)) {
      const start = await firstText(response);
      throw failure(
        'hub-html',
        `${location.file}: a web page came in place of the file${start === '' ? '' : ` ("${start}")`}: a login page of the network, a proxy or a mirror stands in between; open ${client.endpoint} in a browser, or set HF_ENDPOINT or HTTPS_PROXY`,
      );
    }
    if (response.statusCode === 416 || startsElsewhere(response, writer.bytes)) {
      await response.body.dump().catch(() => undefined);
      if (writer.bytes === 0) {
        throw failure(
          'hub-range',
          `${location.file}: the hub refuses the range of a fresh download`,
        );
      }
      await writer.rewind(0, signal);
      return 'restart';
    }
    // 200 to a range request: the file changed, or the host knows no ranges.
    if (response.statusCode === 200) await writer.rewind(0, signal);
    const end = total ?? endOf(response, writer.bytes);
    options.onProgress?.({ receivedBytes: writer.bytes, totalBytes: end });
    try {
      for await (const chunk of response.body as AsyncIterable<Buffer>) {
        if (signal.aborted) throw abortReason(signal);
        onNetworkBytes(chunk.length);
        if (end !== null && writer.bytes + chunk.length > end) {
          await writer.rewind(0, signal);
          throw failure(
            'hub-truncated',
            `${location.file}: more bytes came than the hub announced`,
          );
        }
        await writer.write(chunk);
        options.onProgress?.({ receivedBytes: writer.bytes, totalBytes: end });
      }
    } catch (error) {
      throw transportError(error, client.endpoint, signal);
    }
    return end === null || writer.bytes === end ? 'complete' : 'truncated';
  }
}

/** The hub's announcement against the table, before anything is fetched. */
function checkFacts(file: ModelFile, facts: HubFileFacts | null, location: HubLocation): void {
  if (facts === null) return;
  if (file.sha256 !== null && facts.sha256 !== null && file.sha256 !== facts.sha256) {
    throw new FootnoteError(
      'model-hash-mismatch',
      `${location.file} of ${location.repo}: the hub announces sha256 ${facts.sha256}, expected ${file.sha256}`,
      { stage: 'models', extra: { expected: file.sha256, actual: facts.sha256 } },
    );
  }
  if (file.bytes !== null && facts.bytes !== null && file.bytes !== facts.bytes) {
    throw failure(
      'hub-changed',
      `${location.file} of ${location.repo} has ${facts.bytes} bytes at the hub, expected ${file.bytes}`,
    );
  }
}

function rangeHeaders(offset: number, origin: PartOrigin | null): Record<string, string> {
  if (offset === 0) return {};
  return {
    range: `bytes=${offset}-`,
    ...(origin === null || origin.bodyEtag === null ? {} : { 'if-range': origin.bodyEtag }),
  };
}

function contentRange(response: HubResponse): { start: number; total: number | null } | null {
  const match = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(header(response.headers, 'content-range') ?? '');
  if (match === null) return null;
  return { start: Number(match[1]), total: match[2] === '*' ? null : Number(match[2]) };
}

/** A 206 whose range is not the one that was asked for. */
function startsElsewhere(response: HubResponse, offset: number): boolean {
  return response.statusCode === 206 && contentRange(response)?.start !== offset;
}

function isPage(response: HubResponse): boolean {
  return /^text\/html\b/iu.test(header(response.headers, 'content-type') ?? '');
}

/** The first words of a page, without its markup. */
async function firstText(response: HubResponse): Promise<string> {
  let html = '';
  for await (const chunk of response.body as AsyncIterable<Buffer>) {
    html += chunk.toString('utf8');
    if (html.length > 4_000) break;
  }
  return html
    .replace(/<(script|style)[^]*?<\/\1>/giu, ' ')
    .replace(/<[^>]*>/gu, ' ')
    .replace(/\s+/gu, ' ')
    .trim()
    .slice(0, 100);
}

function endOf(response: HubResponse, offset: number): number | null {
  const total = contentRange(response)?.total ?? null;
  if (total !== null) return total;
  const length = header(response.headers, 'content-length');
  return length === null || !/^\d+$/.test(length) ? null : offset + Number(length);
}

const originFile = (targetFile: string): string => `${targetFile}.json`;

async function readOrigin(targetFile: string): Promise<PartOrigin | null> {
  try {
    return JSON.parse(await readFile(originFile(targetFile), 'utf8')) as PartOrigin;
  } catch {
    return null;
  }
}

function isRetryable(error: FootnoteError): boolean {
  return RETRYABLE.has(String(error.extra?.['reason']));
}

function failure(reason: string, message: string): FootnoteError {
  return new FootnoteError('model-download-failed', message, {
    stage: 'models',
    extra: { reason },
  });
}
