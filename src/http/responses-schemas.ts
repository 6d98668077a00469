/** The shapes of `POST /v1/responses`: as much of OpenAI's Responses API as a client needs for citations. */
import { z } from 'zod';
import { chatRequestSchema } from './chat-schemas.ts';

const part = z.looseObject({ type: z.string(), text: z.string().optional() });
const item = z.looseObject({
  type: z.string().optional(),
  role: z.enum(['user', 'assistant', 'system', 'developer']).optional(),
  content: z.union([z.string(), z.array(part)]).optional(),
});
const webSearch = z.looseObject({
  type: z.enum(
    ['web_search', 'web_search_preview', 'web_search_2025_08_26', 'web_search_preview_2025_03_11'],
    {
      error: 'only web_search: other tools are not called',
    },
  ),
  search_context_size: z.enum(['low', 'medium', 'high']).nullish(),
  user_location: z.record(z.string(), z.unknown()).nullish(),
  filters: z.strictObject({ allowed_domains: z.array(z.string()).nullish() }).nullish(),
});

export const responsesRequestSchema = z
  .strictObject({
    model: z.string(),
    input: z
      .union([z.string(), z.array(item).min(1)])
      .describe('The question, or a conversation that ends with it'),
    instructions: z.string().nullish().describe('As a system message: the form of the answer'),
    stream: z.boolean().nullish(),
    temperature: chatRequestSchema.shape.temperature.nullable(),
    top_p: chatRequestSchema.shape.top_p.nullable(),
    max_output_tokens: chatRequestSchema.shape.max_tokens.nullable(),
    tools: z.array(webSearch).nullish(),
    tool_choice: z
      .union([z.enum(['auto', 'required', 'none']), z.looseObject({ type: z.string() })])
      .nullish()
      .describe('Every answer is searched for, whatever is chosen'),
    text: z
      .looseObject({
        format: z
          .looseObject({
            type: z.enum(['text', 'json_schema'], { error: 'only text or json_schema' }),
            schema: z.record(z.string(), z.unknown()).optional(),
          })
          .optional(),
      })
      .nullish(),
    reasoning: z
      .looseObject({ effort: z.string().nullish() })
      .nullish()
      .describe('Without influence'),
    include: z.array(z.string()).nullish(),
    parallel_tool_calls: z.boolean().nullish(),
    metadata: z.record(z.string(), z.unknown()).nullish(),
    user: z.string().nullish(),
    safety_identifier: z.string().nullish(),
    prompt_cache_key: z.string().nullish(),
    service_tier: z.enum(['auto', 'default']).nullish(),
    truncation: z.enum(['auto', 'disabled']).nullish(),
    store: z.boolean().nullish().describe('Nothing is stored, whatever is asked'),
    background: z.literal(false, { error: 'only false' }).nullish(),
    previous_response_id: z
      .null({ error: 'not supported: responses are not stored; send the conversation as input' })
      .optional(),
  })
  .meta({ id: 'ResponsesRequest' });

const annotation = z
  .object({
    type: z.literal('url_citation'),
    start_index: z.int().min(0),
    end_index: z.int().min(0),
    url: z.string(),
    title: z.string(),
  })
  .meta({ id: 'ResponsesUrlCitation' });

const outputItem = z.union([
  z.object({
    type: z.literal('web_search_call'),
    id: z.string(),
    status: z.string(),
    action: z.object({
      type: z.literal('search'),
      query: z.string(),
      sources: z.array(z.object({ type: z.literal('url'), url: z.string() })),
    }),
  }),
  z.object({
    type: z.literal('message'),
    id: z.string(),
    status: z.string(),
    role: z.literal('assistant'),
    content: z.array(
      z.union([
        z.object({
          type: z.literal('output_text'),
          text: z.string(),
          annotations: z.array(annotation),
          logprobs: z.array(z.never()),
        }),
        z.object({ type: z.literal('refusal'), refusal: z.string() }),
      ]),
    ),
  }),
]);

export const responsesSchema = z
  .looseObject({
    id: z.string(),
    object: z.literal('response'),
    created_at: z.int(),
    status: z.enum(['completed', 'in_progress', 'incomplete']),
    model: z.string(),
    output: z.array(outputItem),
    error: z.null(),
    incomplete_details: z.object({ reason: z.literal('max_output_tokens') }).nullable(),
    usage: z
      .object({
        input_tokens: z.int(),
        input_tokens_details: z.object({ cached_tokens: z.int(), cache_write_tokens: z.int() }),
        output_tokens: z.int(),
        output_tokens_details: z.object({ reasoning_tokens: z.int() }),
        total_tokens: z.int(),
      })
      .nullable(),
    footnote: z.looseObject({}).optional().describe('As in a chat completion'),
  })
  .meta({ id: 'Response', description: 'OpenAI’s Response object' });

export type ResponsesBody = z.infer<typeof responsesRequestSchema>;
export type ResponsesUrlCitation = z.infer<typeof annotation>;
export type ResponsesOutputItem = z.infer<typeof outputItem>;
export type ResponsesObject = z.infer<typeof responsesSchema>;
