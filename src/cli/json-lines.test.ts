import { once } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { runJsonLines } from './json-lines.ts';

async function run(
  input: string,
  work: (line: { readonly id: unknown }) => Promise<object> | object,
): Promise<{ readonly lines: unknown[]; readonly failures: number }> {
  const output = new PassThrough();
  const all = text(output);
  const failures = await runJsonLines({
    input: Readable.from([Buffer.from(input)]),
    output,
    signal: new AbortController().signal,
    concurrency: 4,
    work,
  });
  output.end();
  return {
    lines: (await all)
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as unknown),
    failures,
  };
}

describe('runJsonLines', () => {
  it('keeps order whatever the work takes', async () => {
    const input = Array.from({ length: 20 }, (_, id) => JSON.stringify({ id })).join('\n');
    const { lines } = await run(input, async ({ id }) => {
      await new Promise((resolve) => setTimeout(resolve, (20 - Number(id)) % 7));
      return { id };
    });
    expect(lines).toEqual(Array.from({ length: 20 }, (_, id) => ({ id })));
  });

  it('answers a line while the input stays open, and holds back when nobody reads', async () => {
    const input = new PassThrough();
    const output = new PassThrough({ highWaterMark: 8 });
    let started = 0;
    const done = runJsonLines({
      input,
      output,
      signal: new AbortController().signal,
      concurrency: 2,
      work: ({ id }) => {
        started += 1;
        return { id };
      },
    });
    input.write('{"id":1}\n');
    const [first] = (await once(output, 'data')) as [Buffer];
    expect(first.toString()).toBe('{"id":1}\n');
    output.pause();
    input.write('{"id":2}\n{"id":3}\n{"id":4}\n{"id":5}\n{"id":6}\n');
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(started).toBeLessThan(6);
    input.end();
    output.resume();
    await done;
    expect(started).toBe(6);
  });

  it('answers a bad line with an error line and goes on', async () => {
    const { lines, failures } = await run('{"id":1}\r\n{oops\n[1]\n\n{"id":"b"}', ({ id }) => {
      if (id === 'b') throw new TypeError('no');
      return { id };
    });
    expect(failures).toBe(3);
    expect(lines).toEqual([
      { id: 1 },
      { id: null, error: { code: 'bad-json', message: expect.stringContaining('JSON') as string } },
      { id: null, error: { code: 'bad-request', message: 'a line must be a JSON object' } },
      { id: 'b', error: { code: 'internal', message: 'no' } },
    ]);
  });
});
