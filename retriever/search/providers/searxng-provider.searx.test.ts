import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LoopbackEngine } from '../testing/loopback-engine.ts';
import { searxCommand, startSearx } from '../testing/searx-instance.ts';
import { SearxngProvider } from './searxng-provider.ts';

const command = searxCommand('/usr/bin:/usr/local/bin');
const title = `searxng provider against Debian's searx${command === null ? ' (skipped: `searx` is not installed; apt-get install --no-install-recommends searx)' : ''}`;

describe.skipIf(command === null)(title, () => {
  let engine: LoopbackEngine;
  let searx: Awaited<ReturnType<typeof startSearx>>;
  const query = { text: 'tea & 茶', language: 'en', limit: 10, sites: [] };
  const signal = (): { signal: AbortSignal } => ({ signal: AbortSignal.timeout(30_000) });

  beforeAll(async () => {
    engine = await LoopbackEngine.start();
    searx = await startSearx(command ?? '', engine.url);
  });
  afterAll(async () => {
    await searx.close();
    await engine.close();
  });

  const hits = (...names: string[]): { headers: Record<string, string>; body: string } => ({
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      hits: names.map((name) => ({
        address: `https://${name}.example.org/page`,
        name: `Page ${name}`,
        about: `All about ${name} & more`,
      })),
    }),
  });

  it('searches through it', async () => {
    engine.answer(hits('green', 'black'));
    const results = await new SearxngProvider({ url: searx.url }).search(query, signal());
    expect(results).toEqual([
      {
        url: 'https://green.example.org/page',
        title: 'Page green',
        snippet: 'All about green & more',
        publishedAt: null,
        provider: 'searxng',
        rank: 1,
      },
      expect.objectContaining({ url: 'https://black.example.org/page', rank: 2 }),
    ]);
    expect(engine.last.url.searchParams.get('query')).toBe('tea & 茶');
  });

  it('passes the sites on in the words', async () => {
    engine.answer(hits('green', 'black'));
    const limited = { ...query, sites: ['green.example.org'] };
    const results = await new SearxngProvider({ url: searx.url }).search(limited, signal());
    expect(results.map((result) => result.title)).toEqual(['Page green']);
    expect(engine.last.url.searchParams.get('query')).toBe('tea & 茶 site:green.example.org');
  });

  it('takes an empty list for an empty list', async () => {
    engine.answer(hits());
    expect(await new SearxngProvider({ url: searx.url }).search(query, signal())).toEqual([]);
  });

  it('tells engines that failed from an empty web', async () => {
    engine.answer({ status: 500, body: 'broken' });
    const search = new SearxngProvider({ url: searx.url }).search(query, signal());
    await expect(search).rejects.toMatchObject({
      code: 'search-blocked',
      message: expect.stringContaining('loopback') as string,
    });
  });
});
