/**
 * One GET whose answer is read as browsers read it, for servers whose answers a strict parser refuses:
 * control characters and blanks in header names, lines without a colon, Content-Length sent twice, bare
 * line feeds. Over a connection of its own, which the guard has checked and pinned.
 */
import { Readable } from 'node:stream';
import type { Socket } from 'node:net';
import { abortReason } from '../../src/core/deadline.ts';
import type { GuardedDispatcher } from './guarded-dispatcher.ts';

const MAX_HEAD_BYTES = 65_536;
// oxlint-disable-next-line no-control-regex -- control characters are what is removed
const CONTROL = /[\u0000-\u0008\u000A-\u001F\u007F]/gu;

interface TolerantOptions {
  readonly signal: AbortSignal;
  readonly headers: Readonly<Record<string, string>>;
  readonly headersTimeoutMs: number;
  readonly bodyIdleTimeoutMs: number;
}

export interface TolerantAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: Readable;
}

/** Did the strict parser refuse the head of a response? */
export function isMalformedHead(error: unknown): boolean {
  return (error as { readonly name?: unknown } | null)?.name === 'HTTPParserError';
}

/** @throws what the connection throws; an `HTTPParserError` for what is no HTTP at all */
export async function tolerantExchange(
  url: URL,
  dispatcher: Pick<GuardedDispatcher, 'openSocket'>,
  options: TolerantOptions,
): Promise<TolerantAnswer> {
  const { signal } = options;
  const socket = await dispatcher.openSocket(url);
  const stop = (): void => void socket.destroy(abortReason(signal));
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  socket.once('close', () => signal.removeEventListener('abort', stop));
  socket.setTimeout(options.headersTimeoutMs, () => socket.destroy(timeout('HEADERS')));
  const lines = Object.entries(options.headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(
    `GET ${url.pathname}${url.search} HTTP/1.1\r\nhost: ${url.host}\r\n${lines.join('')}connection: close\r\n\r\n`,
  );
  try {
    const { head, rest } = await readHead(socket);
    socket.setTimeout(options.bodyIdleTimeoutMs, () => socket.destroy(timeout('BODY')));
    const { status, headers } = parseHead(head);
    return { status, headers, body: bodyOf(socket, rest, headers) };
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

function timeout(what: string): Error {
  return Object.assign(new Error('no answer in time'), { code: `UND_ERR_${what}_TIMEOUT` });
}

function malformed(): Error {
  return Object.assign(new Error('the answer is no HTTP'), { name: 'HTTPParserError' });
}

/** The error of a body that ended too early, as undici has it. */
function lost(): Error {
  return Object.assign(new Error('other side closed'), { code: 'UND_ERR_SOCKET' });
}

async function readHead(socket: Socket): Promise<{ readonly head: string; readonly rest: Buffer }> {
  const chunks: Buffer[] = [];
  let length = 0;
  return new Promise((resolve, reject) => {
    const settle = (done: () => void): void => {
      socket.off('data', onData).off('error', reject).off('end', onEnd).off('close', onEnd);
      socket.pause();
      done();
    };
    const onEnd = (): void => settle(() => reject(malformed()));
    const onData = (chunk: Buffer): void => {
      chunks.push(chunk);
      length += chunk.length;
      const all = Buffer.concat(chunks, length).toString('latin1');
      const end = /\r?\n\r?\n/u.exec(all);
      if (end !== null) {
        const at = end.index + end[0].length;
        // The rest is put back for the body's reader.
        settle(() =>
          resolve({ head: all.slice(0, end.index), rest: Buffer.from(all.slice(at), 'latin1') }),
        );
      } else if (length > MAX_HEAD_BYTES) settle(() => reject(malformed()));
    };
    socket.on('data', onData).on('error', reject).on('end', onEnd).on('close', onEnd);
  });
}

function parseHead(head: string): Pick<TolerantAnswer, 'status' | 'headers'> {
  const [first = '', ...lines] = head.split(/\r?\n/u);
  const status = Number(/^HTTP\/\d(?:\.\d)?\s+(\d{3})/iu.exec(first.trimStart())?.[1]);
  if (!Number.isInteger(status)) throw malformed();
  const headers: Record<string, string | string[]> = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(0, colon)).trim().toLowerCase();
    // What is no name is skipped, as browsers do.
    if (!/^[!#$%&'*+.^_`|~\w-]+$/u.test(name)) continue;
    const value = line
      .slice(colon + 1)
      .replace(CONTROL, '')
      .trim();
    const known = headers[name];
    if (name === 'content-length' && known !== undefined) continue;
    headers[name] =
      known === undefined ? value : Array.isArray(known) ? [...known, value] : [known, value];
  }
  return { status, headers };
}

function bodyOf(socket: Socket, rest: Buffer, headers: TolerantAnswer['headers']): Readable {
  const chunked = /chunked/iu.test(String(headers['transfer-encoding'] ?? ''));
  const length = Number(String(headers['content-length'] ?? '').split(',')[0] || Number.NaN);
  const pieces = chunked ? unchunked(raw(socket, rest)) : upTo(raw(socket, rest), length);
  const body = Readable.from(pieces, { objectMode: false });
  body.once('close', () => socket.destroy());
  return body;
}

async function* raw(socket: Socket, rest: Buffer): AsyncGenerator<Buffer> {
  if (rest.length > 0) yield rest;
  for await (const chunk of socket as AsyncIterable<Buffer>) yield chunk;
}

async function* upTo(source: AsyncIterable<Buffer>, length: number): AsyncGenerator<Buffer> {
  let left = Number.isNaN(length) ? Infinity : length;
  for await (const chunk of source) {
    yield chunk.length > left ? chunk.subarray(0, left) : chunk;
    left -= chunk.length;
    if (left <= 0) return;
  }
  if (left !== Infinity) throw lost();
}

/** Chunks without their sizes; anything odd ends the body. */
async function* unchunked(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let buffer: Buffer = Buffer.alloc(0);
  let left = 0;
  for await (const chunk of source) {
    buffer = Buffer.concat([buffer, chunk]);
    for (;;) {
      if (left > 0) {
        if (buffer.length === 0) break;
        const part = buffer.subarray(0, left);
        yield part;
        left -= part.length;
        buffer = buffer.subarray(part.length);
        continue;
      }
      const end = /^(?:\r?\n)?([\da-f]{1,8})[^\n]{0,200}\n/iu.exec(
        buffer.subarray(0, 240).toString('latin1'),
      );
      if (end === null) {
        if (buffer.length > 240) return;
        break;
      }
      left = parseInt(end[1]!, 16);
      buffer = buffer.subarray(end[0].length);
      if (left === 0) return;
    }
  }
  throw lost();
}
