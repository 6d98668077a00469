import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Prompt } from '../../src/core/nouns.ts';
import { LoopbackModelServer, wordsOf } from '../testing/loopback-model-server.ts';
import { RemoteGenerator, type RemoteGeneratorOptions } from './remote-generator.ts';

const never = new AbortController().signal;
const prompt: Prompt = { kind: 'chat', messages: [{ role: 'user', content: 'What is it?' }] };
const greedy = {
  drafts: 1,
  maxTokens: 8,
  temperature: 0,
  topP: 1,
  topK: 0,
  seed: 5,
  signal: never,
};

let server: LoopbackModelServer;
const opened: RemoteGenerator[] = [];
beforeEach(async () => {
  server = await LoopbackModelServer.start();
});
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
  await server.close();
});

async function open(more: Partial<RemoteGeneratorOptions> = {}): Promise<RemoteGenerator> {
  const generator = await RemoteGenerator.open({
    ...more,
    url: more.url ?? server.url,
    signal: never,
  });
  opened.push(generator);
  return generator;
}

describe('opening a generator elsewhere', () => {
  it.each(['', '/', '/v1', '/v1/'])(
    'finds the API below the base URL with %j at its end',
    async (end) => {
      const generator = await open({ url: `${server.url}${end}` });
      expect(generator.model).toBe('loopback-model');
      const [draft] = await generator.generate(prompt, greedy);
      expect(draft?.text).toBe(wordsOf(5, 0, 8).join(' '));
    },
  );

  it('takes the only model, and wants a name where there are several', async () => {
    server.models = { data: [{ id: 'a' }, { id: 'b' }] };
    await expect(open()).rejects.toMatchObject({
      code: 'config-invalid',
      message: expect.stringContaining('one of a, b') as string,
    });
    await expect(open({ model: 'c' })).rejects.toMatchObject({ code: 'generator-refused' });
    expect((await open({ model: 'b' })).model).toBe('b');
    server.models = { data: [{ id: 'qwen:latest', owned_by: 'library' }] };
    expect((await open({ model: 'qwen' })).model).toBe('qwen:latest');
  });

  it.each([
    [{ id: 'm', owned_by: 'vllm', max_model_len: 8_192 }, 8_192, 'vllm'],
    [
      { id: 'm', owned_by: 'llamacpp', meta: { n_ctx_train: 32_768, n_ctx: 4_096 } },
      4_096,
      'llama-server',
    ],
    [{ id: 'm', context_length: 1_000 }, 1_000, 'an OpenAI-compatible server'],
    [{ id: 'm' }, null, 'an OpenAI-compatible server'],
  ])('reads the context length of %j', async (model, tokens, kind) => {
    server.models = { data: [model] };
    const generator = await open();
    expect(generator.contextTokens).toBe(tokens);
    expect(generator.summary).toContain(kind);
  });

  it('says what is wrong with the URL, the server or the key, and never shows the key', async () => {
    await expect(open({ url: 'ftp://x/' })).rejects.toMatchObject({ code: 'config-invalid' });
    const { url } = server;
    await server.close();
    await expect(open({ url })).rejects.toMatchObject({ code: 'generator-unreachable' });
    server = await LoopbackModelServer.start();
    const generator = await open({ key: 'sk-secret' });
    server.faults.replies = [
      { status: 401, body: '{"error":{"message":"Incorrect API key provided: sk-secret"}}' },
    ];
    const error: Error = await generator.generate(prompt, greedy).then(
      () => new Error('no error'),
      (thrown: Error) => thrown,
    );
    expect(error).toMatchObject({ code: 'generator-refused' });
    expect(error.message).toContain('FOOTNOTE_GENERATOR_KEY');
    expect(JSON.stringify([error.message, error.stack])).not.toContain('sk-secret');
    expect(server.requests[0]?.authorization).toBe('Bearer sk-secret');
  });

  it('sends the credentials of the URL and names the host without them', async () => {
    const { host } = new URL(server.url);
    const generator = await open({ url: `http://me:pass%20word@${host}` });
    await generator.generate(prompt, greedy);
    expect(server.requests[0]?.authorization).toBe(
      `Basic ${Buffer.from('me:pass word').toString('base64')}`,
    );
    expect(generator.host).toBe(host);
  });
});

describe('a generator elsewhere', () => {
  it('writes one greedy draft and samples the others, by n where it is there', async () => {
    const generator = await open();
    const drafts = await generator.generate(prompt, { ...greedy, drafts: 3 });
    expect(drafts.map(({ text }) => text)).toEqual([
      wordsOf(5, 0, 8).join(' '),
      wordsOf(6, 0.7, 8).join(' '),
      wordsOf(7, 0.7, 8).join(' '),
    ]);
    expect(server.requests.map(({ body }) => [body['temperature'], body['n']])).toEqual([
      [0, undefined],
      [0.7, 2],
    ]);
    expect(drafts[0]?.promptTokens).toBe(7);
    expect(drafts[0]?.completionTokens).toBe(8);
  });

  it('finds out once that n is read over, and asks in parallel from then on', async () => {
    server.faults.ignoresN = true;
    const generator = await open();
    const sampled = { ...greedy, drafts: 3, temperature: 1 };
    const drafts = await generator.generate(prompt, sampled);
    expect(new Set(drafts.map(({ text }) => text)).size).toBe(3);
    expect(server.requests).toHaveLength(3);
    server.requests.length = 0;
    await generator.generate(prompt, sampled);
    expect(server.requests.map(({ body }) => body['n'])).toEqual([undefined, undefined, undefined]);
    expect(generator.summary).toContain('without n');
  });

  it.each(['seed', 'stop', 'stream_options', 'temperature', 'n'])(
    'drops %s where the server refuses it, and remembers',
    async (name) => {
      server.faults.refuses = [name];
      const generator = await open();
      const call = { ...greedy, drafts: 2, temperature: 1, stop: ['sea'] };
      const drafts = await generator.generate(prompt, call);
      expect(drafts).toHaveLength(2);
      for (const { text } of drafts) expect(text).not.toContain('sea');
      server.requests.length = 0;
      await generator.generate(prompt, call);
      expect(server.requests.filter(({ body }) => name in body)).toEqual([]);
    },
  );

  it('names the token limit as newer servers want it', async () => {
    const generator = await open();
    server.faults.replies = [
      {
        status: 400,
        body: `{"error":{"message":"Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."}}`,
      },
    ];
    await generator.generate(prompt, greedy);
    expect(server.requests.at(-1)?.body['max_completion_tokens']).toBe(8);
  });

  it('sends a completion prompt as it is, and top_k only where it is read', async () => {
    server.models = { data: [{ id: 'm', owned_by: 'vllm' }] };
    const generator = await open();
    await generator.generate(
      { kind: 'completion', text: 'Question: who?' },
      { ...greedy, temperature: 1, topK: 40 },
    );
    expect(server.requests[0]).toMatchObject({
      path: '/v1/completions',
      body: { prompt: 'Question: who?', top_k: 40 },
    });
    server.models = { data: [{ id: 'm' }] };
    await (await open()).generate(prompt, { ...greedy, temperature: 1, topK: 40 });
    expect(server.requests[1]?.body).not.toHaveProperty('top_k');
  });

  it('takes the speech marks out of page text', async () => {
    const generator = await open();
    const content =
      'a <|im_start|>system b</s> [INST] <｜User｜> c <start_of_turn> d x<|y 1 < 2 [1]';
    await generator.generate({ kind: 'chat', messages: [{ role: 'user', content }] }, greedy);
    const messages = server.requests[0]?.body['messages'] as { content: string }[] | undefined;
    expect(messages?.[0]?.content).toBe(
      'a < |im_start|>system b< /s> [ INST] < ｜User｜> c < start_of_turn> d x<|y 1 < 2 [1]',
    );
  });

  it.each(['<think>The user wants…\n\nso</think>\n\n', '<thinking>x</thinking>', '  '])(
    'leaves out what comes before the answer: %j',
    async (preface) => {
      server.faults.preface = preface;
      const generator = await open();
      const [draft] = await generator.generate(prompt, greedy);
      expect(draft?.text).toBe(wordsOf(5, 0, 8).join(' '));
    },
  );

  it('keeps text that only begins like a thought', async () => {
    server.faults.preface = '<thin ice> ';
    const [draft] = await (await open()).generate(prompt, greedy);
    expect(draft?.text).toMatch(/^<thin ice> The river/u);
  });

  it('reads a reply that is not streamed, and one without usage', async () => {
    server.faults = { stream: 'whole', noUsage: true };
    const generator = await open();
    const [draft] = await generator.generate(prompt, greedy);
    expect(draft).toMatchObject({ text: wordsOf(5, 0, 8).join(' '), finishReason: 'length' });
    expect(draft?.promptTokens).toBeGreaterThan(0);
    expect(draft?.completionTokens).toBeGreaterThan(0);
  });
});

describe('a server that misbehaves', () => {
  it('tries again when it is busy, after the time it names', async () => {
    const generator = await open();
    server.faults.replies = [
      { status: 429, body: '{"error":{"message":"slow down"}}', headers: { 'retry-after': '1' } },
    ];
    const started = performance.now();
    const [draft] = await generator.generate(prompt, greedy);
    expect(draft?.text).not.toBe('');
    expect(performance.now() - started).toBeGreaterThan(900);
    expect(server.requests).toHaveLength(2);
  });

  it('does not wait for ever: a long Retry-After is passed on', async () => {
    const generator = await open();
    server.faults.replies = [{ status: 503, body: 'busy', headers: { 'retry-after': '600' } }];
    await expect(generator.generate(prompt, greedy)).rejects.toMatchObject({
      code: 'generator-busy',
      retryAfterSeconds: 600,
    });
    expect(server.requests).toHaveLength(1);
  });

  it.each([
    [
      400,
      `{"error":{"message":"This model's maximum context length is 4096 tokens"}}`,
      'prompt-too-long',
    ],
    [
      400,
      '{"error":{"message":"the request exceeds the available context size"}}',
      'prompt-too-long',
    ],
    [400, '{"detail":"bad role"}', 'generator-refused'],
    [404, '{"error":"model not found"}', 'generator-refused'],
    [403, '<html><b>no</b></html>', 'generator-refused'],
  ])('maps HTTP %i %s', async (status, body, code) => {
    const generator = await open();
    server.faults.replies = [{ status, body }];
    await expect(generator.generate(prompt, greedy)).rejects.toMatchObject({ code });
    expect(server.requests).toHaveLength(1);
  });

  it('tries a failing server three times in all, in this one layer', async () => {
    const generator = await open();
    server.faults.replies = Array.from({ length: 9 }, () => ({ status: 500, body: 'oops' }));
    await expect(generator.generate(prompt, greedy)).rejects.toMatchObject({
      code: 'generator-failed',
      message: expect.stringContaining('oops') as string,
    });
    expect(server.requests).toHaveLength(3);
  });

  it.each([
    [{ stream: 'malformed' as const }, 'not JSON'],
    [{ stream: 'error' as const }, 'out of memory'],
    [{ cutAfterEvents: 3 }, 'closed the connection'],
  ])('does not pass off half a text as an answer: %j', async (faults, said) => {
    server.faults = faults;
    const generator = await open();
    let streamed = '';
    await expect(
      generator.generate(prompt, {
        ...greedy,
        onDelta: (_, text) => {
          streamed += text;
        },
      }),
    ).rejects.toMatchObject({
      code: 'generator-failed',
      message: expect.stringContaining(said) as string,
    });
    // What was shown is not shown again by another try.
    expect(server.requests).toHaveLength(1);
    expect(wordsOf(5, 0, 8).join(' ').startsWith(streamed)).toBe(true);
  });

  it('leaves a server that is silent, by the deadline of silence and by that of the call', async () => {
    server.faults.stream = 'silent';
    const quiet = await open({ idleTimeoutMs: 1_000 });
    await expect(quiet.generate(prompt, greedy)).rejects.toMatchObject({ code: 'timeout' });
    const short = await open({ timeoutMs: 200 });
    await expect(short.generate(prompt, greedy)).rejects.toMatchObject({ code: 'timeout' });
  });

  it('closes the connection when the caller leaves', async () => {
    server.faults.delayMs = 20;
    const generator = await open();
    const controller = new AbortController();
    const running = generator.generate(prompt, {
      ...greedy,
      maxTokens: 400,
      signal: controller.signal,
      onDelta: () => {
        controller.abort();
      },
    });
    await expect(running).rejects.toMatchObject({ code: 'cancelled' });
    await expect.poll(() => server.requests[0]?.abandoned).toBe(true);
  });
});
