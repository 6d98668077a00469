/**
 * The shapes of the chat API as zod schemas: OpenAI's Chat Completions with Perplexity's search
 * parameters. What stands here is honoured or has no bearing on an answer; the rest is refused.
 */
import { z } from 'zod';
import { answerRequestSchema, answerSchema, problemSchema } from './schemas.ts';

/** A value other than the ones that change nothing is refused with this text. */
const only = (reason: string) => ({ error: reason });

const tokenLimit = z
  .int()
  .min(1)
  .optional()
  .describe(
    'Whole sentences are given up to this many tokens, counted as a third of their bytes in UTF-8; always the first one',
  );

const DOMAIN = /^-?(?=.{1,253}$)[\p{L}\p{N}](?:[\p{L}\p{N}.-]*[\p{L}\p{N}])?$/u;

const place = z.looseObject({
  city: z.string().max(100).nullish(),
  region: z.string().max(100).nullish(),
  country: z.string().max(100).nullish(),
  timezone: z.string().max(100).nullish(),
});
/** OpenAI nests the place under `approximate`, its Responses API and Perplexity do not. */
const userLocationSchema = place.extend({
  type: z.literal('approximate').optional(),
  approximate: place.optional(),
});

const responseFormatSchema = z.union(
  [
    z.strictObject({ type: z.literal('text') }),
    z.strictObject({
      type: z.literal('json_schema'),
      json_schema: z.looseObject({
        name: z.string().optional(),
        schema: z.record(z.string(), z.unknown()),
        strict: z.boolean().nullish(),
      }),
    }),
  ],
  only('only text or json_schema with a schema: free JSON has no shape that could be filled'),
);

const contentPart = z.looseObject({ type: z.string(), text: z.string().optional() });

const message = z.looseObject({
  role: z.enum(['system', 'developer', 'user', 'assistant', 'tool', 'function']),
  content: z
    .union([z.string(), z.array(contentPart)], {
      error: 'must be a string or an array of parts of type text',
    })
    .nullish(),
});

export const chatRequestSchema = z
  .strictObject({
    model: z.string().describe('An id of GET /v1/models'),
    messages: z
      .array(message)
      .min(1, 'must not be empty')
      .describe(
        'The last one, by the user, is the question; earlier turns say what it means, system messages the form of the answer',
      ),
    stream: z.boolean().optional(),
    stream_options: z
      .strictObject({
        include_usage: z.boolean().optional(),
        include_obfuscation: z.literal(false, only('only false: chunks are not padded')).optional(),
      })
      .optional()
      .describe('Only with `stream: true`'),
    seed: z.int().optional(),
    n: z
      .int()
      .min(1)
      .max(4, 'at most 4: there are hardly more supported answers')
      .optional()
      .describe('The n best supported answers as choices; fewer where there are no more'),
    temperature: z
      .number()
      .min(0)
      .max(2)
      .optional()
      .describe(
        'Drafts are sampled with it; 0: one greedy draft. The default is a greedy draft beside moderately sampled ones',
      ),
    top_p: z.number().gt(0).max(1).optional().describe('Drafts are sampled with it'),
    stop: z
      .union([z.string().min(1), z.array(z.string().min(1)).max(4)])
      .optional()
      .describe('The answer ends before the first of these texts'),
    max_tokens: tokenLimit,
    max_completion_tokens: tokenLimit,
    response_format: responseFormatSchema.optional(),
    tool_choice: z
      .enum(['none', 'auto'], only('only none or auto: no tools are called'))
      .optional(),
    function_call: z
      .enum(['none', 'auto'], only('only none or auto: no functions are called'))
      .optional(),
    parallel_tool_calls: z.boolean().optional(),
    modalities: z.array(z.literal('text', only('only text'))).optional(),
    tools: z.array(z.unknown()).optional().describe('Never called'),
    functions: z.array(z.unknown()).optional().describe('Never called'),
    frequency_penalty: z.number().min(-2).max(2).optional().describe('Without influence'),
    presence_penalty: z.number().min(-2).max(2).optional().describe('Without influence'),
    top_k: z.int().min(-1).optional().describe('Without influence'),
    reasoning_effort: z.string().max(20).optional().describe('Without influence'),
    verbosity: z.string().max(20).optional().describe('Without influence'),
    service_tier: z.enum(['auto', 'default'], only('only auto or default')).optional(),
    user: z.string().optional(),
    safety_identifier: z.string().optional(),
    metadata: z.record(z.string(), z.unknown()).optional(),
    store: z.boolean().optional(),
    prompt_cache_key: z.string().optional(),
    prompt_cache_retention: z.string().optional(),
    web_search_options: z
      .strictObject({
        search_context_size: z
          .enum(['low', 'medium', 'high'])
          .optional()
          .describe('At most 3, 5 or 8 references'),
        user_location: userLocationSchema
          .optional()
          .describe('What "here", "near me" and "today" mean'),
      })
      .optional(),
    search_mode: z
      .enum(['web', 'academic', 'sec'])
      .optional()
      .describe('academic and sec limit the search to scholarly hosts and to sec.gov'),
    search_domain_filter: z
      .array(z.string().regex(DOMAIN, 'must be a host name, or -host to leave it out'))
      .max(20)
      .optional()
      .describe('Host names that the search is limited to; with a leading `-`: left out'),
    search_recency_filter: z.enum(['day', 'week', 'month', 'year']).optional(),
    search_after_date_filter: z
      .string()
      .regex(/^\d{1,2}\/\d{1,2}\/\d{4}$/u, 'must be a date as month/day/year')
      .optional(),
    language_preference: answerRequestSchema.shape.language,
  })
  .meta({ id: 'ChatCompletionRequest' });

/**
 * Parameters of other servers that are taken and change nothing, which a warning says; each with the value
 * that asks for nothing.
 */
export const IGNORED_PARAMETERS: Readonly<Record<string, unknown>> = {
  tools: [],
  functions: [],
  frequency_penalty: 0,
  presence_penalty: 0,
  top_k: 0,
  reasoning_effort: 'none',
  verbosity: 'medium',
};

/** Parameters that cannot be honoured, and why; values that ask for nothing pass. */
export const REFUSED_PARAMETERS: Readonly<Record<string, string>> = {
  audio: 'answers are text',
  prediction: 'answers come from sources, not from a prediction',
  logprobs: 'an answer is chosen among drafts and has no single sequence of probabilities',
  top_logprobs: 'an answer is chosen among drafts and has no single sequence of probabilities',
  logit_bias: 'drafts are sampled in the way their scorer was tuned for',
  return_images: 'images are not searched',
  return_related_questions: 'related questions are not made',
  disable_search: 'every answer is searched for',
  enable_search_classifier: 'every answer is searched for',
  search_before_date_filter: 'sources can be limited by their earliest date only',
  last_updated_after_filter: 'the date of the last update is not known for sources',
  last_updated_before_filter: 'the date of the last update is not known for sources',
};

const annotationSchema = z
  .object({
    type: z.literal('url_citation'),
    url_citation: z.object({
      start_index: z.int().min(0),
      end_index: z.int().min(0),
      url: z.string().describe('With a text fragment to the quoted words'),
      title: z.string(),
    }),
  })
  .meta({
    id: 'UrlCitation',
    description:
      'Indices are UTF-16 code units of the sentence in the content that the source supports, without its marks',
  });

const usageSchema = z
  .object({
    prompt_tokens: z.int(),
    completion_tokens: z.int().describe('Of all drafts together'),
    total_tokens: z.int(),
  })
  .meta({ id: 'ChatUsage' });

const searchResultSchema = z
  .object({
    title: z.string(),
    url: z.string(),
    date: z.iso.date().nullable(),
    snippet: z.string().describe('Verbatim from the extracted page'),
  })
  .meta({ id: 'ChatSearchResult' });

const sources = {
  citations: z.array(z.string()).describe('URL of reference n at index n-1'),
  search_results: z.array(searchResultSchema).describe('Reference n at index n-1'),
};

const detail = answerSchema
  .pick({
    id: true,
    abstained: true,
    language: true,
    sentences: true,
    score: true,
    model: true,
    timings_ms: true,
    warnings: true,
    steps: true,
  })
  .meta({
    id: 'AnswerDetail',
    description: 'What POST /v1/answer gives beyond the text and its sources; `model` wrote it',
  });

const finishReason = z.enum(['stop', 'length']);

export const chatCompletionSchema = z
  .object({
    id: z.string(),
    object: z.literal('chat.completion'),
    created: z.int(),
    model: z.string(),
    choices: z
      .array(
        z.object({
          index: z.int().min(0),
          message: z.object({
            role: z.literal('assistant'),
            content: z.string().nullable(),
            refusal: z
              .string()
              .nullable()
              .describe('Why the asked JSON cannot be filled; content is null then'),
            annotations: z.array(annotationSchema),
          }),
          logprobs: z.null(),
          finish_reason: finishReason,
        }),
      )
      .min(1),
    usage: usageSchema,
    ...sources,
    footnote: detail,
  })
  .meta({ id: 'ChatCompletion' });

export const chatChunkSchema = z
  .object({
    id: z.string(),
    object: z.literal('chat.completion.chunk'),
    created: z.int(),
    model: z.string(),
    choices: z.array(
      z.object({
        index: z.int().min(0),
        delta: z.object({
          role: z.literal('assistant'),
          content: z.string(),
          refusal: z.string().optional(),
          annotations: z.array(annotationSchema).optional(),
        }),
        logprobs: z.null(),
        finish_reason: finishReason.nullable(),
      }),
    ),
    usage: usageSchema
      .nullish()
      .describe('Once: on the last chunk, or on its own chunk with `include_usage`'),
    citations: sources.citations,
    search_results: sources.search_results.optional().describe('On the first and the last chunk'),
    footnote: detail.optional().describe('On the last chunk of the answer'),
  })
  .meta({ id: 'ChatCompletionChunk' });

const modelSchema = z
  .object({
    id: z.string(),
    object: z.literal('model'),
    created: z.int(),
    owned_by: z.string(),
    description: z.string(),
  })
  .meta({ id: 'Model' });

const modelListSchema = z
  .object({ object: z.literal('list'), data: z.array(modelSchema) })
  .meta({ id: 'ModelList' });

const chatProblemSchema = problemSchema
  .extend({
    error: z.object({
      message: z.string(),
      type: z.string(),
      param: z.string().nullable(),
      code: z.string(),
    }),
  })
  .meta({ id: 'ChatProblem', description: 'A Problem with the error as OpenAI sends it' });

/** The schemas by the names they have in `/openapi.json`. */
export const CHAT_SCHEMAS = {
  ChatCompletionRequest: chatRequestSchema,
  ChatCompletion: chatCompletionSchema,
  ChatCompletionChunk: chatChunkSchema,
  Model: modelSchema,
  ModelList: modelListSchema,
  ChatProblem: chatProblemSchema,
} as const;

export type ChatCompletion = z.infer<typeof chatCompletionSchema>;
export type ChatChunk = z.infer<typeof chatChunkSchema>;
export type UrlCitation = z.infer<typeof annotationSchema>;
