import { toFootnoteError, FootnoteError } from '../../src/core/errors.ts';
import { abortReason } from '../../src/core/deadline.ts';

/** Errors of a connection that died under us; the same GET may work on a fresh one. */
const CONNECTION_CODES = new Set([
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'UND_ERR_SOCKET',
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ERR_HTTP2_STREAM_ERROR',
  'ERR_HTTP2_SESSION_ERROR',
  'ERR_HTTP2_GOAWAY_SESSION',
]);
const TIMEOUT_CODES = new Set([
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'ETIMEDOUT',
]);

const codeOf = (error: unknown): string => {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
};

/** Is it worth one more attempt? */
export function isConnectionError(error: unknown): boolean {
  if (error instanceof FootnoteError) return isConnectionError(error.cause);
  return CONNECTION_CODES.has(codeOf(error));
}

/** Did the body's length differ from what the head said? */
export function isLengthFault(error: unknown): boolean {
  return codeOf(error) === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH';
}

/** Whatever a request threw, as a typed error: abort reasons first, then `timeout`, then `fetch-failed`. */
export function toFetchError(error: unknown, url: string, signal: AbortSignal): FootnoteError {
  if (error instanceof FootnoteError) return error;
  if (signal.aborted) return abortReason(signal);
  const code = codeOf(error);
  const detail = { stage: 'fetch', cause: error };
  if (TIMEOUT_CODES.has(code)) {
    return new FootnoteError('timeout', `${url} did not answer in time (${code})`, detail);
  }
  // node:zlib's codes.
  if (code.startsWith('Z_') || code === 'ERR_BUFFER_TOO_LARGE') {
    return new FootnoteError('fetch-failed', `${url}: the body cannot be decompressed`, detail);
  }
  const message = toFootnoteError(error).message;
  return new FootnoteError(
    'fetch-failed',
    `${url}: ${code === '' || message.includes(code) ? message : `${message} (${code})`}`,
    detail,
  );
}
