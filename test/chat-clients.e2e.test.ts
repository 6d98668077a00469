/** What the clients that people have read from the service: text, sources, streams, JSON; versions in package-lock.json. */
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { createPerplexity } from '@ai-sdk/perplexity';
import { AIMessage, HumanMessage } from '@langchain/core/messages';
import { ChatOpenAI } from '@langchain/openai';
import { generateText, jsonSchema, Output, streamText } from 'ai';
import OpenAI from 'openai';
import { zodTextFormat } from 'openai/helpers/zod';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { startService, TEST_CACHE, type Service } from './footnote-process.ts';
import { weights } from './weights.ts';

const ready = weights('smollm2-135m') !== null && weights('multilingual-e5-small') !== null;
const QUESTION = 'Which pope annulled Magna Carta?';
const MODEL = 'footnote-extractive';
const KEY = 'client-key-1';
const SCHEMA = {
  type: 'object',
  properties: {
    answer: { type: 'string' },
    year: { anyOf: [{ type: 'integer' }, { type: 'null' }] },
    sources: { type: 'array', items: { type: 'string' } },
  },
  required: ['answer', 'year', 'sources'],
  additionalProperties: false,
} as const;

let service: Service;
let baseURL: string;
let openai: OpenAI;

describe.skipIf(!ready)('real clients', () => {
  beforeAll(async () => {
    service = await startService({
      FOOTNOTE_SEARCH: 'sample',
      FOOTNOTE_GENERATOR: 'smollm2-135m',
      FOOTNOTE_CACHE_DIR: TEST_CACHE,
      FOOTNOTE_API_KEYS: KEY,
    });
    baseURL = `${service.origin}/v1`;
    openai = new OpenAI({ baseURL, apiKey: KEY, maxRetries: 0 });
  }, 180_000);

  afterAll(async () => {
    expect(await service.stop()).toBe(0);
  });

  it('reads over tool calls in the history, and doubled slashes in the path', async () => {
    const response = await fetch(`${service.origin}//v1//chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${KEY}` },
      body: JSON.stringify({
        model: MODEL,
        messages: [
          { role: 'user', content: 'What is the weather?' },
          { role: 'assistant', content: null, tool_calls: [{ id: 'c', type: 'function' }] },
          { role: 'tool', tool_call_id: 'c', content: '{"t":12}' },
          { role: 'function', name: 'weather', content: '12' },
          { role: 'assistant', content: 'It is 12 degrees.' },
          { role: 'user', content: QUESTION },
        ],
      }),
    });
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('Innocent');
  });

  it("gives a chat program's own task its JSON, without a search", async () => {
    const task = `### Task:\nFind a title of three words.\n### Form:\nJSON: {"title": "the title"}\n<chat_history>\nUSER: How deep is Lake Baikal?\n</chat_history>`;
    const completion = await openai.chat.completions.create({
      model: 'footnote',
      messages: [{ role: 'user', content: task }],
    });
    const made = JSON.parse(completion.choices[0]?.message.content ?? '') as { title?: unknown };
    expect(typeof made.title).toBe('string');
    expect(completion).toMatchObject({ search_results: [] });
    expect(JSON.stringify(completion)).toContain('chat-program-task');
  });

  describe('openai', () => {
    it('fills a JSON schema from the cited answer, or refuses', async () => {
      const ask = (schema: Record<string, unknown>) =>
        openai.chat.completions.create({
          model: MODEL,
          messages: [{ role: 'user', content: QUESTION }],
          response_format: { type: 'json_schema', json_schema: { name: 'a', schema } },
        });
      const [choice] = (await ask(SCHEMA)).choices;
      const made = JSON.parse(choice?.message.content ?? '') as {
        answer: string;
        sources: string[];
      };
      expect(made.answer).toContain('Innocent');
      expect(made.sources[0]).toMatch(/^http/u);
      expect(choice?.message.annotations?.length).toBeGreaterThan(0);
      const impossible = await ask({
        type: 'object',
        properties: { shoe_size: { type: 'boolean' } },
        required: ['shoe_size'],
      });
      expect(impossible.choices[0]?.message.content).toBeNull();
      expect(impossible.choices[0]?.message.refusal).toContain('shoe_size');
    });

    it('gets several choices, and text that ends before a stop text, in JSON and in a stream', async () => {
      const several = await openai.chat.completions.create({
        model: 'footnote',
        n: 3,
        temperature: 1,
        seed: 1,
        messages: [{ role: 'user', content: QUESTION }],
      });
      const texts = several.choices.map(({ message }) => message.content);
      // Sampled drafts may come out equal, as each processor rounds differently; then fewer choices
      // come, with a warning. Each choice is cited and differs from the others.
      expect(texts.length).toBeGreaterThanOrEqual(1);
      expect(texts.length).toBeLessThanOrEqual(3);
      for (const { message } of several.choices) {
        expect(message.content).toMatch(/\[\d+\]/u);
        expect(message.annotations?.length).toBeGreaterThan(0);
      }
      const { footnote } = several as unknown as { footnote: { warnings: { code: string }[] } };
      const fewer = footnote.warnings.some(({ code }) => code === 'fewer-choices');
      expect(fewer).toBe(texts.length < 3);
      expect(new Set(texts).size).toBe(texts.length);
      expect(several.choices.map(({ index }) => index)).toEqual(texts.map((_, index) => index));
      const stopped = {
        model: MODEL,
        stop: ['Innocent'],
        messages: [{ role: 'user' as const, content: QUESTION }],
      };
      const whole = await openai.chat.completions.create(stopped);
      const text = whole.choices[0]?.message.content ?? '';
      expect(text).not.toContain('Innocent');
      let streamed = '';
      for await (const chunk of await openai.chat.completions.create({
        ...stopped,
        stream: true,
      })) {
        streamed += chunk.choices[0]?.delta.content ?? '';
      }
      expect(streamed).toBe(text);
    });

    it('holds a conversation, in the form that the system message asks for', async () => {
      const first = await openai.chat.completions.create({
        model: MODEL,
        messages: [{ role: 'user', content: 'How deep is Lake Baikal?' }],
      });
      const second = await openai.chat.completions.create({
        model: MODEL,
        messages: [
          { role: 'system', content: 'Answer in one sentence.' },
          { role: 'user', content: 'How deep is Lake Baikal?' },
          { role: 'assistant', content: first.choices[0]?.message.content ?? '' },
          { role: 'user', content: 'And how long is it?' },
        ],
      });
      expect(second.choices[0]?.message.content).toMatch(/^[^.]*636[^.]*\.\s?(?:\[\d\])+$/u);
    });

    it('knows the place and the clock of the asker', async () => {
      const answer = await openai.chat.completions.create({
        model: MODEL,
        web_search_options: {
          user_location: {
            type: 'approximate',
            approximate: { city: 'Alderwick', timezone: 'Pacific/Kiritimati' },
          },
        },
        messages: [{ role: 'user', content: 'What is the date today?' }],
      });
      const today = new Date().toLocaleDateString('en-GB', {
        dateStyle: 'full',
        timeZone: 'Pacific/Kiritimati',
      });
      expect(answer.choices[0]?.message.content).toBe(`Today is ${today}.`);
    });

    it('reads url_citation from the Responses API', async () => {
      const response = await openai.responses.create({
        model: MODEL,
        input: QUESTION,
        tools: [{ type: 'web_search' }],
      });
      expect(response.status).toBe('completed');
      expect(response.output_text).toMatch(/Innocent.*\[\d\]/u);
      const message = response.output.find((item) => item.type === 'message');
      const part = message?.content.find(({ type }) => type === 'output_text');
      const annotations = part?.type === 'output_text' ? part.annotations : [];
      expect(annotations.length).toBeGreaterThan(0);
      for (const annotation of annotations) {
        if (annotation.type !== 'url_citation') throw new Error(annotation.type);
        expect(annotation.url).toContain('#:~:text=');
        const cited = response.output_text.slice(annotation.start_index, annotation.end_index);
        expect(cited).toMatch(/\p{L}.*[.!?]$/su);
      }
      expect(response.output[0]?.type).toBe('web_search_call');
      const parsed = await openai.responses.parse({
        model: MODEL,
        input: [{ role: 'user', content: QUESTION }],
        text: { format: zodTextFormat(z.object({ answer: z.string() }), 'a') },
      });
      expect(parsed.output_parsed?.answer).toContain('Innocent');
    });

    it('streams the Responses API', async () => {
      const stream = openai.responses.stream({ model: MODEL, input: QUESTION });
      const types: string[] = [];
      let text = '';
      for await (const event of stream) {
        types.push(event.type);
        if (event.type === 'response.output_text.delta') text += event.delta;
      }
      const final = await stream.finalResponse();
      expect(final.output_text).toBe(text);
      expect(types[0]).toBe('response.created');
      expect(types.at(-1)).toBe('response.completed');
      expect(types).toContain('response.output_text.annotation.added');
    });
  });

  describe('Vercel AI SDK', () => {
    it('reads text, usage and, over the Perplexity provider, sources', async () => {
      const provider = createPerplexity({ baseURL, apiKey: KEY });
      const { text, sources, usage } = await generateText({
        model: provider(MODEL),
        prompt: QUESTION,
        maxRetries: 0,
      });
      expect(text).toContain('Innocent');
      expect(sources.map((source) => (source.sourceType === 'url' ? source.url : ''))[0]).toMatch(
        /^http/u,
      );
      expect(usage.outputTokens).toBeTypeOf('number');
      const stream = streamText({ model: provider(MODEL), prompt: QUESTION, maxRetries: 0 });
      expect(await stream.text).toBe(text);
      expect((await stream.sources).length).toBe(sources.length);
    });

    it('reads text and JSON over the OpenAI-compatible provider', async () => {
      const provider = createOpenAICompatible({
        name: 'footnote',
        baseURL,
        apiKey: KEY,
        includeUsage: true,
        supportsStructuredOutputs: true,
      });
      const stream = streamText({ model: provider(MODEL), prompt: QUESTION, maxRetries: 0 });
      const text = await stream.text;
      expect(text).toContain('Innocent');
      expect(await stream.finishReason).toBe('stop');
      const { output } = await generateText({
        model: provider(MODEL),
        prompt: QUESTION,
        maxRetries: 0,
        output: Output.object({
          schema: jsonSchema<{ answer: string; sources: string[] }>(
            structuredClone(SCHEMA) as object,
          ),
        }),
      });
      expect(output.answer).toContain('Innocent');
      expect(output.sources.length).toBeGreaterThan(0);
    });
  });

  describe('LangChain', () => {
    const chat = (more: object = {}): ChatOpenAI =>
      new ChatOpenAI({
        model: MODEL,
        apiKey: KEY,
        configuration: { baseURL },
        maxRetries: 0,
        ...more,
      });

    it('reads text, a follow-up and a stream of chat completions', async () => {
      const question = new HumanMessage('How deep is Lake Baikal?');
      const first = await chat().invoke([question]);
      expect(first.text).toContain('1,642');
      const second = await chat().invoke([
        question,
        new AIMessage(first.text),
        new HumanMessage('And how long is it?'),
      ]);
      expect(second.text).toContain('636');
      let streamed = '';
      for await (const chunk of await chat().stream([question])) streamed += chunk.text;
      expect(streamed).toBe(first.text);
    });

    it('reads citations over the Responses API', async () => {
      const answer = await chat({ useResponsesApi: true }).invoke(QUESTION);
      const blocks = answer.contentBlocks.filter((block) => block.type === 'text');
      const citations = blocks.flatMap((block) => block['annotations'] ?? []) as { url?: string }[];
      expect(citations[0]?.url).toContain('#:~:text=');
    });
  });

  it('sends what Open WebUI 0.12.4 reads: annotations on stream deltas, citations beside', async () => {
    // open_webui/utils/middleware.py: delta.annotations[].url_citation.{url,title}; a chunk's usage may be null.
    const stream = await openai.chat.completions.create({
      model: MODEL,
      messages: [{ role: 'user', content: QUESTION }],
      stream: true,
      stream_options: { include_usage: true },
    });
    const emitted: { url: string; title: string }[] = [];
    for await (const chunk of stream) {
      const delta = chunk.choices[0]?.delta as
        | { annotations?: { type: string; url_citation: { url: string; title: string } }[] }
        | undefined;
      for (const { type, url_citation } of delta?.annotations ?? []) {
        if (type === 'url_citation') emitted.push(url_citation);
      }
    }
    expect(emitted.length).toBeGreaterThan(0);
    for (const { url, title } of emitted)
      expect([url, title].every((text) => text !== '')).toBe(true);
  });
});
