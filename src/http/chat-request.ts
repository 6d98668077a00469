/** A chat request read into a question: each parameter is honoured, or refused by its name. */
import { z } from 'zod';
import type { AnswerRequest } from '../answer/answer-service.ts';
import { chatTask } from '../answer/understand/chat-task.ts';
import { FootnoteError } from '../core/errors.ts';
import type { Asker, Turn, Warning } from '../core/nouns.ts';
import { refusal } from './chat-errors.ts';
import { chatModel } from './chat-models.ts';
import { chatRequestSchema, IGNORED_PARAMETERS, REFUSED_PARAMETERS } from './chat-schemas.ts';
import { checkedJsonSchema, type JsonSchema } from './json-answer.ts';
import { isTimezone } from './schemas.ts';

type ChatBody = z.infer<typeof chatRequestSchema>;

export interface ChatRequest {
  readonly model: string;
  readonly stream: boolean;
  readonly includeUsage: boolean;
  /** Most tokens of the answer, as `answerTokens` counts them; null: no limit. */
  readonly maxTokens: number | null;
  readonly answer: AnswerRequest;
  /** Choices asked for. */
  readonly n: number;
  /** The answer ends before the first of these. */
  readonly stop: readonly string[];
  /** The shape of the answer, or null for text. */
  readonly jsonSchema: JsonSchema | null;
  /** Parameters that were taken and change nothing. */
  readonly notices: readonly Warning[];
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
  const { question, turns } = readMessages(given.messages);
  const { sites, excludedSites } = domains(given);
  const contextSize = given.web_search_options?.search_context_size;
  const n = given.n ?? 1;
  return {
    model: given.model,
    notices: ignored(given),
    stream: given.stream === true,
    includeUsage: given.stream_options?.include_usage === true,
    maxTokens: given.max_completion_tokens ?? given.max_tokens ?? null,
    n,
    stop: given.stop === undefined ? [] : [given.stop].flat(),
    jsonSchema:
      given.response_format?.type === 'json_schema'
        ? checkedJsonSchema(given.response_format.json_schema.schema)
        : null,
    answer: {
      question,
      messages: turns,
      asker: asker(given),
      language: given.language_preference,
      maxReferences: contextSize === undefined ? undefined : REFERENCES[contextSize],
      // One draft alone is decoded greedily, which is what temperature 0 asks for.
      // Each choice is another draft, at least; greedy decoding has one.
      drafts: model.drafts ?? (given.temperature === 0 ? 1 : n > 1 ? n : undefined),
      alternatives: n - 1,
      freshness: freshness(given),
      sites,
      excludedSites,
      temperature: given.temperature === 0 ? undefined : given.temperature,
      topP: given.top_p,
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
  const entries = Object.entries(body).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(
    entries.filter(([name, value]) => {
      if (!Object.hasOwn(REFUSED_PARAMETERS, name)) return true;
      if (asksNothing(value)) return false;
      throw refusal(name, `not supported: ${REFUSED_PARAMETERS[name]}`, 'unsupported_parameter');
    }),
  );
}

/** One warning that names every parameter without influence. */
function ignored(given: ChatBody): Warning[] {
  const names = Object.entries(IGNORED_PARAMETERS)
    .filter(([name, nothing]) => {
      const value = given[name as keyof ChatBody];
      return value !== undefined && !asksNothing(value) && value !== nothing;
    })
    .map(([name]) => name);
  if (names.length === 0) return [];
  return [
    {
      code: 'parameters-ignored',
      message: `${names.join(', ')}: accepted, without influence on answers that are checked sentence by sentence`,
    },
  ];
}

function asksNothing(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0;
  return value === false || value === 0 || value === '';
}

/** Every wrong parameter by its OpenAI name. */
export function wrongParameters(error: z.ZodError): FootnoteError {
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

/** The last message, by the user, as the question, and the conversation before it. */
function readMessages(messages: ChatBody['messages']): {
  readonly question: string;
  readonly turns: readonly Turn[];
} {
  // Tools and what they returned are the client's: they say nothing about what is asked now.
  const spoken = messages.flatMap((message, index) =>
    message.role === 'tool' || message.role === 'function' ? [] : [{ message, index }],
  );
  const turns = spoken.map(({ message, index }): Turn => {
    const role = message.role === 'developer' ? 'system' : (message.role as Turn['role']);
    return { role, content: messageText(message, index) };
  });
  const last = turns.findLastIndex(({ role }) => role !== 'system');
  const position = last < 0 ? turns.length - 1 : last;
  const index = spoken[position]?.index ?? messages.length - 1;
  if (turns[position]?.role !== 'user') {
    throw refusal(
      `messages[${index}].role`,
      'the last turn must be the user’s: it is the question',
    );
  }
  const question = turns[position].content.trim();
  if (question === '') throw refusal(`messages[${index}].content`, 'must not be empty');
  if (question.length > MAX_QUESTION_CHARACTERS && chatTask(question) === null) {
    throw refusal(
      `messages[${index}].content`,
      `has ${question.length} characters; a question has at most ${MAX_QUESTION_CHARACTERS}`,
    );
  }
  return { question, turns: turns.toSpliced(position, 1) };
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

/** Hosts that each search mode is limited to; subdomains count. */
const SEARCH_MODES = {
  web: [],
  academic: [
    'arxiv.org',
    'ncbi.nlm.nih.gov',
    'semanticscholar.org',
    'nature.com',
    'sciencedirect.com',
    'springer.com',
    'plos.org',
    'jstor.org',
    'doaj.org',
  ],
  sec: ['sec.gov'],
} as const;

function domains(given: ChatBody): {
  readonly sites: readonly string[] | undefined;
  readonly excludedSites: readonly string[] | undefined;
} {
  const filter = given.search_domain_filter ?? [];
  const excluded = filter.filter((host) => host.startsWith('-')).map((host) => host.slice(1));
  const named = filter.filter((host) => !host.startsWith('-'));
  const mode = SEARCH_MODES[given.search_mode ?? 'web'];
  if (mode.length > 0 && named.length > 0) {
    throw refusal('search_domain_filter', `not together with search_mode ${given.search_mode}`);
  }
  const sites = mode.length > 0 ? mode : named;
  return {
    sites: sites.length === 0 ? undefined : sites,
    excludedSites: excluded.length === 0 ? undefined : excluded,
  };
}

/** The place and clock of the asker, in OpenAI's nesting or flat. */
function asker(given: ChatBody): Asker | undefined {
  const location = given.web_search_options?.user_location;
  if (location === undefined) return undefined;
  const { city, region, country, timezone } = { ...location, ...location.approximate };
  if (typeof timezone === 'string' && !isTimezone(timezone)) {
    throw refusal('web_search_options.user_location', 'timezone must be an IANA name');
  }
  return {
    city: city ?? undefined,
    region: region ?? undefined,
    country: country ?? undefined,
    timezone: timezone ?? undefined,
  };
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
