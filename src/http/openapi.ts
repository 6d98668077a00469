import { z } from 'zod';
import { ERROR_TABLE } from '../core/errors.ts';
import { CHAT_SCHEMAS } from './chat-schemas.ts';
import { responsesRequestSchema, responsesSchema } from './responses-schemas.ts';
import {
  answerRequestSchema,
  answerSchema,
  problemSchema,
  searchRequestSchema,
  searchResponseSchema,
} from './schemas.ts';
import { verificationSchema, verifyRequestSchema } from './verify-schemas.ts';

type Json = Record<string, unknown>;

/** The OpenAPI 3.1 description, generated from the very schemas that check requests. */
export function openApi(version: string): Json {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries({
    AnswerRequest: answerRequestSchema,
    SearchRequest: searchRequestSchema,
    Answer: answerSchema,
    SearchResponse: searchResponseSchema,
    VerifyRequest: verifyRequestSchema,
    Verification: verificationSchema,
    Problem: problemSchema,
    ...CHAT_SCHEMAS,
    ResponsesRequest: responsesRequestSchema,
    Response: responsesSchema,
  })) {
    registry.add(schema, { id });
  }
  const made = z.toJSONSchema(registry, {
    uri: (id) => `#/components/schemas/${id}`,
    io: 'input',
  });
  // Zod keeps schemas that several others use apart, under a reference OpenAPI cannot follow.
  const text = JSON.stringify(made.schemas).replaceAll('/__shared#/$defs/', '/');
  const { __shared: shared, ...own } = JSON.parse(text) as Record<string, Json>;
  const schemas = { ...own, ...(shared?.['$defs'] as Record<string, Json> | undefined) };
  for (const named of Object.values(schemas)) {
    delete named['$schema'];
    delete named['$id'];
    delete named['id'];
  }
  const body = (name: string): Json => ({
    required: true,
    content: { 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } },
  });
  const reply = (description: string, name: string, extra: Json = {}): Json => ({
    description,
    content: {
      'application/json': { schema: { $ref: `#/components/schemas/${name}` } },
      ...extra,
    },
  });
  const problemsAs = (name: string): Json => ({
    default: {
      description: `A problem; codes: ${Object.keys(ERROR_TABLE).join(', ')}`,
      content: {
        'application/problem+json': { schema: { $ref: `#/components/schemas/${name}` } },
      },
    },
  });
  const problems = problemsAs('Problem');
  const chatProblems = problemsAs('ChatProblem');
  const plain = (description: string, type = 'application/json'): Json => ({
    '200': { description, content: { [type]: { schema: {} } } },
    ...problems,
  });
  return {
    openapi: '3.1.0',
    info: {
      title: 'footnote',
      version,
      description: 'Answers from the web in which every sentence carries a checked citation.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    paths: {
      '/v1/answer': {
        post: {
          operationId: 'answer',
          summary: 'Answer a question with citations',
          description:
            'With `Accept: text/event-stream` or `stream: true`: events step, search-end, page-end, references, answer-delta, answer-end (the Answer), error (a Problem).',
          security: [{}, { bearer: [] }],
          requestBody: body('AnswerRequest'),
          responses: {
            '200': reply('The answer', 'Answer', {
              'text/event-stream': { schema: { type: 'string' } },
            }),
            ...problems,
          },
        },
      },
      '/v1/search': {
        post: {
          operationId: 'search',
          summary: 'Find and rank references without answering',
          security: [{}, { bearer: [] }],
          requestBody: body('SearchRequest'),
          responses: { '200': reply('The references', 'SearchResponse'), ...problems },
        },
      },
      '/v1/verify': {
        post: {
          operationId: 'verify',
          summary: 'Check a text, sentence by sentence, against references, pages or a search',
          description:
            'With `Accept: text/event-stream` or `stream: true`: events page-end, references, sentence-end, verify-end (the Verification), error (a Problem).',
          security: [{}, { bearer: [] }],
          requestBody: body('VerifyRequest'),
          responses: {
            '200': reply('The verdicts', 'Verification', {
              'text/event-stream': { schema: { type: 'string' } },
            }),
            ...problems,
          },
        },
      },
      '/v1/chat/completions': {
        post: {
          operationId: 'createChatCompletion',
          summary: 'Answer the last message of a chat, for clients of OpenAI and Perplexity',
          description:
            'With `stream: true`: ChatCompletionChunk objects as Server-Sent Events, then `[DONE]`; a failure in mid-stream is a ChatProblem.',
          security: [{}, { bearer: [] }],
          requestBody: body('ChatCompletionRequest'),
          responses: {
            '200': reply('The answer', 'ChatCompletion', {
              'text/event-stream': { schema: { $ref: '#/components/schemas/ChatCompletionChunk' } },
            }),
            ...chatProblems,
          },
        },
      },
      '/v1/responses': {
        post: {
          operationId: 'createResponse',
          summary: 'The same for clients of OpenAI’s Responses API',
          description:
            'With `stream: true`: the typed events of that API, from `response.created` to `response.completed`.',
          security: [{}, { bearer: [] }],
          requestBody: body('ResponsesRequest'),
          responses: {
            '200': reply('The answer', 'Response', {
              'text/event-stream': { schema: { type: 'string' } },
            }),
            ...chatProblems,
          },
        },
      },
      '/v1/models': {
        get: {
          operationId: 'listModels',
          security: [{}, { bearer: [] }],
          responses: { '200': reply('The models of the chat', 'ModelList'), ...chatProblems },
        },
      },
      '/v1/models/{id}': {
        get: {
          operationId: 'retrieveModel',
          security: [{}, { bearer: [] }],
          parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }],
          responses: { '200': reply('One model', 'Model'), ...chatProblems },
        },
      },
      '/openapi.json': { get: { operationId: 'openapi', responses: plain('This document') } },
      '/healthz': { get: { operationId: 'healthz', responses: plain('The process is alive') } },
      '/readyz': {
        get: { operationId: 'readyz', responses: plain('Models are loaded; 503 until then') },
      },
      '/metrics': {
        get: { operationId: 'metrics', responses: plain('Prometheus metrics', 'text/plain') },
      },
    },
    components: {
      schemas,
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
    },
  };
}
