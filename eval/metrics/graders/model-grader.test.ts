/** The grader against an endpoint on loopback that speaks OpenAI's chat completions. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ModelGrader } from './model-grader.ts';

const options = { signal: new AbortController().signal };
const seen: {
  readonly path: string | undefined;
  readonly key: string | undefined;
  readonly body: string;
}[] = [];
let replies: (string | number)[] = [];
let server: Server;
let url = '';

beforeAll(async () => {
  server = createServer((request: IncomingMessage, response) => {
    void text(request).then((body) => {
      seen.push({ path: request.url, key: request.headers.authorization, body });
      const reply = replies.shift() ?? 'A';
      if (typeof reply === 'number') {
        response.writeHead(reply).end();
        return;
      }
      response.setHeader('content-type', 'application/json');
      response.end(
        JSON.stringify({ choices: [{ message: { role: 'assistant', content: reply } }] }),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
});
afterAll(() => {
  server.close();
});

const input = { question: 'Who wrote Emma?', gold: ['Jane Austen'], answer: 'Jane Austen did.' };

describe('model grader', () => {
  it('asks with the key, and reads the letter', async () => {
    const grader = new ModelGrader({ url, model: 'judge-1', key: 'secret' });
    replies = ['A', 'b', ' C.', 'Y', 'N'];
    expect(await grader.grade(input, options)).toBe('correct');
    expect(await grader.grade({ ...input, answer: 'Mary Shelley.' }, options)).toBe('incorrect');
    expect(await grader.grade({ ...input, answer: 'I cannot say.' }, options)).toBe(
      'not-attempted',
    );
    expect(await grader.entails('Emma is by Jane Austen.', 'Austen wrote Emma.', options)).toBe(
      true,
    );
    expect(await grader.entails('Emma is a novel.', 'Austen wrote Emma.', options)).toBe(false);
    expect(seen[0]).toMatchObject({ path: '/v1/chat/completions', key: 'Bearer secret' });
    expect(JSON.parse(seen[0]?.body ?? '')).toMatchObject({ model: 'judge-1', temperature: 0 });
  });

  it('asks the same only once', async () => {
    const grader = new ModelGrader({ url, model: 'judge-1', key: undefined });
    const before = seen.length;
    replies = ['A'];
    await grader.grade(input, options);
    await grader.grade(input, options);
    expect(seen.length).toBe(before + 1);
    expect(seen.at(-1)?.key).toBeUndefined();
  });

  it('tries again after a server error, not after a refusal', async () => {
    const grader = new ModelGrader({ url, model: 'judge-1', key: undefined });
    replies = [503, 'A'];
    expect(await grader.grade(input, options)).toBe('correct');
    const before = seen.length;
    replies = [401];
    await expect(grader.grade({ ...input, answer: 'x' }, options)).rejects.toThrow(/answered 401/u);
    expect(seen.length).toBe(before + 1);
  });
});
