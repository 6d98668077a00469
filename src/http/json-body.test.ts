import express from 'express';
import { describe, expect, it } from 'vitest';
import { toFootnoteError } from '../core/errors.ts';
import { checkShape, jsonBody } from './json-body.ts';
import { listen } from './http-server.ts';

const check =
  (text: string): (() => void) =>
  () =>
    checkShape(Buffer.from(text), 'utf-8');

describe('checkShape', () => {
  it.each([
    ['['.repeat(41), /nested deeper than 40/u],
    ['{"a":'.repeat(500_000), /nested deeper than 40/u],
    [`[${'1,'.repeat(10_000)}1]`, /more than 10000 values/u],
  ])('refuses what is too deep or too many (%#)', (text, says) => {
    expect(check(text)).toThrow(says);
  });

  it('does not count what is inside a string', () => {
    expect(check(JSON.stringify({ a: `\\"${'[{,'.repeat(20_000)}` }))).not.toThrow();
    expect(check(`[${'[],'.repeat(4_000)}1]`)).not.toThrow();
  });

  it('wants UTF-8', () => {
    expect(() => checkShape(Buffer.from('{}', 'utf16le'), 'utf-16le')).toThrow(/UTF-8/u);
  });
});

describe('jsonBody', () => {
  it('answers, in both directions of the bound', async () => {
    const app = express();
    app.post('/', ...jsonBody(1_000_000), (request, response) => response.json(request.body));
    app.use((thrown: unknown, _: unknown, response: express.Response, _next: unknown) => {
      response.status(400).send(toFootnoteError(thrown).message);
    });
    const server = await listen(app, '127.0.0.1', 0);
    const post = async (body: string): Promise<string> => {
      const response = await fetch(server.origin, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      });
      return response.text();
    };
    try {
      expect(await post('{"a":[1]}')).toBe('{"a":[1]}');
      expect(await post('['.repeat(100_000))).toMatch(/nested deeper/u);
    } finally {
      await server.stop();
    }
  });
});
