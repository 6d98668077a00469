import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type NextFunction, type Request, type Response } from 'express';
import { afterEach, describe, expect, it } from 'vitest';
import { FootnoteError, toFootnoteError } from '../core/errors.ts';
import { bearerCheck, CLIENT, newApiKey, scryptForm } from './bearer-check.ts';
import { rateLimit } from './rate-limit.ts';

let server: Server | null = null;

/** A server behind the two guards, which tells who asked. */
async function guarded(keys: readonly string[], perMinute = 0): Promise<string> {
  const app = express()
    .use(bearerCheck(keys), rateLimit(perMinute))
    .get('/', (_, response) => {
      response.send(String(response.locals[CLIENT]));
    })
    // Express knows an error handler by its four parameters.
    .use((error: unknown, _: Request, response: Response, _next: NextFunction) => {
      const { code, retryAfterSeconds } = toFootnoteError(error);
      response.status(400).json({ code, retryAfterSeconds });
    });
  server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

async function get(url: string, headers: Record<string, string> = {}) {
  const response = await fetch(url, { headers });
  return { headers: response.headers, text: await response.text() };
}

const bearer = (key: string): Record<string, string> => ({ authorization: `Bearer ${key}` });

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

describe('bearerCheck', () => {
  it('knows each key by its number, however it is kept', async () => {
    const [one, two] = [newApiKey(), newApiKey()];
    const url = await guarded([one.sha256, two.scrypt, scryptForm('my own words'), 'plain']);
    for (const [index, key] of [one.key, two.key, 'my own words', 'plain'].entries()) {
      expect((await get(url, bearer(key))).text).toBe(`key:${index}`);
      // The second time it is known by its digest.
      expect((await get(url, { 'x-api-key': key })).text).toBe(`key:${index}`);
    }
  });

  it('refuses what is no key, a hash among them', async () => {
    const { key, sha256, scrypt } = newApiKey();
    const url = await guarded([sha256, scrypt]);
    const wrong = ['', 'wrong', sha256, sha256.slice(7), scrypt, `${key}x`, key.slice(1)];
    for (const one of wrong) {
      expect((await get(url, bearer(one))).text).toContain('unauthorized');
    }
    const basic = await get(url, { authorization: `Basic ${key}` });
    expect(basic.text).toContain('unauthorized');
    expect((await get(url)).text).toContain('unauthorized');
  });

  it('takes the scheme in any case of letters', async () => {
    const url = await guarded(['one']);
    for (const scheme of ['bearer', 'BEARER', 'Bearer ']) {
      expect((await get(url, { authorization: `${scheme} one` })).text).toBe('key:0');
    }
  });

  it('hashes slowly beside the event loop, and stops looking at an address after many wrong keys', async () => {
    const { key, scrypt } = newApiKey();
    const url = await guarded([scrypt]);
    expect((await get(url, bearer(key))).text).toBe('key:0');
    // While unknown keys are hashed on another thread, a known one passes by.
    const ended: string[] = [];
    const first = get(url, bearer('wrong key')).then(() => ended.push('wrong'));
    await Promise.all([first, get(url, bearer(key)).then(() => ended.push('known'))]);
    expect(ended).toEqual(['known', 'wrong']);
    const wrong = await Promise.all(
      Array.from({ length: 24 }, (_, index) => get(url, bearer(`wrong ${index}`))),
    );
    const codes = wrong.map(({ text }) => (JSON.parse(text) as { code: string }).code);
    expect(codes).toContain('unauthorized');
    expect(codes).toContain('overloaded');
    expect(codes).not.toContain('internal');
    for (let index = 0; index < 20; index += 1) await get(url, bearer('wrong again'));
    expect((await get(url, bearer('another'))).text).toContain('rate-limited');
    // Who is known comes in all the same.
    expect((await get(url, bearer(key))).text).toBe('key:0');
  }, 180_000);

  it('knows by the address who asks where no keys are wanted', async () => {
    expect((await get(await guarded([]), bearer('any'))).text).toMatch(/^address:.*127\.0\.0\.1$/u);
  });

  it.each(['sha256:12', 'scrypt:', 'scrypt:abc', `scrypt:${'a'.repeat(20)}:zz`])(
    'refuses %s at once, without repeating it',
    (entry) => {
      const start = (): unknown => bearerCheck(['good', entry]);
      expect(start).toThrow(FootnoteError);
      expect(start).toThrow(/API key 2/u);
      expect(start).not.toThrow(new RegExp(entry.slice(7) || 'nothing', 'u'));
    },
  );
});

describe('rateLimit', () => {
  it('counts down for each key by itself, then says how long to wait', async () => {
    const url = await guarded(['one', 'two'], 2);
    const first = await get(url, bearer('one'));
    expect(first.headers.get('x-ratelimit-limit')).toBe('2');
    expect(first.headers.get('x-ratelimit-remaining')).toBe('1');
    expect(first.headers.get('ratelimit-policy')).toBe('"default";q=2;w=60');
    expect(first.headers.get('ratelimit')).toMatch(/^"default";r=1;t=(?:60|5\d)$/u);
    expect((await get(url, bearer('one'))).headers.get('x-ratelimit-remaining')).toBe('0');
    const third = await get(url, bearer('one'));
    const { code, retryAfterSeconds } = JSON.parse(third.text) as {
      code: string;
      retryAfterSeconds: number;
    };
    expect(code).toBe('rate-limited');
    expect(retryAfterSeconds).toBeGreaterThan(50);
    expect(retryAfterSeconds).toBeLessThanOrEqual(60);
    expect((await get(url, bearer('two'))).text).toBe('key:1');
  });

  it('says nothing where there is no limit', async () => {
    const { headers } = await get(await guarded([]));
    expect(headers.get('ratelimit')).toBeNull();
    expect(headers.get('x-ratelimit-limit')).toBeNull();
  });
});
