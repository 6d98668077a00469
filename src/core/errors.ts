/**
 * The one error class and its code table. Codes are grouped by what the caller has to do:
 * retry later, skip the item, fail the request (fix the input), or stop the process.
 */

type Action = 'retry' | 'skip' | 'fail' | 'stop';

interface ErrorKind {
  /** HTTP status when the error ends a request. */
  readonly status: number;
  readonly action: Action;
  readonly title: string;
}

export const ERROR_TABLE = {
  // fail: the request cannot succeed as it stands
  'bad-request': { status: 400, action: 'fail', title: 'The request is not valid' },
  'bad-json': { status: 400, action: 'fail', title: 'The body is not valid JSON' },
  unauthorized: { status: 401, action: 'fail', title: 'An API key is needed' },
  'host-refused': { status: 403, action: 'fail', title: 'This host or origin is not served' },
  'not-found': { status: 404, action: 'fail', title: 'No such resource' },
  'method-not-allowed': { status: 405, action: 'fail', title: 'This method is not allowed here' },
  'not-acceptable': { status: 406, action: 'fail', title: 'No acceptable representation' },
  'body-too-large': { status: 413, action: 'fail', title: 'The body is too large' },
  'unsupported-media-type': {
    status: 415,
    action: 'fail',
    title: 'The content type is not supported',
  },
  cancelled: { status: 499, action: 'fail', title: 'The client cancelled the request' },
  'config-invalid': { status: 500, action: 'stop', title: 'The configuration is not valid' },
  // retry: the same request may succeed later
  'rate-limited': { status: 429, action: 'retry', title: 'Too many requests of this key' },
  overloaded: { status: 503, action: 'retry', title: 'The service is at its limit' },
  'shutting-down': { status: 503, action: 'retry', title: 'The service is shutting down' },
  'not-ready': { status: 503, action: 'retry', title: 'The service is not ready yet' },
  timeout: { status: 504, action: 'retry', title: 'A deadline passed' },
  'worker-crashed': { status: 500, action: 'retry', title: 'A worker process died' },
  'generator-busy': {
    status: 503,
    action: 'retry',
    title: 'The generator elsewhere is at its limit',
  },
  'generator-failed': {
    status: 502,
    action: 'retry',
    title: 'The generator elsewhere failed',
  },
  'generator-unreachable': {
    status: 502,
    action: 'retry',
    title: 'The generator elsewhere cannot be reached',
  },
  'search-failed': { status: 502, action: 'retry', title: 'No search provider answered' },
  // skip: one provider or page failed, the answer goes on without it
  'search-rate-limited': {
    status: 502,
    action: 'skip',
    title: 'The search provider limits our rate',
  },
  'search-blocked': { status: 502, action: 'skip', title: 'The search provider refused us' },
  'search-captcha': {
    status: 502,
    action: 'skip',
    title: 'The search provider asks for a CAPTCHA',
  },
  'search-bad-response': {
    status: 502,
    action: 'skip',
    title: 'The search provider sent something else',
  },
  'search-unreachable': {
    status: 502,
    action: 'skip',
    title: 'The search provider cannot be reached',
  },
  'search-empty': { status: 502, action: 'skip', title: 'The search provider found nothing' },
  'search-unconfigured': {
    status: 500,
    action: 'skip',
    title: 'The search provider lacks its configuration',
  },
  'url-refused': { status: 400, action: 'skip', title: 'The guard refuses this URL' },
  'robots-disallowed': { status: 403, action: 'skip', title: 'robots.txt disallows this page' },
  'fetch-failed': { status: 502, action: 'skip', title: 'The page could not be fetched' },
  'http-status': { status: 502, action: 'skip', title: 'The page answered with an error status' },
  'too-many-redirects': { status: 502, action: 'skip', title: 'The page redirects too often' },
  'page-too-large': { status: 502, action: 'skip', title: 'The page is too large' },
  'unsupported-content': {
    status: 415,
    action: 'skip',
    title: 'This kind of content cannot be read',
  },
  'render-unavailable': {
    status: 502,
    action: 'skip',
    title: 'No browser to render the page with',
  },
  'extract-failed': { status: 502, action: 'skip', title: 'No readable text in the page' },
  // models
  'model-unknown': { status: 400, action: 'fail', title: 'No such model' },
  'model-missing': { status: 503, action: 'fail', title: 'The model is not on this machine' },
  'model-download-failed': {
    status: 502,
    action: 'retry',
    title: 'The model could not be downloaded',
  },
  'model-hash-mismatch': {
    status: 502,
    action: 'fail',
    title: 'The downloaded model has the wrong hash',
  },
  'model-invalid': {
    status: 500,
    action: 'fail',
    title: 'The model file is damaged or not supported',
  },
  'model-self-check-failed': {
    status: 500,
    action: 'fail',
    title: 'The model failed its self-check',
  },
  'generator-refused': {
    status: 502,
    action: 'fail',
    title: 'The generator elsewhere refuses the key, the model or the request',
  },
  'prompt-too-long': { status: 400, action: 'fail', title: 'The prompt exceeds the context' },
  internal: { status: 500, action: 'fail', title: 'An internal error' },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERROR_TABLE;

export interface ErrorDetail {
  readonly cause?: unknown;
  /** Stage of the pipeline the error arose in: `search`, `fetch`, `extract`, `rank`, `generate`, … */
  readonly stage?: string;
  /** Seconds after which a retry makes sense (`Retry-After`). */
  readonly retryAfterSeconds?: number;
  /** Machine-readable extras, shown in the problem document. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** The only error class thrown on purpose. `message` says what happened and what to change. */
export class FootnoteError extends Error {
  readonly code: ErrorCode;
  readonly stage: string | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly extra: Readonly<Record<string, unknown>> | undefined;

  constructor(code: ErrorCode, message: string, detail: ErrorDetail = {}) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.name = 'FootnoteError';
    this.code = code;
    this.stage = detail.stage;
    this.retryAfterSeconds = detail.retryAfterSeconds;
    this.extra = detail.extra;
  }

  get status(): number {
    return ERROR_TABLE[this.code].status;
  }

  get retryable(): boolean {
    return ERROR_TABLE[this.code].action === 'retry';
  }
}

/** Wraps anything thrown into a FootnoteError; abort reasons become `cancelled` or `timeout`. */
export function toFootnoteError(thrown: unknown, fallback: ErrorCode = 'internal'): FootnoteError {
  if (thrown instanceof FootnoteError) return thrown;
  if (thrown instanceof Error) {
    if (thrown.name === 'TimeoutError') {
      return new FootnoteError('timeout', thrown.message, { cause: thrown });
    }
    if (thrown.name === 'AbortError') {
      return new FootnoteError('cancelled', thrown.message, { cause: thrown });
    }
    return new FootnoteError(fallback, thrown.message, { cause: thrown });
  }
  return new FootnoteError(fallback, String(thrown));
}

export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ErrorCode;
  readonly [key: string]: unknown;
}

/** The RFC 9457 problem document of an error; the SSE `error` event has the same body. */
export function toProblem(error: FootnoteError, instance?: string): Problem {
  return {
    type: `urn:footnote:error:${error.code}`,
    title: ERROR_TABLE[error.code].title,
    status: error.status,
    detail: error.message,
    code: error.code,
    retryable: error.retryable,
    ...(error.stage === undefined ? {} : { stage: error.stage }),
    ...(error.retryAfterSeconds === undefined
      ? {}
      : { retry_after_seconds: error.retryAfterSeconds }),
    ...(instance === undefined ? {} : { instance }),
    ...error.extra,
  };
}
