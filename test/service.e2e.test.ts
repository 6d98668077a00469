/** The built service as a process, over the sample web and real weights: the main job and its edges. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { EventSourceParserStream } from 'eventsource-parser/stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerSchema, problemSchema, searchResponseSchema } from '../src/http/schemas.ts';
import type { Answer } from '../src/core/nouns.ts';
import { startService, TEST_CACHE, type Service } from './footnote-process.ts';
import { weights } from './weights.ts';

const ready = weights('smollm2-135m') !== null && weights('multilingual-e5-small') !== null;
const QUESTION = 'How deep is Lake Baikal?';

let service: Service;

const post = (path: string, body: unknown, init: RequestInit = {}): Promise<Response> =>
  fetch(`${service.origin}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...init,
  });

/** What the contract promises of every answer. */
function checkAnswer(answer: Answer): void {
  answerSchema.parse(answer);
  let end = 0;
  for (const sentence of answer.sentences) {
    expect(answer.answer.slice(sentence.start, sentence.end)).toBe(sentence.text);
    expect(answer.answer.slice(end, sentence.start)).toMatch(/^(?:\s*\[\d+\])*\s*$/u);
    end = sentence.end;
    for (const citation of sentence.citations) {
      const reference = answer.references.find(({ number }) => number === citation.reference);
      expect(reference?.text.slice(citation.start, citation.end)).toBe(citation.quote);
      expect(citation.url).toContain('#:~:text=');
    }
  }
  expect(answer.answer.slice(end)).toMatch(/^(?:\s*\[\d+\])*\s*$/u);
  expect(answer.references.map(({ number }) => number)).toEqual(
    answer.references.map((_, index) => index + 1),
  );
}

describe.skipIf(!ready)('the service', () => {
  beforeAll(async () => {
    service = await startService({
      FOOTNOTE_SEARCH: 'sample',
      FOOTNOTE_GENERATOR: 'smollm2-135m',
      FOOTNOTE_CACHE_DIR: TEST_CACHE,
      FOOTNOTE_LOG_LEVEL: 'info',
    });
  }, 180_000);

  afterAll(async () => {
    expect(await service.stop()).toBe(0);
  });

  it('answers with checked citations, in the contract’s shape', async () => {
    const response = await post('/v1/answer', { question: QUESTION });
    expect(response.status).toBe(200);
    expect(response.headers.get('x-request-id')).toMatch(/^[\w-]{36}$/u);
    const answer = (await response.json()) as Answer;
    checkAnswer(answer);
    expect(answer.abstained).toBe(false);
    expect(answer.answer).toContain('1,642');
    for (const sentence of answer.sentences) expect(sentence.citations.length).toBeGreaterThan(0);
  });

  it('answers the second identical question from memory, under a new id', async () => {
    const question = 'In what year did Krakatoa erupt?';
    const first = (await (await post('/v1/answer', { question })).json()) as Answer;
    const second = (await (await post('/v1/answer', { question })).json()) as Answer;
    expect(second.id).not.toBe(first.id);
    expect(second).toMatchObject({
      answer: first.answer,
      sentences: first.sentences,
      timings_ms: { fetch: 0, total: 0 },
    });
  });

  it('abstains on what the sample does not hold, and says where it looked', async () => {
    const response = await post('/v1/answer', {
      question: 'What was the closing price of Zyntherix Corporation shares on 3 March 2021?',
    });
    const answer = (await response.json()) as Answer;
    checkAnswer(answer);
    expect(answer.abstained).toBe(true);
    expect(answer.score).toBeNull();
  });

  it('answers a Chinese question in Chinese', async () => {
    const response = await post('/v1/answer', { question: '大熊猫主要吃什么？' });
    const answer = (await response.json()) as Answer;
    checkAnswer(answer);
    expect(answer.language).toBe('zh');
    expect(answer.answer).toContain('竹');
  });

  it('streams events whose text adds up to the answer', async () => {
    const response = await post(
      '/v1/answer',
      { question: 'What is the QWERTY layout named after?' },
      { headers: { 'content-type': 'application/json', accept: 'text/event-stream' } },
    );
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    const events: { readonly event: string | undefined; readonly data: unknown }[] = [];
    const stream = (response.body as ReadableStream<Uint8Array>)
      .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
      .pipeThrough(new EventSourceParserStream());
    for await (const { event, data } of stream) {
      events.push({ event, data: JSON.parse(data) as unknown });
    }
    const names = events.map(({ event }) => event);
    expect(names[0]).toBe('search-end');
    expect(names).toContain('page-end');
    expect(names.indexOf('references')).toBeLessThan(names.indexOf('answer-delta'));
    expect(names.at(-1)).toBe('answer-end');
    const answer = events.at(-1)?.data as Answer;
    checkAnswer(answer);
    const text = events
      .filter(({ event }) => event === 'answer-delta')
      .map(({ data }) => (data as { text: string }).text)
      .join('');
    expect(text).toBe(answer.answer);
  });

  it('gives references alone', async () => {
    const response = await post('/v1/search', { question: QUESTION, max_references: 2 });
    const found = searchResponseSchema.parse(await response.json());
    expect(found.references.length).toBeGreaterThan(0);
    expect(found.references.length).toBeLessThanOrEqual(2);
  });

  it.each([
    ['an empty question', { question: '  ' }, 400, 'bad-request', /question/u],
    ['100 kB', { question: 'x'.repeat(100_000) }, 413, 'body-too-large', /larger than/u],
    ['5,000 characters', { question: 'x'.repeat(5_000) }, 400, 'bad-request', /question.*4000/u],
    ['a wrong type', { question: 5 }, 400, 'bad-request', /question.*string/u],
    ['an unknown field', { question: 'q', colour: 1 }, 400, 'bad-request', /colour/u],
    ['too many references', { question: 'q', max_references: 99 }, 400, 'bad-request', /max_ref/u],
    ['broken JSON', '{"question":', 400, 'bad-json', /JSON/u],
    ['a JSON array', '[]', 400, 'bad-request', /object/u],
  ])('refuses %s with a problem that says what to change', async (_, body, status, code, says) => {
    const response = await post('/v1/answer', body);
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    const problem = problemSchema.parse(await response.json());
    expect(problem.code).toBe(code);
    expect(problem.detail).toMatch(says);
  });

  it('refuses other content types, methods and paths', async () => {
    const text = await post('/v1/answer', 'hello', { headers: { 'content-type': 'text/plain' } });
    expect([text.status, (await text.json()).code]).toEqual([415, 'unsupported-media-type']);
    const get = await fetch(`${service.origin}/v1/answer`);
    expect([get.status, get.headers.get('allow')]).toEqual([405, 'POST']);
    const nowhere = await fetch(`${service.origin}/v2/answer`);
    expect([nowhere.status, (await nowhere.json()).code]).toEqual([404, 'not-found']);
  });

  it('tells its health, its shape and its figures', async () => {
    expect((await fetch(`${service.origin}/healthz`)).status).toBe(200);
    expect((await fetch(`${service.origin}/readyz`)).status).toBe(200);
    const openapi = (await (await fetch(`${service.origin}/openapi.json`)).json()) as {
      openapi: string;
      paths: Record<string, unknown>;
    };
    expect(openapi.openapi).toMatch(/^3\.1/u);
    expect(Object.keys(openapi.paths)).toContain('/v1/answer');
    const metrics = await (await fetch(`${service.origin}/metrics`)).text();
    expect(metrics).toMatch(/footnote_answers_total\{outcome="answered"\} \d/u);
    const page = await fetch(`${service.origin}/`);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  });

  it('stops the work of a client that leaves', async () => {
    const gone = new AbortController();
    const leaving = post(
      '/v1/answer',
      { question: 'Who was the first woman to win a Nobel Prize?', seed: 77 },
      { signal: gone.signal },
    );
    setTimeout(() => gone.abort(), 60);
    await expect(leaving).rejects.toThrow();
    // The place is free again at once: with the work still going on this would wait for it.
    await expect
      .poll(async () => (await fetch(`${service.origin}/metrics`)).text(), { timeout: 5_000 })
      .toMatch(/footnote_questions\{state="running"\} 0/u);
    expect(service.log()).toContain('"status":499');
  });
});

/** A search engine that answers when the test says so, and the one page that it finds. */
async function heldEngine(): Promise<{
  readonly origin: string;
  readonly asked: Promise<void>;
  release(): void;
  close(): Promise<void>;
}> {
  let isAsked = (): void => undefined;
  const asked = new Promise<void>((resolve) => (isAsked = resolve));
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  const server = createServer((request, response) => {
    const { host = '' } = request.headers;
    if (request.url?.startsWith('/search') === true) {
      isAsked();
      const found = { url: `http://${host}/page`, title: 'Lake Baikal', content: 'Lake Baikal' };
      void released.then(() => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ results: [found] }));
      });
      return;
    }
    response.writeHead(request.url === '/page' ? 200 : 404, { 'content-type': 'text/html' });
    response.end(
      `<!doctype html><title>Lake Baikal</title><article><h1>Lake Baikal</h1><p>${'Lake Baikal is 1,642 metres deep, more than any other lake. It lies in Siberia and holds a fifth of the fresh water of all lakes. '.repeat(3)}</p></article>`,
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    release: () => release(),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

describe.skipIf(!ready)('stopping', () => {
  it('finishes the answer in hand after SIGTERM, and refuses new ones', async () => {
    const engine = await heldEngine();
    const own = await startService({
      FOOTNOTE_SEARCH: 'searxng',
      FOOTNOTE_SEARXNG_URL: engine.origin,
      FOOTNOTE_FETCH_ALLOW: new URL(engine.origin).host,
      FOOTNOTE_SEARCH_TIMEOUT_MS: '60000',
      FOOTNOTE_GENERATOR: 'smollm2-135m',
      FOOTNOTE_CACHE_DIR: TEST_CACHE,
      FOOTNOTE_API_KEYS: 'secret-1',
    });
    try {
      const ask = (headers: Record<string, string> = {}): Promise<Response> =>
        fetch(`${own.origin}/v1/answer`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...headers },
          // Quotations alone: the drain has a deadline, and tests may run on a busy machine.
          body: JSON.stringify({ question: QUESTION, drafts: 0 }),
        });
      expect((await ask()).status).toBe(401);
      const key = { authorization: 'Bearer secret-1' };
      const answering = ask(key);
      await engine.asked;
      const stopped = own.stop();
      // A question that came before the signal is taken would wait for the engine as well.
      await expect.poll(() => own.log(), { timeout: 10_000 }).toContain('stopping:');
      // The answer cannot be ready before the engine answers, so these come while it is in hand.
      await expect
        .poll(
          () =>
            ask(key).then(
              ({ status }) => status,
              () => 'refused',
            ),
          { timeout: 20_000 },
        )
        .toSatisfy((seen) => seen === 503 || seen === 'refused');
      engine.release();
      const response = await answering;
      expect(response.status).toBe(200);
      const answer = (await response.json()) as Answer;
      checkAnswer(answer);
      expect(answer.answer).toContain('1,642');
      expect(await stopped).toBe(0);
    } finally {
      engine.release();
      own.process.kill('SIGKILL');
      await engine.close();
    }
  });
});
