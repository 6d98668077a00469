/** A chat request read into a question: each parameter is honoured, or refused by its name. */
import { z } from 'zod';
import type { AnswerRequest } from '../answer-service.ts';
import { FootnoteError } from '../core/errors.ts';
import type { Warning } from '../core/nouns.ts';
import { refusal } from './chat-errors.ts';
import { chatModel } from './chat-models.ts';
import { chatRequestSchema, REFUSED_PARAMETERS } from './chat-schemas.ts';

type ChatBody = z.infer<typeof chatRequestSchema>;

export interface ChatRequest {
  readonly model: string;
  readonly stream: boolean;
  readonly includeUsage: boolean;
  /** Most tokens of the answer, as `answerTokens` counts them; null: no limit. */
  readonly maxTokens: number | null;
  readonly answer: AnswerRequest;
  /** What of the request has no influence on the answer. */
  readonly warnings: readonly Warning[];
}

const REFERENCES = { low: 3, medium: 5, high: 8 } as const;
const MAX_QUESTION_CHARACTERS = 4_000;

/**
 * @param body parsed JSON
 * @throws FootnoteError `bad-request` naming every wrong parameter, `not-found` for the model
 */
export function readChatRequest(body: unknown): ChatRequest {
  const parsed = chatRequestSchema.safeParse(asked(body));
  if (!parsed.success) throw wrongParameters(parsed.error);
  const given = parsed.data;
  const model = chatModel(given.model);
  if (given.stream_options !== undefined && given.stream !== true) {
    throw refusal('stream_options', 'only allowed with stream: true');
  }
  const { question, warnings } = readMessages(given.messages);
  const contextSize = given.web_search_options?.search_context_size;
  return {
    model: given.model,
    stream: given.stream === true,
    includeUsage: given.stream_options?.include_usage === true,
    maxTokens: given.max_completion_tokens ?? given.max_tokens ?? null,
    warnings,
    answer: {
      question,
      language: given.language_preference,
      maxReferences: contextSize === undefined ? undefined : REFERENCES[contextSize],
      // One draft alone is decoded greedily, which is what temperature 0 asks for.
      drafts: model.drafts ?? (given.temperature === 0 ? 1 : undefined),
      freshness: freshness(given),
      sites: given.search_domain_filter,
      seed: given.seed === undefined ? undefined : foldedSeed(given.seed),
    },
  };
}

/**
 * The body without what asks for nothing: null members (OpenAI's way to say "default") and refused
 * parameters at a value without effect.
 */
function asked(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body;
  const entries = Object.entries(body).filter(([, value]) => value !== null);
  const filter: unknown = Object.fromEntries(entries)['search_domain_filter'];
  const excluded = Array.isArray(filter)
    ? filter.findIndex((host) => String(host).startsWith('-'))
    : -1;
  if (excluded >= 0) {
    throw refusal(
      `search_domain_filter[${excluded}]`,
      'hosts cannot be excluded; name those to search in',
    );
  }
  return Object.fromEntries(
    entries.filter(([name, value]) => {
      if (!Object.hasOwn(REFUSED_PARAMETERS, name)) return true;
      if (asksNothing(value)) return false;
      throw refusal(name, `not supported: ${REFUSED_PARAMETERS[name]}`, 'unsupported_parameter');
    }),
  );
}

function asksNothing(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0;
  return value === false || value === 0 || value === '';
}

function wrongParameters(error: z.ZodError): FootnoteError {
  const errors = error.issues.flatMap((issue) => {
    const { message } = issue;
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({
        field: paramName([...issue.path, key]),
        message: 'not supported: this parameter is not known here',
        code: 'unknown_parameter',
      }));
    }
    const missing = issue.code === 'invalid_type' && /received undefined/u.test(message);
    const code = missing
      ? 'missing_required_parameter'
      : issue.code === 'invalid_value'
        ? 'unsupported_value'
        : 'invalid_value';
    return [{ field: paramName(issue.path), message, code }];
  });
  const detail = errors
    .map(({ field, message }) => (field === '' ? message : `${field}: ${message}`))
    .join('; ');
  return new FootnoteError('bad-request', detail, { extra: { errors } });
}

/** `messages[0].content`, as OpenAI names a place in the body. */
function paramName(path: readonly PropertyKey[]): string {
  return path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('')
    .replace(/^\./u, '');
}

/** The last message, by the user, as the question; what else was sent is told in warnings. */
function readMessages(messages: ChatBody['messages']): {
  readonly question: string;
  readonly warnings: readonly Warning[];
} {
  const texts = messages.map((message, index) => messageText(message, index));
  const turns = messages.flatMap(({ role }, index) =>
    role === 'system' || role === 'developer' ? [] : [index],
  );
  const last = turns.at(-1) ?? messages.length - 1;
  if (messages[last]?.role !== 'user') {
    throw refusal(`messages[${last}].role`, 'the last turn must be the user’s: it is the question');
  }
  const question = (texts[last] ?? '').trim();
  if (question === '') throw refusal(`messages[${last}].content`, 'must not be empty');
  if (question.length > MAX_QUESTION_CHARACTERS) {
    throw refusal(
      `messages[${last}].content`,
      `has ${question.length} characters; a question has at most ${MAX_QUESTION_CHARACTERS}`,
    );
  }
  const warnings: Warning[] = [];
  if (turns.length < messages.length) {
    warnings.push({
      code: 'system-message-not-used',
      message: 'system and developer messages have no influence on the answer',
    });
  }
  if (turns.length > 1) {
    warnings.push({
      code: 'conversation-not-used',
      message: 'the last message was answered by itself, without the turns before it',
    });
  }
  return { question, warnings };
}

/** The text of a message. @throws FootnoteError `bad-request` for parts that are not text */
function messageText(message: ChatBody['messages'][number], index: number): string {
  if (message.role === 'user') {
    const strange = Object.entries(message).find(
      ([key, value]) => !['role', 'content', 'name'].includes(key) && value !== null,
    );
    if (strange !== undefined) {
      throw refusal(`messages[${index}].${strange[0]}`, 'not supported', 'unknown_parameter');
    }
  }
  const { content } = message;
  if (content === undefined || content === null) return '';
  if (typeof content === 'string') return content;
  return content
    .map((part, position) => {
      const param = `messages[${index}].content[${position}]`;
      if (part.type === 'text' && part.text !== undefined) return part.text;
      // The assistant's own refusals come back with the conversation.
      if (part.type === 'refusal' && message.role === 'assistant') return '';
      if (part.type === 'text') throw refusal(`${param}.text`, 'must be a string', 'invalid_value');
      throw refusal(`${param}.type`, `parts of type ${part.type} are not supported; send text`);
    })
    .join('\n');
}

function freshness(given: ChatBody): string | undefined {
  const after = given.search_after_date_filter;
  if (after === undefined) return given.search_recency_filter;
  if (given.search_recency_filter !== undefined) {
    throw refusal('search_after_date_filter', 'not together with search_recency_filter');
  }
  const [month = '', day = '', year = ''] = after.split('/');
  const date = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
  if (!z.iso.date().safeParse(date).success) {
    throw refusal('search_after_date_filter', 'is no date of the calendar', 'invalid_value');
  }
  return date;
}

/** OpenAI takes any integer, the generator 31 bits. */
function foldedSeed(seed: number): number {
  const range = 2 ** 31;
  return ((seed % range) + range) % range;
}
