import {
  createServer,
  type IncomingHttpHeaders,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SeenRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

type Behaviour = (request: SeenRequest, response: ServerResponse) => Reply | null;

/** A search engine's stand-in on loopback: real HTTP, answers as the test says, remembers what came. */
export class LoopbackEngine {
  readonly requests: SeenRequest[] = [];
  /** Connections that the other side closed before an answer was sent. */
  hungUp = 0;
  readonly #server: Server;
  #behaviour: Behaviour = () => ({ status: 404, body: 'nothing here' });

  constructor() {
    this.#server = createServer((incoming, response) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('close', () => {
        if (!response.writableEnded) this.hungUp++;
      });
      incoming.on('end', () => {
        const request: SeenRequest = {
          method: incoming.method ?? '',
          url: new URL(incoming.url ?? '/', this.url),
          headers: incoming.headers,
          body: Buffer.concat(chunks).toString('utf8'),
        };
        this.requests.push(request);
        const reply = this.#behaviour(request, response);
        if (reply === null) return;
        response.writeHead(reply.status ?? 200, reply.headers);
        response.end(reply.body);
      });
    });
  }

  static async start(): Promise<LoopbackEngine> {
    const engine = new LoopbackEngine();
    await new Promise<void>((resolve) => engine.#server.listen(0, '127.0.0.1', resolve));
    return engine;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get last(): SeenRequest {
    const request = this.requests.at(-1);
    if (request === undefined) throw new Error('no request came');
    return request;
  }

  /** Answers every request so from now on. */
  answer(reply: Reply): void {
    this.#behaviour = () => reply;
  }

  /** Decides request by request; null leaves the answer to the function (or leaves it open). */
  behave(behaviour: Behaviour): void {
    this.#behaviour = behaviour;
  }

  /** Takes the request and never answers. */
  hang(): void {
    this.#behaviour = () => null;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }
}
