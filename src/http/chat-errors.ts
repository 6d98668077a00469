/** Errors as OpenAI's clients read them: `error` beside the members of our problem document. */
import { FootnoteError } from '../core/errors.ts';

/** OpenAI's error object (its API reference, "Error codes"); clients show `message`. */
export interface OpenAiError {
  readonly message: string;
  readonly type: 'invalid_request_error' | 'rate_limit_error' | 'server_error';
  /** The parameter that has to change, such as `messages[0].content`. */
  readonly param: string | null;
  readonly code: string;
}

/** One entry of the `errors` member of a problem document. */
interface FieldError {
  readonly field: string;
  readonly message: string;
  readonly code?: string;
}

/** Why a parameter is refused, named: a `bad-request` whose OpenAI code is `code`. */
export function refusal(
  param: string,
  message: string,
  code: string = 'unsupported_value',
): FootnoteError {
  return new FootnoteError('bad-request', `${param}: ${message}`, {
    extra: { errors: [{ field: param, message, code } satisfies FieldError] },
  });
}

export function openAiError(error: FootnoteError): OpenAiError {
  const [first] = (error.extra?.['errors'] ?? []) as readonly FieldError[];
  return {
    message: error.message,
    type:
      error.status === 429
        ? 'rate_limit_error'
        : error.status < 500
          ? 'invalid_request_error'
          : 'server_error',
    param: first?.field ?? null,
    code: first?.code ?? (error.code === 'unauthorized' ? 'invalid_api_key' : error.code),
  };
}
