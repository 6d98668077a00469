/** The service as it is run: hashed keys, rate limits, CORS; and its OpenAPI document against what it answers. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { generateApi } from 'swagger-typescript-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../src/core/package-root.ts';
import { newApiKey, scryptForm } from '../src/http/bearer-check.ts';
import { startService, TEST_CACHE, type Service } from './footnote-process.ts';
import { weights } from './weights.ts';

const ready = weights('smollm2-135m') !== null && weights('multilingual-e5-small') !== null;
const ORIGIN = 'https://app.example.org';
const random = newApiKey();
const OWN = 'a phrase of my own';
const LIMIT = 60;

type Json = Record<string, unknown>;

let service: Service;
let document: Json;

const call = (path: string, init: RequestInit = {}, key: string = random.key): Promise<Response> =>
  fetch(`${service.origin}${path}`, {
    ...init,
    headers: { authorization: `Bearer ${key}`, ...(init.headers as Record<string, string>) },
  });
const post = (path: string, body: unknown, key?: string): Promise<Response> =>
  call(
    path,
    { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) },
    key,
  );

/** Checks a response against the schema that the document has for it. */
async function conforms(path: string, method: string, response: Response): Promise<void> {
  const operation = ((document['paths'] as Json)[path] as Json)[method] as Json;
  const responses = operation['responses'] as Record<string, Json>;
  const described = responses[String(response.status)] ?? responses['default'];
  const type = (response.headers.get('content-type') ?? '').split(';')[0] ?? '';
  const content = described?.['content'] as Record<string, { schema: Json }>;
  expect(Object.keys(content)).toContain(type);
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema({ $id: 'openapi', components: document['components'] });
  const schema = JSON.parse(
    JSON.stringify(content[type]?.schema).replaceAll('"#/components', '"openapi#/components'),
  ) as Json;
  const validate = ajv.compile(schema);
  const body: unknown = type.includes('json') ? await response.json() : await response.text();
  expect([path, validate(body), validate.errors]).toEqual([path, true, null]);
}

describe.skipIf(!ready)('running the service', () => {
  beforeAll(async () => {
    service = await startService({
      FOOTNOTE_SEARCH: 'sample',
      FOOTNOTE_GENERATOR: 'smollm2-135m',
      FOOTNOTE_CACHE_DIR: TEST_CACHE,
      FOOTNOTE_API_KEYS: `${random.sha256},${scryptForm(OWN)}`,
      // None may wait: what is asked one by one is answered all the same.
      FOOTNOTE_MAX_QUEUED: '0',
      FOOTNOTE_RATE_LIMIT: String(LIMIT),
      FOOTNOTE_CORS_ORIGINS: ORIGIN,
    });
    document = (await (await call('/openapi.json')).json()) as Json;
  }, 180_000);

  afterAll(async () => {
    expect(await service.stop()).toBe(0);
  });

  it('is described by a valid OpenAPI document', async () => {
    const result = await new Validator().validate(document);
    expect(result).toMatchObject({ valid: true });
  });

  it('answers as the document says, in success and failure', async () => {
    const question = 'How deep is Lake Baikal?';
    const chat = { model: 'footnote-extractive', messages: [{ role: 'user', content: question }] };
    for (const [path, body] of [
      ['/v1/answer', { question, drafts: 0 }],
      ['/v1/answer', { question: '16 mod 12' }],
      ['/v1/answer', {}],
      ['/v1/search', { question }],
      ['/v1/search', { question: '' }],
      ['/v1/chat/completions', chat],
      ['/v1/chat/completions', { ...chat, n: 99 }],
      ['/v1/responses', { model: 'footnote-extractive', input: question }],
      [
        '/v1/responses',
        { model: 'footnote-extractive', input: question, previous_response_id: 'r' },
      ],
      ['/v1/chat/completions', { ...chat, model: 'other' }],
    ] as const) {
      await conforms(path, 'post', await post(path, body));
    }
    for (const path of ['/v1/models', '/openapi.json', '/healthz', '/readyz', '/metrics']) {
      await conforms(path, 'get', await call(path));
    }
    await conforms('/v1/models/{id}', 'get', await call('/v1/models/footnote'));
    await conforms('/v1/answer', 'post', await post('/v1/answer', { question }, 'wrong'));
  });

  it('is enough for a typed client, which type-checks and reads an answer', async () => {
    const folder = mkdtempSync(join(packageRoot, 'node_modules', '.client-'));
    try {
      await generateApi({
        spec: document,
        output: folder,
        fileName: 'client.ts',
        silent: true,
      });
      writeFileSync(
        join(folder, 'use.ts'),
        `import { Api, type Answer } from './client.ts';
export async function ask(baseUrl: string, key: string, question: string): Promise<readonly string[]> {
  const api = new Api({ baseUrl, baseApiParams: { headers: { authorization: \`Bearer \${key}\` } } });
  const { data } = await api.v1.answer({ question, drafts: 0 });
  const answer: Answer = data;
  // @ts-expect-error a question is text
  void (() => api.v1.answer({ question: 5 }));
  return answer.sentences.flatMap((sentence) => sentence.citations.map(({ quote }) => quote));
}
`,
      );
      execFileSync(
        process.execPath,
        [
          join(packageRoot, 'node_modules/typescript/bin/tsc'),
          ...'--noEmit --strict --skipLibCheck --target es2022 --module nodenext --lib es2023,dom,dom.iterable'.split(
            ' ',
          ),
          '--allowImportingTsExtensions',
          '--types',
          'node',
          '--ignoreConfig',
          join(folder, 'use.ts'),
        ],
        { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] },
      );
      const { ask } = (await import(join(folder, 'use.ts'))) as {
        ask: (origin: string, key: string, question: string) => Promise<readonly string[]>;
      };
      const quotes = await ask(service.origin, random.key, 'How deep is Lake Baikal?');
      expect(quotes.join(' ')).toContain('1,642');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('knows keys by their hashes only', async () => {
    for (const key of [random.key, OWN]) {
      expect((await call('/v1/models', {}, key)).status).toBe(200);
    }
    for (const key of ['wrong', random.sha256, `${random.key}x`]) {
      const response = await call('/v1/models', {}, key);
      expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    }
  });

  it('lets only the named origin read', async () => {
    const preflight = (origin: string): Promise<Response> =>
      fetch(`${service.origin}/v1/answer`, {
        method: 'OPTIONS',
        headers: {
          origin,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'authorization, content-type',
        },
      });
    const allowed = await preflight(ORIGIN);
    expect([allowed.status, allowed.headers.get('access-control-allow-origin')]).toEqual([
      204,
      ORIGIN,
    ]);
    expect(
      (await preflight('https://evil.example')).headers.get('access-control-allow-origin'),
    ).toBeNull();
    const read = await call('/v1/models', { headers: { origin: ORIGIN } });
    expect(read.headers.get('access-control-allow-origin')).toBe(ORIGIN);
    expect(read.headers.get('access-control-allow-credentials')).toBeNull();
  });

  it('limits each key by itself, and tells when to come back', async () => {
    let last = await call('/v1/models', {}, OWN);
    expect(last.headers.get('ratelimit-policy')).toBe(`"default";q=${LIMIT};w=60`);
    for (let count = 0; count < LIMIT && last.status === 200; count += 1) {
      last = await call('/v1/models', {}, OWN);
    }
    expect(last.status).toBe(429);
    expect(Number(last.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(last.headers.get('ratelimit')).toMatch(/^"default";r=0;t=\d+$/u);
    expect(await last.json()).toMatchObject({
      code: 'rate-limited',
      error: { type: 'rate_limit_error' },
    });
    expect((await call('/v1/models')).status).toBe(200);
  });
});
