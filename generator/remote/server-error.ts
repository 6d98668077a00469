/** What an error status of an OpenAI-compatible server means to the caller. */
import { FootnoteError } from '../../src/core/errors.ts';

/** vLLM, SGLang, llama-server, LM Studio and OpenAI name a prompt that is too long like this. */
const TOO_LONG =
  /context[ _-]?(?:length|size|window)|maximum context|n_ctx|exceeds? the (?:available|model)|too many tokens|prompt is too long|input is too long/iu;

export interface ErrorReply {
  readonly status: number;
  /** The body as text, cut. */
  readonly body: string;
  readonly retryAfterSeconds: number | null;
}

/** The `error.message` of OpenAI's shape, `message` or `detail` of others, else the body's first words. */
export function messageOf(body: string): string {
  let said = body;
  try {
    const value = JSON.parse(body) as {
      error?: string | { message?: unknown };
      message?: unknown;
      detail?: unknown;
    };
    const inner = typeof value.error === 'object' ? value.error.message : value.error;
    const found = [inner, value.message, value.detail].find((one) => typeof one === 'string');
    if (typeof found === 'string') said = found;
  } catch {
    // Not JSON: a proxy's page or plain text.
  }
  return said
    .replace(/<[^<>]*>/gu, ' ')
    .replace(/\s+/gu, ' ')
    .trim()
    .slice(0, 300);
}

/** A typed error for a status that is not 2xx. `key` is removed from what the server said. */
export function serverError(host: string, reply: ErrorReply, key?: string): FootnoteError {
  const said = withoutKey(messageOf(reply.body), key);
  const tail = said === '' ? '' : `: ${said}`;
  const detail = { stage: 'generate' } as const;
  const { status } = reply;
  if (status === 401 || status === 403) {
    return new FootnoteError(
      'generator-refused',
      `the generator at ${host} refuses the key (HTTP ${status})${tail}; set FOOTNOTE_GENERATOR_KEY`,
      detail,
    );
  }
  if (
    status === 413 ||
    ((status === 400 || status === 422 || status === 500) && TOO_LONG.test(said))
  ) {
    return new FootnoteError(
      'prompt-too-long',
      `the prompt is longer than the context of the generator at ${host}${tail}`,
      detail,
    );
  }
  if (status === 429 || status === 503) {
    return new FootnoteError(
      'generator-busy',
      `the generator at ${host} is at its limit (HTTP ${status})${tail}`,
      { ...detail, retryAfterSeconds: reply.retryAfterSeconds ?? 2 },
    );
  }
  if (status === 404) {
    return new FootnoteError(
      'generator-refused',
      `the generator at ${host} knows no such model or path (HTTP 404)${tail}; check FOOTNOTE_GENERATOR and FOOTNOTE_GENERATOR_URL`,
      detail,
    );
  }
  if (status >= 500) {
    return new FootnoteError(
      'generator-failed',
      `the generator at ${host} failed (HTTP ${status})${tail}`,
      detail,
    );
  }
  return new FootnoteError(
    'generator-refused',
    `the generator at ${host} refuses the request (HTTP ${status})${tail}`,
    detail,
  );
}

/** The text with the key replaced: some servers and proxies repeat it. */
export function withoutKey(text: string, key: string | undefined): string {
  return key === undefined || key === '' ? text : text.replaceAll(key, '***');
}
