/**
 * A loopback server in the shape of OpenAI's API, for tests: it writes fixed words per seed, and can be
 * told to misbehave in the ways that real servers do.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

export interface ServerFaults {
  /** Milliseconds before each piece. */
  delayMs?: number;
  /** Status, body and headers of the next replies, one each. */
  replies?: { status: number; body: string; headers?: Record<string, string> }[];
  /** Bytes of the stream after which the connection is cut. */
  cutAfterEvents?: number;
  /** `malformed`: an event that is no JSON; `error`: an error event; `whole`: JSON without a stream. */
  stream?: 'malformed' | 'error' | 'whole' | 'silent';
  /** Parameters that get a 400 that names them. */
  refuses?: string[];
  /** `n` is read over. */
  ignoresN?: boolean;
  noUsage?: boolean;
  /** Every draft says this. */
  says?: string;
  /** Written before each answer. */
  preface?: string;
}

export interface SeenRequest {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: Record<string, unknown>;
  /** Set when the client closed the connection before the end. */
  abandoned: boolean;
}

const WORDS = 'The river carries sand and light down to the wide grey sea below old hills'.split(
  ' ',
);

/** What draft `seed` says at a temperature: the same for the same arguments. */
export function wordsOf(seed: number, temperature: number, count: number): string[] {
  const start = temperature === 0 ? 0 : 1 + (seed % (WORDS.length - 1));
  return Array.from({ length: count }, (_, at) => WORDS[(start + at) % WORDS.length] as string);
}

export class LoopbackModelServer {
  readonly requests: SeenRequest[] = [];
  faults: ServerFaults = {};
  models: unknown = { object: 'list', data: [{ id: 'loopback-model', owned_by: 'tests' }] };
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      void this.#answer(request, response).catch(() => response.destroy());
    });
  }

  static async start(): Promise<LoopbackModelServer> {
    const made = new LoopbackModelServer();
    await new Promise<void>((resolve) => {
      made.#server.listen(0, '127.0.0.1', resolve);
    });
    return made;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '/';
    const send = (status: number, value: unknown, headers: Record<string, string> = {}): void => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(typeof value === 'string' ? value : JSON.stringify(value));
    };
    if (request.method === 'GET' && path === '/v1/models') {
      send(200, this.models);
      return;
    }
    if (request.method !== 'POST' || !/^\/v1\/(?:chat\/)?completions$/u.test(path)) {
      send(404, { error: { message: 'Not Found' } });
      return;
    }
    const body = (await json(request)) as Record<string, unknown>;
    const seen: SeenRequest = {
      path,
      authorization: request.headers.authorization,
      body,
      abandoned: false,
    };
    this.requests.push(seen);
    const fixed = this.faults.replies?.shift();
    if (fixed !== undefined) {
      send(fixed.status, fixed.body, fixed.headers);
      return;
    }
    const refused = this.faults.refuses?.find((name) => name in body);
    if (refused !== undefined) {
      send(400, { error: { message: `Unsupported parameter: '${refused}'`, param: refused } });
      return;
    }
    response.on('close', () => {
      seen.abandoned = !response.writableFinished;
    });
    await this.#write(path.includes('chat'), body, response);
  }

  async #write(
    chat: boolean,
    body: Record<string, unknown>,
    response: ServerResponse,
  ): Promise<void> {
    const { faults } = this;
    const number = (name: string, fallback: number): number =>
      typeof body[name] === 'number' ? body[name] : fallback;
    const n = faults.ignoresN === true ? 1 : number('n', 1);
    const count = Math.min(number('max_tokens', number('max_completion_tokens', 16)), 400);
    const stops = Array.isArray(body['stop']) ? (body['stop'] as string[]) : [];
    const drafts = Array.from({ length: n }, (_, index) => {
      const words = wordsOf(number('seed', 0) + index, number('temperature', 1), count);
      const text = `${faults.preface ?? ''}${faults.says ?? words.join(' ')}`;
      const end = Math.min(...stops.map((stop) => text.indexOf(stop)).filter((at) => at !== -1));
      return Number.isFinite(end) ? text.slice(0, end) : text;
    });
    const usage = {
      prompt_tokens: 7,
      completion_tokens: drafts.reduce((sum, text) => sum + text.split(' ').length, 0),
    };
    if (faults.stream === 'whole') {
      const choices = drafts.map((text, index) => ({
        index,
        ...(chat ? { message: { role: 'assistant', content: text } } : { text }),
        finish_reason: 'length',
      }));
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ choices, ...(faults.noUsage === true ? {} : { usage }) }));
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    let events = 0;
    const event = (value: unknown): boolean => {
      events += 1;
      if (faults.cutAfterEvents !== undefined && events > faults.cutAfterEvents) {
        response.destroy();
        return false;
      }
      response.write(`data: ${typeof value === 'string' ? value : JSON.stringify(value)}\n\n`);
      return true;
    };
    if (faults.stream === 'silent') return;
    const pieces = drafts.map((text) => text.match(/\s*\S+/gu) ?? []);
    const longest = Math.max(...pieces.map(({ length }) => length));
    for (let at = 0; at < longest; at += 1) {
      if (response.destroyed) return;
      await new Promise((resolve) => setTimeout(resolve, faults.delayMs ?? 0));
      if (at === 2 && faults.stream === 'malformed' && !event('{"choices": [')) return;
      if (at === 2 && faults.stream === 'error') event({ error: { message: 'out of memory' } });
      for (const [index, words] of pieces.entries()) {
        const text = words[at];
        if (text === undefined) continue;
        const part = chat ? { delta: { content: text } } : { text };
        if (!event({ choices: [{ index, ...part, finish_reason: null }] })) return;
      }
    }
    for (const index of pieces.keys()) {
      event({
        choices: [{ index, ...(chat ? { delta: {} } : { text: '' }), finish_reason: 'length' }],
      });
    }
    if (faults.noUsage !== true && typeof body['stream_options'] === 'object') {
      event({ choices: [], usage });
    }
    event('[DONE]');
    response.end();
  }
}
