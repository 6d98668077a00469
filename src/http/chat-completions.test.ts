import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import OpenAI, { APIError } from 'openai';
import { afterEach, describe, expect, it } from 'vitest';
import { FootnoteError } from '../core/errors.ts';
import type { AnswerEvent } from '../core/nouns.ts';
import { writeChatCompletion } from './chat-completions.ts';
import { readChatRequest } from './chat-request.ts';

const body = {
  model: 'footnote',
  messages: [{ role: 'user' as const, content: 'How deep is Lake Baikal?' }],
  stream: true as const,
};

let server: Server | null = null;

/** A client of a server that answers with these events. */
async function clientOf(events: () => AsyncIterable<AnswerEvent>): Promise<OpenAI> {
  const app = express().post('/chat/completions', async (_, response) => {
    await writeChatCompletion(response, readChatRequest(body), events());
  });
  server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return new OpenAI({ baseURL: `http://127.0.0.1:${port}`, apiKey: 'none', maxRetries: 0 });
}

describe('writeChatCompletion', () => {
  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
  });

  it('ends a stream that fails in the middle with an error the client throws', async () => {
    let closed = false;
    const client = await clientOf(async function* () {
      try {
        yield { type: 'references', references: [] };
        yield { type: 'answer-delta', text: 'It is ' };
        throw new FootnoteError('worker-crashed', 'the scorer died');
      } finally {
        closed = true;
      }
    });
    const stream = await client.chat.completions.create(body);
    let text = '';
    const reading = (async () => {
      for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
    })();
    const error = await reading.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(APIError);
    expect(error).toMatchObject({
      code: 'worker-crashed',
      type: 'server_error',
      message: expect.stringContaining('the scorer died'),
    });
    expect(text).toBe('It is ');
    expect(closed).toBe(true);
  });
});
