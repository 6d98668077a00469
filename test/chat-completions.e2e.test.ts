/** The chat API as chatbots meet it: the built service, read by the real `openai` client. */
import OpenAI, { APIError } from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  chatChunkSchema,
  chatCompletionSchema,
  type ChatChunk,
  type ChatCompletion,
} from '../src/http/chat-schemas.ts';
import { startService, TEST_CACHE, type Service } from './footnote-process.ts';
import { weights } from './weights.ts';

const ready = weights('smollm2-135m') !== null && weights('multilingual-e5-small') !== null;
const QUESTION = 'Which pope annulled Magna Carta?';
const KEY = 'chat-key-1';

type Params = OpenAI.ChatCompletionCreateParamsNonStreaming;

let service: Service;
let client: OpenAI;

const asking = (question: string, more: object = {}): Params => ({
  model: 'footnote',
  messages: [{ role: 'user', content: question }],
  ...more,
});

/** The completion as the client read it, checked against the published schema. */
async function complete(params: Params): Promise<ChatCompletion> {
  return chatCompletionSchema.parse(await client.chat.completions.create(params));
}

async function streamed(params: Params): Promise<ChatChunk[]> {
  const chunks: ChatChunk[] = [];
  const stream = await client.chat.completions.create({ ...params, stream: true });
  for await (const chunk of stream) chunks.push(chatChunkSchema.parse(chunk));
  return chunks;
}

const textOf = (chunks: readonly ChatChunk[]): string =>
  chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('');

async function failure(params: object): Promise<APIError> {
  try {
    await client.chat.completions.create(params as Params);
  } catch (error) {
    if (error instanceof APIError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

/** What the text promises of its sources: each mark has its URL, each annotation its sentence. */
function checkSources(completion: ChatCompletion): void {
  const { citations, search_results: results, choices, footnote } = completion;
  const annotations = choices[0]?.message.annotations ?? [];
  const content = choices[0]?.message.content ?? '';
  expect(results.map(({ url }) => url)).toEqual(citations);
  const marks = [...content.matchAll(/\[(\d+)\]/gu)].map(([, number]) => Number(number));
  const marked = new Set(marks.map((number) => citations[number - 1]));
  for (const { url_citation: cited } of annotations) {
    const [page] = cited.url.split('#:~:text=');
    expect(marked).toContain(page);
    expect(results.find(({ url }) => url === page)?.title).toBe(cited.title);
    const sentence = content.slice(cited.start_index, cited.end_index);
    expect(footnote.sentences.map(({ text }) => text)).toContain(sentence);
    expect(content.slice(cited.end_index)).toMatch(/^\s*\[\d+\]/u);
  }
  const annotated = annotations.map(({ url_citation: { url } }) => url.split('#:~:text=')[0]);
  expect(new Set(annotated)).toEqual(marked);
}

describe.skipIf(!ready)('the chat API, through the openai client', () => {
  beforeAll(async () => {
    service = await startService({
      FOOTNOTE_SEARCH: 'sample',
      FOOTNOTE_GENERATOR: 'smollm2-135m',
      FOOTNOTE_CACHE_DIR: TEST_CACHE,
      FOOTNOTE_API_KEYS: KEY,
    });
    client = new OpenAI({ baseURL: `${service.origin}/v1`, apiKey: KEY, maxRetries: 0 });
  }, 180_000);

  afterAll(async () => {
    expect(await service.stop()).toBe(0);
  });

  it('answers with text, citations, search results and annotations', async () => {
    const completion = await complete(asking(QUESTION));
    expect(completion.id).toMatch(/^chatcmpl-\w{32}$/u);
    expect(completion.model).toBe('footnote');
    expect(Math.abs(completion.created - Date.now() / 1_000)).toBeLessThan(60);
    const [choice] = completion.choices;
    expect(choice?.message.content).toMatch(/Innocent.*\[\d+\]/u);
    expect(choice?.finish_reason).toBe('stop');
    expect(choice?.message.annotations.length).toBeGreaterThan(0);
    checkSources(completion);
    const { prompt_tokens: read, completion_tokens: written, total_tokens } = completion.usage;
    expect(written).toBeGreaterThan(0);
    expect(total_tokens).toBe(read + written);
    expect(completion.footnote).toMatchObject({ abstained: false, language: 'en', warnings: [] });
  });

  it('streams the same answer, its sources first and its annotations last', async () => {
    const params = asking('What is the QWERTY layout named after?');
    const chunks = await streamed({ ...params, stream_options: { include_usage: true } });
    const [first] = chunks;
    expect(first?.choices[0]?.delta).toEqual({ role: 'assistant', content: '' });
    expect(first?.citations.length).toBeGreaterThan(0);
    expect(first?.search_results?.map(({ url }) => url)).toEqual(first?.citations);
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
    const usage = chunks.at(-1);
    expect(usage).toMatchObject({ choices: [], usage: { total_tokens: expect.any(Number) } });
    expect(chunks.slice(0, -1).every((chunk) => chunk.usage === null)).toBe(true);
    expect(chunks.at(-2)?.choices[0]).toMatchObject({
      delta: { role: 'assistant', content: '' },
      finish_reason: 'stop',
    });

    const whole = await complete(params);
    checkSources(whole);
    expect(textOf(chunks)).toBe(whole.choices[0]?.message.content);
    expect(chunks.at(-3)?.choices[0]?.delta.annotations).toEqual(
      whole.choices[0]?.message.annotations,
    );
    expect(chunks.at(-2)?.citations).toEqual(whole.citations);
    expect(chunks.at(-2)?.search_results).toEqual(whole.search_results);
    expect(usage?.usage).toEqual(whole.usage);
  });

  it('is put together again by the client’s own stream helper', async () => {
    const stream = client.chat.completions.stream({ ...asking(QUESTION), stream: true });
    const final = (await stream.finalChatCompletion()) as unknown as ChatCompletion;
    const whole = await complete(asking(QUESTION));
    expect(final.choices[0]?.message).toMatchObject({
      content: whole.choices[0]?.message.content,
      annotations: whole.choices[0]?.message.annotations,
    });
    expect(final.citations).toEqual(whole.citations);
  });

  it('ends a stream with [DONE], and sends usage once', async () => {
    const response = await client.chat.completions
      .create({ ...asking(QUESTION), stream: true })
      .asResponse();
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    const text = await response.text();
    expect(text).toMatch(/\n\ndata: \[DONE\]\n\n$/u);
    expect(text.match(/"usage"/gu)).toHaveLength(1);
    expect(text).toMatch(/"finish_reason":"stop"[^\n]*"usage":\{"prompt_tokens"/u);
  });

  it('says so where the sources hold no answer', async () => {
    const completion = await complete(
      asking('What was the closing price of Zyntherix Corporation shares on 3 March 2021?'),
    );
    expect(completion.footnote.abstained).toBe(true);
    expect(completion.choices[0]?.message.annotations).toEqual([]);
    expect(completion.choices[0]?.finish_reason).toBe('stop');
  });

  it('takes the last user message as the question, and tells what of the system message it did not use', async () => {
    const { choices, footnote } = await complete({
      model: 'footnote',
      messages: [
        { role: 'system', content: 'Answer like a pirate.' },
        { role: 'user', content: 'In what year did Krakatoa erupt?' },
        { role: 'assistant', content: 'In 1883. [1]', refusal: null },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Which pope' },
            { type: 'text', text: 'annulled Magna Carta?' },
          ],
        },
      ],
    });
    expect(choices[0]?.message.content).toContain('Innocent');
    expect(footnote.warnings.map(({ code }) => code)).toEqual(['system-message-not-used']);
  });

  it('honours the search’s parameters', async () => {
    const low = await complete(
      asking(QUESTION, {
        model: 'footnote-extractive',
        web_search_options: { search_context_size: 'low' },
      }),
    );
    expect(low.citations.length).toBeGreaterThan(0);
    expect(low.citations.length).toBeLessThanOrEqual(3);
    expect(low.footnote.model).toBe('extractive');
    const host = new URL(low.citations[0] as string).hostname;
    const limited = await complete(
      asking(QUESTION, { model: 'footnote-extractive', search_domain_filter: [host] }),
    );
    const elsewhere = await complete(
      asking(QUESTION, {
        model: 'footnote-extractive',
        search_domain_filter: ['nowhere.example'],
      }),
    );
    expect(limited.citations.length).toBeGreaterThan(0);
    expect(new Set(limited.citations.map((url) => new URL(url).hostname))).toEqual(new Set([host]));
    expect(elsewhere.citations).toEqual([]);
  });

  it('decodes one greedy draft at temperature 0', async () => {
    const sampled = await complete(asking(QUESTION, { seed: -5 }));
    const greedy = await complete(asking(QUESTION, { seed: -5, temperature: 0 }));
    expect(greedy.usage.completion_tokens).toBeLessThan(sampled.usage.completion_tokens);
    checkSources(greedy);
  });

  it('accepts what changes nothing', async () => {
    const completion = await complete(
      asking(QUESTION, {
        user: 'u-1',
        metadata: { chat: '7' },
        store: false,
        service_tier: 'auto',
        temperature: 1,
        top_p: 1,
        n: 1,
        stop: null,
        tools: [],
        tool_choice: 'none',
        frequency_penalty: 0,
        max_tokens: 4_096,
        response_format: { type: 'text' },
        search_mode: 'web',
      }),
    );
    expect(completion.footnote.warnings).toEqual([]);
  });

  it('takes what other servers take, and says what has no influence', async () => {
    const completion = await complete(
      asking(QUESTION, {
        frequency_penalty: 0.3,
        presence_penalty: 0.6,
        top_k: 40,
        reasoning_effort: 'medium',
        tools: [{ type: 'function', function: { name: 'f' } }],
        tool_choice: 'auto',
        max_tokens: 8,
      }),
    );
    checkSources(completion);
    expect(completion.footnote.warnings).toContainEqual({
      code: 'parameters-ignored',
      message: expect.stringMatching(
        /^tools, frequency_penalty, presence_penalty, top_k, reasoning_effort: /u,
      ) as string,
    });
  });

  it.each([
    [{ temperature: 2.5 }, 'temperature', 'invalid_value'],
    [{ top_p: 0 }, 'top_p', 'invalid_value'],
    [{ n: 9 }, 'n', 'invalid_value'],
    [{ stop: ['a', 'b', 'c', 'd', 'e'] }, 'stop', 'invalid_value'],
    [{ max_tokens: 0 }, 'max_tokens', 'invalid_value'],
    [{ max_completion_tokens: 0 }, 'max_completion_tokens', 'invalid_value'],
    [{ logprobs: true }, 'logprobs', 'unsupported_parameter'],
    [{ tool_choice: 'required' }, 'tool_choice', 'unsupported_value'],
    [{ response_format: { type: 'json_object' } }, 'response_format', 'invalid_value'],
    [
      {
        response_format: {
          type: 'json_schema',
          json_schema: {
            schema: { type: 'object', properties: { a: { $ref: '#/definitions/b' } } },
          },
        },
      },
      'response_format.json_schema.schema.properties.a',
      'unsupported_value',
    ],
    [{ search_recency_filter: 'hour' }, 'search_recency_filter', 'unsupported_value'],
    [{ search_mode: 'social' }, 'search_mode', 'unsupported_value'],
    [{ search_domain_filter: ['a.org', '-b..?'] }, 'search_domain_filter[1]', 'invalid_value'],
    [
      { web_search_options: { user_location: { timezone: 'Mars/Base' } } },
      'web_search_options.user_location',
      'unsupported_value',
    ],
    [{ stream_options: { include_usage: true } }, 'stream_options', 'unsupported_value'],
    [{ colour: 'red' }, 'colour', 'unknown_parameter'],
    [{ messages: undefined }, 'messages', 'missing_required_parameter'],
    [
      { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'a' } }] }] },
      'messages[0].content[0].type',
      'unsupported_value',
    ],
    [{ messages: [{ role: 'user', content: ' ' }] }, 'messages[0].content', 'unsupported_value'],
    [
      { messages: [{ role: 'assistant', content: 'Hello' }] },
      'messages[0].role',
      'unsupported_value',
    ],
    [
      { messages: [{ role: 'tool', tool_call_id: 't', content: '1' }] },
      'messages[0].role',
      'unsupported_value',
    ],
  ])('refuses %j by name', async (more, param, code) => {
    const error = await failure({ ...asking(QUESTION), ...more });
    expect(error).toBeInstanceOf(OpenAI.BadRequestError);
    expect(error).toMatchObject({ status: 400, type: 'invalid_request_error', param, code });
    expect(error.message).toContain(param);
  });

  it('sends its problem beside OpenAI’s error', async () => {
    const response = await fetch(`${service.origin}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${KEY}` },
      body: JSON.stringify(asking(QUESTION, { n: 9 })),
    });
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    const problem = (await response.json()) as Record<string, unknown>;
    expect(problem).toMatchObject({ status: 400, code: 'bad-request', error: { param: 'n' } });
    expect(problem['errors']).toMatchObject([{ field: 'n' }]);
  });

  it('lists its models and refuses others', async () => {
    const { data } = await client.models.list();
    expect(data.map(({ id }) => id)).toEqual(['footnote', 'footnote-extractive']);
    expect((await client.models.retrieve('footnote')).object).toBe('model');
    await expect(client.models.retrieve('gpt-5')).rejects.toMatchObject({
      status: 404,
      code: 'model_not_found',
    });
    const error = await failure({ ...asking(QUESTION), model: 'gpt-5' });
    expect(error).toBeInstanceOf(OpenAI.NotFoundError);
    expect(error).toMatchObject({ status: 404, param: 'model', code: 'model_not_found' });
  });

  it('wants the key', async () => {
    const stranger = new OpenAI({ baseURL: `${service.origin}/v1`, apiKey: 'no', maxRetries: 0 });
    await expect(stranger.models.list()).rejects.toBeInstanceOf(OpenAI.AuthenticationError);
    await expect(stranger.chat.completions.create(asking(QUESTION))).rejects.toMatchObject({
      status: 401,
      code: 'invalid_api_key',
    });
  });

  it('stops the work when the client leaves the stream', async () => {
    const params = asking('Who was the first woman to win a Nobel Prize?', { seed: 77 });
    const stream = await client.chat.completions.create({ ...params, stream: true });
    for await (const _ of stream) break;
    await expect.poll(service.log, { timeout: 5_000 }).toContain('"status":499');
    await expect
      .poll(async () => (await fetch(`${service.origin}/metrics`)).text(), { timeout: 5_000 })
      .toMatch(/footnote_answers_total\{outcome="cancelled"\} 1[^]*state="running"\} 0/u);
  });
});

describe.skipIf(!ready)('a failure of the answer', () => {
  it('has its status and OpenAI’s shape, with and without a stream', async () => {
    const broken = await startService({
      FOOTNOTE_SEARCH: 'searxng',
      // The discard port: nothing listens there.
      FOOTNOTE_SEARXNG_URL: 'http://127.0.0.1:9',
      FOOTNOTE_FETCH_ALLOW: '127.0.0.1:9',
      FOOTNOTE_GENERATOR: 'smollm2-135m',
      FOOTNOTE_CACHE_DIR: TEST_CACHE,
    });
    try {
      const own = new OpenAI({ baseURL: `${broken.origin}/v1`, apiKey: 'none', maxRetries: 0 });
      for (const stream of [false, true]) {
        const call = own.chat.completions.create({ ...asking(QUESTION), stream });
        await expect(call).rejects.toMatchObject({
          status: 502,
          type: 'server_error',
          code: 'search-failed',
        });
      }
    } finally {
      await broken.stop();
    }
  });
});
