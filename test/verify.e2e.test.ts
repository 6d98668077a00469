/** `footnote verify`, `POST /v1/verify` and the examples of README, as users run them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createParser } from 'eventsource-parser';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Verification } from '../src/verify/verification.ts';
import { weights } from './weights.ts';
import { runFootnote, startService, TEST_CACHE, type Service } from './footnote-process.ts';

const PAGE = `<html><head><title>The mill at Talby</title></head><body><article><h1>The mill at Talby</h1>
<p>The mill at Talby was built by Agnes Holt in 1874. It burnt down in 1902 and was rebuilt two years later.</p>
<p>Today the mill is a museum that is open from May to September. About 4,000 people visit it every year.</p>
</article></body></html>`;
const ready = weights('smollm2-135m') !== null && weights('multilingual-e5-small') !== null;
const TRUE = 'The mill at Talby was built by Agnes Holt in 1874.';
const FALSE = 'The mill at Talby was built by Peter Lund in 1911.';

describe.skipIf(!ready)('verify', () => {
  const folder = mkdtempSync(join(tmpdir(), 'footnote-verify-'));
  let web: Server;
  let host: string;
  let service: Service;
  const env = () => ({ FOOTNOTE_CACHE_DIR: TEST_CACHE, FOOTNOTE_FETCH_ALLOW: host });
  const post = (body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${service.origin}/v1/verify`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });

  beforeAll(async () => {
    web = createServer((request, response) => {
      if (request.url === '/mill') response.setHeader('content-type', 'text/html').end(PAGE);
      else response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => {
      web.listen(0, '127.0.0.1', resolve);
    });
    host = `127.0.0.1:${(web.address() as AddressInfo).port}`;
    service = await startService({
      ...env(),
      FOOTNOTE_SEARCH: 'sample',
      // Nothing is written here; the smallest model starts soonest.
      FOOTNOTE_GENERATOR: 'smollm2-135m',
    });
  }, 120_000);
  afterAll(async () => {
    expect(await service.stop()).toBe(0);
    web.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('checks a text against given references, with exact quotes', async () => {
    const text = `${TRUE}[1] ${FALSE}[1]`;
    const response = await post({
      text,
      references: [{ title: 'Mills', text: `Of mills. ${TRUE}` }],
    });
    expect(response.status).toBe(200);
    const made = (await response.json()) as Verification;
    expect(made.sentences.map(({ verdict }) => verdict)[0]).toBe('supported');
    expect(['unsupported', 'contradicted']).toContain(made.sentences[1]?.verdict);
    for (const { text: sentence, start, end, citations } of made.sentences) {
      expect(text.slice(start, end)).toBe(sentence);
      for (const { reference, quote, ...span } of citations) {
        expect(made.references[reference - 1]?.text.slice(span.start, span.end)).toBe(quote);
      }
    }
  });

  it('streams a verdict for each sentence, and the whole at the end', async () => {
    const response = await post(
      { text: `${TRUE} ${FALSE}`, urls: [`http://${host}/mill`, `http://${host}/gone`] },
      { accept: 'text/event-stream' },
    );
    const events: { event: string | undefined; data: unknown }[] = [];
    const parser = createParser({
      onEvent: ({ event, data }) => events.push({ event, data: JSON.parse(data) as unknown }),
    });
    parser.feed(await response.text());
    expect(events.map(({ event }) => event)).toEqual([
      'page-end',
      'page-end',
      'references',
      'sentence-end',
      'sentence-end',
      'verify-end',
    ]);
    const made = events.at(-1)?.data as Verification;
    expect(made.summary.supported).toBe(1);
    expect(made.references.map(({ number }) => number)).toEqual([1, 2]);
    expect(made.sentences[0]?.citations[0]?.url).toContain(`http://${host}/mill#:~:text=`);
    expect(made.warnings.map(({ code }) => code)).toContain('http-status');
  });

  it('checks against what a search finds', async () => {
    const text = 'The Museum of Everyday Inventions counted 187,450 visitors in 2024.';
    const made = (await (await post({ text, search: true })).json()) as Verification;
    expect(made.sentences[0]?.verdict).toBe('supported');
    expect(made.references.length).toBeGreaterThan(0);
  });

  it.each([
    [{ text: 'x' }, 'exactly one of references, urls and search'],
    [{ text: 'x', references: [{ text: 'y' }], search: true }, 'exactly one'],
    [{ text: '', search: true }, 'must not be empty'],
    [{ text: 'x', urls: ['file:///etc/passwd'] }, 'urls'],
    [{ text: 'x', sources: [] }, 'sources'],
  ])('refuses %j with the reason', async (body, said) => {
    const response = await post(body);
    expect(response.status).toBe(400);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    expect(JSON.stringify(await response.json())).toContain(said);
  });

  it('never fetches what the guard refuses', async () => {
    const response = await post({ text: TRUE, urls: ['http://169.254.169.254/latest/meta-data'] });
    expect(response.status).toBe(502);
    expect(JSON.stringify(await response.json())).toContain('169.254.169.254');
  });

  it('checks a long text while the service goes on answering', async () => {
    const text = Array.from(
      { length: 200 },
      (_, at) => `In ${1000 + at} the mill at Talby ground wheat for the town.`,
    ).join(' ');
    const references = [{ text: `${text} ${TRUE}` }];
    let slowest = 0;
    let done = false;
    const probing = (async () => {
      while (!done) {
        const started = performance.now();
        await fetch(`${service.origin}/healthz`);
        slowest = Math.max(slowest, performance.now() - started);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    })();
    const made = (await (await post({ text, references })).json()) as Verification;
    done = true;
    await probing;
    expect(made.sentences).toHaveLength(200);
    expect(made.summary.supported).toBeGreaterThan(150);
    // Far above what is to be expected, far below what a blocked event loop shows.
    expect(slowest).toBeLessThan(5_000);
  }, 300_000);

  it('fails a check in CI, with annotations or JUnit, and passes one', async () => {
    writeFileSync(join(folder, 'answer.md'), `# Mills\n\n${TRUE}\n\n${FALSE}\n`);
    writeFileSync(join(folder, 'source.txt'), `${TRUE} It burnt down in 1902.`);
    const args = (file: string, format: string): string[] => [
      'verify',
      file,
      '--reference',
      join(folder, 'source.txt'),
      '--format',
      format,
    ];
    const github = await runFootnote(args(join(folder, 'answer.md'), 'github'), { env: env() });
    expect(github.code).toBe(3);
    expect(github.stdout).toMatch(
      /::error file=.*answer\.md,line=5,title=(?:unsupported|contradicted)::The mill/u,
    );
    const junit = await runFootnote(args(join(folder, 'answer.md'), 'junit'), { env: env() });
    expect(junit.stdout).toContain('tests="2" failures="1"');
    const good = await runFootnote(args('-', 'text'), { env: env(), input: TRUE });
    expect(good.stdout).toContain('1 supported');
    expect(good.code).toBe(0);
  }, 120_000);
});
