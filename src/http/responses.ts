/**
 * `POST /v1/responses`: answers as OpenAI's Responses API gives them after a web search, with
 * `url_citation` annotations, in one object or as its typed stream. A request is read as the chat
 * request that means the same.
 */
import { randomUUID } from 'node:crypto';
import type { Response } from 'express';
import { lastAnswer } from '../answer/last-answer.ts';
import { toFootnoteError } from '../core/errors.ts';
import type { Answer, AnswerEvent } from '../core/nouns.ts';
import { chatChoices, type Choice } from './chat-choices.ts';
import { answerDetail } from './chat-completions.ts';
import { openAiError, refusal } from './chat-errors.ts';
import { exceedsTokens } from './chat-limit.ts';
import { readChatRequest, wrongParameters, type ChatRequest } from './chat-request.ts';
import { firstEvent, openEventStream } from './event-stream.ts';
import {
  responsesRequestSchema,
  type ResponsesBody,
  type ResponsesObject,
  type ResponsesOutputItem,
  type ResponsesUrlCitation,
} from './responses-schemas.ts';

export interface ResponsesRequest {
  readonly chat: ChatRequest;
  readonly body: ResponsesBody;
}

/** @throws FootnoteError `bad-request` naming every wrong parameter, `not-found` for the model */
export function readResponsesRequest(body: unknown): ResponsesRequest {
  const parsed = responsesRequestSchema.safeParse(body);
  if (!parsed.success) throw wrongParameters(parsed.error);
  const given = parsed.data;
  const [tool] = given.tools ?? [];
  const format = given.text?.format;
  const chat = readChatRequest({
    model: given.model,
    messages: messagesOf(given),
    stream: given.stream,
    temperature: given.temperature,
    top_p: given.top_p,
    max_tokens: given.max_output_tokens,
    reasoning_effort: given.reasoning?.effort ?? undefined,
    response_format:
      format?.type === 'json_schema'
        ? { type: 'json_schema', json_schema: { schema: format.schema ?? {} } }
        : undefined,
    web_search_options: {
      ...((tool?.search_context_size ?? null) === null
        ? {}
        : { search_context_size: tool?.search_context_size }),
      ...((tool?.user_location ?? null) === null ? {} : { user_location: tool?.user_location }),
    },
    search_domain_filter: tool?.filters?.allowed_domains ?? undefined,
  });
  return { chat, body: given };
}

/** Items of an agent's history that say nothing about the question. */
const SILENT_ITEMS: ReadonlySet<string> = new Set([
  'web_search_call',
  'reasoning',
  'function_call',
  'function_call_output',
]);

function messagesOf({ input, instructions }: ResponsesBody): object[] {
  const system = (instructions ?? '') === '' ? [] : [{ role: 'system', content: instructions }];
  if (typeof input === 'string') return [...system, { role: 'user', content: input }];
  const messages = input.flatMap((item, index) => {
    // Calls of the search tool come back with the conversation; they say nothing that is needed.
    if (item.type !== undefined && item.type !== 'message') {
      if (SILENT_ITEMS.has(item.type)) return [];
      throw refusal(`input[${index}].type`, `items of type ${item.type} are not supported`);
    }
    const content =
      typeof item.content === 'string'
        ? item.content
        : item.content?.map((part) => ({
            ...part,
            type: /^(?:input|output)_text$/u.test(part.type) ? 'text' : part.type,
          }));
    return [{ role: item.role ?? 'user', content }];
  });
  return [...system, ...messages];
}

/** Answers with one Response object, or with its stream of typed events. */
export async function writeResponse(
  response: Response,
  request: ResponsesRequest,
  events: AsyncIterable<AnswerEvent>,
): Promise<void> {
  const head = headOf(request);
  if (request.chat.stream) {
    await streamResponse(response, request, head, events);
    return;
  }
  const { answer } = await lastAnswer(events);
  response.json(
    finished(head, answer, request, [
      searchItem(searchedFor(answer), answer.references, id('ws')),
      messageItem(choice(answer, request), id('msg')),
    ]),
  );
}

async function streamResponse(
  response: Response,
  request: ResponsesRequest,
  head: ResponsesObject,
  events: AsyncIterable<AnswerEvent>,
): Promise<void> {
  const started = await firstEvent(events);
  const stream = openEventStream(response);
  let sequence = 0;
  const send = async (type: string, data: object): Promise<void> => {
    await stream.send(
      `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: sequence, ...data })}`,
    );
    sequence += 1;
  };
  const [searchId, messageId] = [id('ws'), id('msg')];
  const at = { item_id: messageId, output_index: 1, content_index: 0 };
  let opened = false;
  let searched = false;
  let sent = '';
  let text = '';
  let query = request.chat.answer.question;
  let references: Answer['references'] = [];
  const finishSearch = async (item: ResponsesOutputItem): Promise<void> => {
    if (searched) return;
    searched = true;
    await send('response.web_search_call.completed', { item_id: searchId, output_index: 0 });
    await send('response.output_item.done', { output_index: 0, item });
  };
  const write = async (delta: string): Promise<void> => {
    sent += delta;
    await send('response.output_text.delta', { ...at, delta, logprobs: [] });
  };
  const open = async (): Promise<void> => {
    if (opened) return;
    opened = true;
    await send('response.output_item.added', {
      output_index: 1,
      item: {
        type: 'message',
        id: messageId,
        status: 'in_progress',
        role: 'assistant',
        content: [],
      },
    });
    await send('response.content_part.added', {
      ...at,
      part: { type: 'output_text', text: '', annotations: [], logprobs: [] },
    });
  };
  try {
    await send('response.created', { response: head });
    await send('response.in_progress', { response: head });
    await send('response.output_item.added', {
      output_index: 0,
      item: { ...searchItem('', [], searchId), status: 'in_progress' },
    });
    await send('response.web_search_call.in_progress', { item_id: searchId, output_index: 0 });
    await send('response.web_search_call.searching', { item_id: searchId, output_index: 0 });
    for await (const event of started) {
      if (event.type === 'step' && event.step.kind === 'rewrite') query = event.step.output;
      if (event.type === 'references') ({ references } = event);
      if (event.type === 'answer-delta') {
        text += event.text;
        // JSON is filled from the whole answer; what is over the limit is left out sentence by sentence.
        const { jsonSchema, maxTokens } = request.chat;
        if (jsonSchema !== null || exceedsTokens(text.trimEnd(), maxTokens)) continue;
        await finishSearch(searchItem(query, references, searchId));
        await open();
        await write(event.text);
      }
      if (event.type !== 'answer-end') continue;
      const { answer } = event;
      const made = choice(answer, request);
      const search = searchItem(searchedFor(answer), answer.references, searchId);
      const message = messageItem(made, messageId);
      await finishSearch(search);
      if (made.content === null) {
        await send('response.output_item.added', {
          output_index: 1,
          item: { ...message, content: [] },
        });
        const part = { type: 'refusal', refusal: made.refusal ?? '' };
        await send('response.content_part.added', {
          ...at,
          part: { type: 'refusal', refusal: '' },
        });
        await send('response.refusal.delta', { ...at, delta: part.refusal });
        await send('response.refusal.done', { ...at, refusal: part.refusal });
        await send('response.content_part.done', { ...at, part });
      } else {
        await open();
        const rest = made.content.slice(sent.length);
        if (rest !== '') await write(rest);
        const annotations = flat(made);
        for (const [index, annotation] of annotations.entries()) {
          await send('response.output_text.annotation.added', {
            ...at,
            annotation_index: index,
            annotation,
          });
        }
        await send('response.output_text.done', { ...at, text: sent, logprobs: [] });
        await send('response.content_part.done', {
          ...at,
          part: { type: 'output_text', text: sent, annotations, logprobs: [] },
        });
      }
      await send('response.output_item.done', { output_index: 1, item: message });
      await send('response.completed', {
        response: finished(head, answer, request, [search, message]),
      });
    }
  } catch (thrown) {
    const error = openAiError(toFootnoteError(thrown));
    await send('error', { code: error.code, message: error.message, param: error.param });
  } finally {
    stream.end();
  }
}

const choice = (answer: Answer, { chat }: ResponsesRequest): Choice =>
  chatChoices(answer, [], chat)[0] ?? {
    content: '',
    refusal: null,
    annotations: [],
    finishReason: 'stop',
  };

function flat({ annotations }: Choice): ResponsesUrlCitation[] {
  return annotations.map(({ type, url_citation }) => ({ type, ...url_citation }));
}

function messageItem(made: Choice, itemId: string): ResponsesOutputItem {
  return {
    type: 'message',
    id: itemId,
    status: made.finishReason === 'length' ? 'incomplete' : 'completed',
    role: 'assistant',
    content: [
      made.content === null
        ? { type: 'refusal', refusal: made.refusal ?? '' }
        : { type: 'output_text', text: made.content, annotations: flat(made), logprobs: [] },
    ],
  };
}

/** The question that was searched for. */
const searchedFor = ({ steps, question }: Answer): string =>
  steps.find(({ kind }) => kind === 'rewrite')?.output ?? question;

function searchItem(
  query: string,
  references: Answer['references'],
  itemId: string,
): ResponsesOutputItem {
  return {
    type: 'web_search_call',
    id: itemId,
    status: 'completed',
    action: {
      type: 'search',
      query,
      sources: references.map(({ url }) => ({ type: 'url', url })),
    },
  };
}

function headOf({ chat, body }: ResponsesRequest): ResponsesObject {
  return {
    id: id('resp'),
    object: 'response',
    created_at: Math.floor(Date.now() / 1_000),
    status: 'in_progress',
    background: false,
    error: null,
    incomplete_details: null,
    instructions: body.instructions ?? null,
    max_output_tokens: body.max_output_tokens ?? null,
    metadata: body.metadata ?? {},
    model: chat.model,
    output: [],
    parallel_tool_calls: body.parallel_tool_calls ?? true,
    previous_response_id: null,
    store: false,
    temperature: body.temperature ?? null,
    text: body.text ?? { format: { type: 'text' } },
    tool_choice: body.tool_choice ?? 'auto',
    tools: body.tools ?? [],
    top_p: body.top_p ?? null,
    truncation: 'disabled',
    usage: null,
  };
}

function finished(
  head: ResponsesObject,
  answer: Answer,
  { chat }: ResponsesRequest,
  output: ResponsesOutputItem[],
): ResponsesObject {
  const cut = output.some(({ status }) => status === 'incomplete');
  const { prompt_tokens: read, completion_tokens: written } = answer.usage;
  return {
    ...head,
    status: cut ? 'incomplete' : 'completed',
    incomplete_details: cut ? { reason: 'max_output_tokens' } : null,
    output,
    usage: {
      input_tokens: read,
      input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
      output_tokens: written,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: read + written,
    },
    footnote: answerDetail(answer, chat, 1),
  };
}

const id = (kind: string): string => `${kind}_${randomUUID().replaceAll('-', '')}`;
