/** The REST service over stub parts: what a provider reported, and a folder that is not indexed yet. */
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { AnswerService } from '../answer/answer-service.ts';
import type { PipelineParts } from '../answer/pipeline-parts.ts';
import { stubParts } from '../answer/testing/stub-parts.ts';
import { FootnoteError } from '../core/errors.ts';
import type { VerifyService } from '../verify/verify-service.ts';
import { createHttpApp } from './http-app.ts';

const PAGES = [
  { title: 'Lake Ester', text: 'Lake Ester is 120 metres deep. Boats cross it daily.' },
];
const OPTIONS = {
  maxResults: 5,
  maxReferences: 5,
  drafts: 0,
  generateTimeoutMs: 1_000,
  maxConcurrent: 2,
  maxQueued: 2,
  maxWaitSeconds: 30,
  answerCacheSeconds: 60,
};
const CAPTCHA = { code: 'search-captcha', message: 'duckduckgo shows a CAPTCHA' };
const PARTLY = {
  code: 'index-incomplete',
  message: 'local: 1,200 of 1,900 files are indexed so far',
};

let server: Server | null = null;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function post(parts: PipelineParts, path: string, body: object): Promise<Response> {
  if (server === null || !server.listening) {
    const app = createHttpApp({
      service: new AnswerService(parts, OPTIONS),
      // No route of this test verifies a text.
      verifier: null as unknown as VerifyService,
      logger: pino({ level: 'silent' }),
      version: '0',
      apiKeys: [],
      rateLimit: 0,
      corsOrigins: [],
      host: '127.0.0.1',
      allowedHosts: [],
      notReady: () => null,
      signal: new AbortController().signal,
      page: new Map(),
    });
    server = app.listen(0, '127.0.0.1');
    await once(server, 'listening');
  }
  const { port } = server.address() as AddressInfo;
  return fetch(`http://127.0.0.1:${port}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

const reporting = (warning: typeof CAPTCHA): PipelineParts => {
  const stub = stubParts(PAGES);
  return {
    ...stub,
    search: async (...call) => ({ ...(await stub.search(...call)), warnings: [warning] }),
    readPages: async (...call) => ({
      ...(await stub.readPages(...call)),
      failures: [{ url: 'https://x.example/', stage: 'fetch', code: 'timeout', message: 'late' }],
    }),
  };
};
const question = 'How deep is Lake Ester?';

describe('POST /v1/search', () => {
  it('gives the warnings of providers and pages with its references', async () => {
    const response = await post(reporting(CAPTCHA), '/v1/search', { question });
    expect(response.status).toBe(200);
    const found = (await response.json()) as Record<string, unknown>;
    expect(found).toMatchObject({
      question,
      queries: [question],
      warnings: [CAPTCHA, { code: 'timeout', message: 'https://x.example/: late' }],
    });
    expect(found['references']).toHaveLength(1);
  });

  it('refuses a question without a word, and searches for nothing', async () => {
    let searches = 0;
    const parts = stubParts(PAGES, {
      search: () => Promise.reject(new Error(String((searches += 1)))),
    });
    for (const text of ['', '   ', '\u200B', '?!']) {
      expect((await post(parts, '/v1/search', { question: text })).status).toBe(400);
    }
    expect(searches).toBe(0);
  });
});

describe('a folder that is still being indexed', () => {
  it('is answered from, with a warning each time: the answer is not kept', async () => {
    let searches = 0;
    const partly = reporting(PARTLY);
    const parts: PipelineParts = {
      ...partly,
      search: (...call) => {
        searches += 1;
        return partly.search(...call);
      },
    };
    for (const expected of [1, 2]) {
      const response = await post(parts, '/v1/answer', { question });
      const { warnings } = (await response.json()) as { readonly warnings: readonly unknown[] };
      expect(warnings).toContainEqual(PARTLY);
      expect(searches).toBe(expected);
    }
  });

  it('is 503 with Retry-After where it is refused', async () => {
    const search = (): Promise<never> =>
      Promise.reject(new FootnoteError('not-ready', PARTLY.message, { retryAfterSeconds: 12.3 }));
    const response = await post(stubParts(PAGES, { search }), '/v1/answer', { question });
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('13');
    expect(await response.json()).toMatchObject({ code: 'not-ready', detail: PARTLY.message });
  });
});

describe('POST /v1/responses as a stream', () => {
  it('sends the text sentence by sentence, once the search is over', async () => {
    const body = { model: 'footnote', input: question, stream: true };
    const text = await (await post(stubParts(PAGES), '/v1/responses', body)).text();
    const events = text
      .split('\n\n')
      .flatMap((block) => /^data: (.*)$/mu.exec(block)?.[1] ?? [])
      .map(
        (data) =>
          JSON.parse(data) as {
            readonly type: string;
            readonly delta?: string;
            readonly text?: string;
          },
      );
    const deltas = events.filter(({ type }) => type === 'response.output_text.delta');
    expect(deltas.map(({ delta }) => delta)).toEqual([
      'Lake Ester is 120 metres deep.[1]',
      ' Boats cross it daily.[1]',
    ]);
    const types = events.map(({ type }) => type);
    // The search is over before the first sentence comes.
    expect(types.indexOf('response.web_search_call.completed')).toBeLessThan(
      types.indexOf('response.output_text.delta'),
    );
    const done = events.find(({ type }) => type === 'response.output_text.done');
    expect(done?.text).toBe(deltas.map(({ delta }) => delta).join(''));
    expect(types.at(-1)).toBe('response.completed');
  });
});
