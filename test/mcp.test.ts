/** The MCP server with the official client, over stdio and streamable HTTP, as an agent uses it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../src/core/package-root.ts';
import { answerOutput, readPageOutput, searchOutput } from '../src/mcp/mcp-schemas.ts';
import { TEST_CACHE } from './footnote-process.ts';
import { startLoopbackWeb, type LoopbackWeb } from './loopback-web.ts';
import { weights } from './weights.ts';

const ready = weights('smollm2-135m') !== null && weights('multilingual-e5-small') !== null;
/** The first answer of a process loads the models, and the first of all converts them. */
const COLD_MS = 200_000;
const MAIN = join(packageRoot, 'dist/src/main.js');
const QUESTION = 'How deep is Lake Baikal?';
const PAGE = `<!doctype html><html lang="en"><head><title>Bolts of the Zyx mill</title>
<meta property="article:published_time" content="2024-05-06"></head><body><article><h1>Bolts of the Zyx mill</h1>
<p>${'The mill of Zyx is held together by bolts of bronze, which were cast in the year 1803. '.repeat(6)}</p>
<h2>How they are kept</h2><p>${'Every bolt is greased in spring, and counted again before the winter comes. '.repeat(6)}</p>
</article></body></html>`;

let web: LoopbackWeb;

const environment = (): Record<string, string> => ({
  ...(process.env as Record<string, string>),
  FOOTNOTE_SEARCH: 'sample',
  FOOTNOTE_GENERATOR: 'smollm2-135m',
  FOOTNOTE_CACHE_DIR: TEST_CACHE,
  FOOTNOTE_FETCH_ALLOW: web.endpoint,
});

const newClient = (mode: 'legacy' | 'auto' = 'legacy'): Client =>
  new Client({ name: 'test', version: '1.0.0' }, { versionNegotiation: { mode } });

function textOf(result: { readonly content?: unknown }): string {
  return (result.content as { readonly text?: string }[]).map(({ text }) => text ?? '').join('\n');
}

/** A call that is cancelled while its page keeps silent: it fails, and its request ends. */
async function checkCancelling(client: Client): Promise<void> {
  const stop = new AbortController();
  const call = client.callTool(
    { name: 'read_page', arguments: { url: web.url('/never') } },
    { signal: stop.signal },
  );
  const failed = expect(call).rejects.toThrow();
  await expect.poll(() => web.activeRequests).toBe(1);
  stop.abort();
  await failed;
  // A page has 8 seconds: with the work still going on the request would stay open.
  await expect.poll(() => web.activeRequests, { timeout: 3_000 }).toBe(0);
}

/** What every transport must do. */
async function checkTools(client: Client): Promise<void> {
  const { tools } = await client.listTools();
  expect(tools.map(({ name }) => name).toSorted()).toEqual([
    'answer',
    'read_page',
    'search',
    'verify',
  ]);
  for (const tool of tools) {
    expect(tool.inputSchema.type).toBe('object');
    expect(tool.outputSchema).toBeDefined();
    expect(tool.annotations?.readOnlyHint).toBe(true);
  }
  const heard: (string | undefined)[] = [];
  const answered = await client.callTool(
    { name: 'answer', arguments: { question: QUESTION } },
    { timeout: COLD_MS, onprogress: ({ message }) => heard.push(message) },
  );
  const answer = answerOutput.parse(answered.structuredContent);
  expect(answer.answer).toContain('1,642');
  expect(answer.sentences[0]?.citations[0]?.url).toContain('#:~:text=');
  expect(textOf(answered)).toMatch(/1,642[^]*\nSources\n\[1\] Lake Baikal http/u);
  expect(heard[0]).toMatch(/^found \d+ pages$/u);
  expect(heard).toContain('read Lake Baikal');
}

beforeAll(async () => {
  web = await startLoopbackWeb({
    pages: { '/zyx': PAGE, '/never': () => undefined },
  });
});

afterAll(() => web.close());

describe.skipIf(!ready)('mcp over stdio', () => {
  let client: Client;
  let pid: number | null = null;

  beforeAll(async () => {
    client = newClient();
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: [MAIN, 'mcp'],
      env: environment(),
      stderr: 'ignore',
    });
    await client.connect(transport, { timeout: 60_000 });
    pid = transport.pid;
  }, 120_000);

  it(
    'lists its tools, answers with citations and tells its progress',
    async () => {
      expect(client.getServerVersion()?.name).toBe('footnote');
      expect(client.getInstructions()).toContain('never an instruction');
      await checkTools(client);
    },
    COLD_MS,
  );

  it('understands a follow-up from the conversation', async () => {
    const result = await client.callTool(
      {
        name: 'answer',
        arguments: {
          question: 'How wide is it?',
          messages: [
            { role: 'user', content: QUESTION },
            { role: 'assistant', content: 'Lake Baikal is 1,642 metres deep.' },
          ],
        },
      },
      { timeout: 60_000 },
    );
    expect(answerOutput.parse(result.structuredContent).answer).toContain('79 kilometres');
  });

  it('gives passages with their evidence', async () => {
    const result = await client.callTool(
      { name: 'search', arguments: { question: QUESTION, max_references: 2 } },
      { timeout: 60_000 },
    );
    const found = searchOutput.parse(result.structuredContent);
    expect(found.references.length).toBeGreaterThan(0);
    for (const { text, evidence } of found.references) {
      for (const sentence of evidence) expect(text).toContain(sentence);
    }
  });

  it('reads a page as Markdown, in parts, behind the guard', async () => {
    const read = async (options: object) =>
      client.callTool({ name: 'read_page', arguments: { url: web.url('/zyx'), ...options } });
    const whole = readPageOutput.parse((await read({})).structuredContent);
    expect(whole).toMatchObject({ title: 'Bolts of the Zyx mill', next_offset: null });
    expect(whole.published_at).toContain('2024-05-06');
    expect(whole.text).toContain('## How they are kept\n');
    let joined = '';
    for (let offset: number | null = 0; offset !== null;) {
      const part = readPageOutput.parse(
        (await read({ offset, max_characters: 300 })).structuredContent,
      );
      expect(part.text.length).toBeLessThanOrEqual(302);
      joined += part.text;
      offset = part.next_offset;
    }
    expect(joined).toBe(whole.text);

    const refused = await client.callTool({
      name: 'read_page',
      arguments: { url: 'http://169.254.169.254/latest/meta-data/' },
    });
    expect(refused.isError).toBe(true);
    expect(textOf(refused)).toMatch(/^url-refused: /u);
  });

  it('says what is wrong with arguments', async () => {
    const wrong = await client
      .callTool({ name: 'answer', arguments: { question: '' } })
      .then(textOf, (error: unknown) => String(error));
    expect(wrong).toContain('question');
  });

  it('stops the work of a cancelled call', async () => {
    await checkCancelling(client);
  });

  it('ends with its client', async () => {
    await client.close();
    await expect
      .poll(
        () => {
          try {
            process.kill(pid ?? 0, 0);
            return 'running';
          } catch {
            return 'gone';
          }
        },
        { timeout: 10_000 },
      )
      .toBe('gone');
  });
});

describe.skipIf(!ready)('mcp over HTTP', () => {
  let child: ChildProcess;
  let address: URL;

  beforeAll(async () => {
    child = spawn(process.execPath, [MAIN, 'mcp', '--http', '--port', '0'], {
      env: { ...environment(), FOOTNOTE_API_KEYS: 'secret-1' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let log = '';
    address = await new Promise<URL>((resolve, reject) => {
      child.stderr?.on('data', (chunk: Buffer) => {
        log += chunk.toString();
        const found = /http:\/\/\S+\/mcp/u.exec(log)?.[0];
        if (found !== undefined) resolve(new URL(found));
      });
      child.once('exit', () => reject(new Error(log)));
    });
  }, 120_000);

  afterAll(async () => {
    child.kill('SIGTERM');
    expect((await once(child, 'exit'))[0]).toBe(0);
  });

  const transport = (key = 'secret-1'): StreamableHTTPClientTransport =>
    new StreamableHTTPClientTransport(address, {
      requestInit: { headers: { authorization: `Bearer ${key}` } },
    });

  it.each(['legacy', 'auto'] as const)(
    'serves the %s revision of the protocol',
    async (mode) => {
      const client = newClient(mode);
      await client.connect(transport());
      await checkTools(client);
      await client.close();
    },
    COLD_MS,
  );

  it('stops the work of a client that leaves', async () => {
    const client = newClient('auto');
    await client.connect(transport());
    await checkCancelling(client);
    await client.close();
  });

  it.each(['application/json', 'text/event-stream', '*/*'])(
    'answers a client that accepts %s only',
    async (accept) => {
      const response = await fetch(address, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept, authorization: 'Bearer secret-1' },
        body: JSON.stringify({
          jsonrpc: '2.0',
          id: 1,
          method: 'initialize',
          params: {
            protocolVersion: '2025-03-26',
            capabilities: {},
            clientInfo: { name: 't', version: '1' },
          },
        }),
      });
      expect(response.status).toBe(200);
      if (accept !== '*/*') expect(response.headers.get('content-type')).toContain(accept);
      expect(await response.text()).toContain('protocolVersion');
    },
  );

  it('wants a key, and refuses other names and origins', async () => {
    await expect(newClient().connect(transport('wrong'))).rejects.toThrow();
    const post = (headers: Record<string, string>): Promise<Response> =>
      fetch(address, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          ...headers,
        },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' }),
      });
    expect((await post({})).status).toBe(401);
    expect((await post({ origin: 'https://evil.example' })).status).toBe(403);
    expect(
      (await post({ authorization: 'Bearer secret-1', origin: 'https://evil.example' })).status,
    ).toBe(403);
    // fetch does not let a caller set Host: a rebound name is sent by hand.
    const { request } = await import('node:http');
    const rebound = request(address, { method: 'POST', headers: { host: 'evil.example' } });
    rebound.end('{}');
    const [response] = (await once(rebound, 'response')) as [{ statusCode?: number }];
    expect(response.statusCode).toBe(403);
  });
});
