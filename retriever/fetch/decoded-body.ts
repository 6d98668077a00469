/**
 * The bytes of a response: decompressed step by step, counted after every step, and given up as soon
 * as there are too many. A gzip bomb, stacked or not, costs at most the cap.
 */
import { pipeline, Transform, type Readable } from 'node:stream';
import { createGunzip, createInflate, createInflateRaw, constants } from 'node:zlib';
import { FootnoteError } from '../../src/core/errors.ts';

/**
 * What we ask for. No `br`: the brotli decoder bundled with Node 20 has an unfixed memory-safety bug,
 * and no version is known for certain to be free of it (see findings; revisit when there is one).
 */
export const ACCEPT_ENCODING = 'gzip, deflate';
const MAX_STEPS = 3;
const CODINGS: ReadonlySet<string> = new Set([
  'gzip',
  'deflate',
  'br',
  'zstd',
  'compress',
  'dcb',
  'dcz',
]);
/** Compressed input may be larger than its output only in odd cases; this many times the cap at most. */
const INTERMEDIATE_FACTOR = 4;

export interface ReadOptions {
  readonly maxBytes: number;
  /** What happens at the cap: `error` throws `page-too-large`, `truncate` keeps what is there. */
  readonly overflow: 'error' | 'truncate';
  /**
   * Called when the connection was lost after some bytes had come; those are then returned. Default: the
   * loss is an error.
   */
  readonly onCut?: (() => void) | undefined;
  /** Sees the first bytes (at least `peekBytes`, or all there are) and may throw to stop reading. */
  readonly peek?: ((start: Uint8Array) => void) | undefined;
}

const PEEK_BYTES = 1_024;

/**
 * Reads a body to its end.
 * @param encoding the `Content-Encoding` header, or undefined
 * @throws FootnoteError `unsupported-content` (an encoding we did not ask for; nothing is decoded),
 *   `page-too-large`; stream and zlib errors as they are
 */
export async function readDecodedBody(
  body: Readable,
  encoding: string | undefined,
  options: ReadOptions,
): Promise<Uint8Array> {
  let steps: string[];
  try {
    steps = encodingSteps(encoding);
  } catch (error) {
    body.on('error', () => undefined).destroy();
    throw error;
  }
  const stream = decode(body, steps, options.maxBytes * INTERMEDIATE_FACTOR);
  const chunks: Uint8Array[] = [];
  let length = 0;
  let peeked = options.peek === undefined;
  try {
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      const room = options.maxBytes - length;
      if (chunk.length > room) {
        if (options.overflow === 'error') throw tooLarge(options.maxBytes);
        chunks.push(chunk.subarray(0, room));
        length += room;
        break;
      }
      chunks.push(chunk);
      length += chunk.length;
      if (!peeked && length >= PEEK_BYTES) {
        peeked = true;
        options.peek?.(Buffer.concat(chunks, length));
      }
    }
    if (!peeked) options.peek?.(Buffer.concat(chunks, length));
  } catch (error) {
    if (options.onCut === undefined || length === 0 || !isLoss(error)) throw error;
    if (!peeked) options.peek?.(Buffer.concat(chunks, length));
    options.onCut();
  } finally {
    body.on('error', () => undefined).destroy();
  }
  return Buffer.concat(chunks, length);
}

const LOSSES =
  /^(?:ECONNRESET|EPIPE|UND_ERR_SOCKET|UND_ERR_RES_CONTENT_LENGTH_MISMATCH|ERR_STREAM_PREMATURE_CLOSE|HPE_\w+)$/u;

/** Did the connection end before the body did? Browsers show what came. */
function isLoss(error: unknown): boolean {
  const code = (error as { readonly code?: unknown } | null)?.code;
  return typeof code === 'string' && LOSSES.test(code);
}

function tooLarge(maxBytes: number): FootnoteError {
  return new FootnoteError('page-too-large', `the page is larger than ${maxBytes} bytes`, {
    stage: 'fetch',
    extra: { max_bytes: maxBytes },
  });
}

/** The encodings in the order they have to be undone. */
function encodingSteps(encoding: string | undefined): string[] {
  const steps = (encoding ?? '')
    .toLowerCase()
    .split(',')
    .map((step) => step.trim().replace(/^x-/u, ''))
    // What is no coding at all (`UTF-8`, `none`) changed nothing, as browsers have it.
    .filter((step) => CODINGS.has(step))
    .toReversed();
  const unknown = steps.find((step) => step !== 'gzip' && step !== 'deflate');
  if (unknown !== undefined || steps.length > MAX_STEPS) {
    throw new FootnoteError(
      'unsupported-content',
      `the server sent the content encoding "${encoding}", which was not asked for`,
      { stage: 'fetch' },
    );
  }
  return steps;
}

function decode(body: Readable, steps: readonly string[], maxBytes: number): Readable {
  let stream = body;
  for (const step of steps) {
    const decoder = step === 'gzip' ? gunzip() : new Inflate();
    // Errors reach the reader through the last stream; the callback is only there to receive them.
    stream = pipeline(stream, byteCap(maxBytes), decoder, () => undefined);
  }
  return stream;
}

// A stream cut short yields what it held, as in browsers; a lost connection is an error all the same.
const lenient = { finishFlush: constants.Z_SYNC_FLUSH } as const;
const gunzip = (): Transform => createGunzip(lenient);

/** `deflate` means zlib by the standard and raw deflate by old servers' habit: the first byte tells. */
class Inflate extends Transform {
  #decoder: ReturnType<typeof createInflate> | undefined;

  override _transform(chunk: Buffer, _: string, done: (error?: Error | null) => void): void {
    if (this.#decoder === undefined) {
      if (chunk.length === 0) {
        done();
        return;
      }
      this.#decoder =
        ((chunk[0] ?? 0) & 0x0f) === 8 ? createInflate(lenient) : createInflateRaw(lenient);
      this.#decoder.on('data', (data: Buffer) => {
        if (!this.push(data)) this.#decoder?.pause();
      });
      this.#decoder.on('error', (error) => this.destroy(error));
    }
    this.#decoder.write(chunk, done);
  }

  override _read(size: number): void {
    this.#decoder?.resume();
    super._read(size);
  }

  override _flush(done: (error?: Error | null) => void): void {
    if (this.#decoder === undefined) {
      done();
      return;
    }
    this.#decoder.once('end', () => done());
    this.#decoder.end();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#decoder?.destroy();
    done(error);
  }
}

function byteCap(maxBytes: number): Transform {
  let length = 0;
  return new Transform({
    transform(chunk: Buffer, _, done) {
      length += chunk.length;
      if (length > maxBytes) done(tooLarge(maxBytes));
      else done(null, chunk);
    },
  });
}
