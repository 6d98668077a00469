/**
 * A model hub on loopback that speaks the hub's protocol: `resolve/` redirects to a CDN on another
 * origin, linked headers, ranges with If-Range, the file listing, tokens, and faults on demand.
 */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface HubRequest {
  readonly host: 'hub' | 'cdn';
  readonly method: string;
  readonly url: string;
  readonly authorization: string | undefined;
  readonly range: string | undefined;
  readonly ifRange: string | undefined;
}

/** Answers a CDN request in place of the server and says whether it did. */
export type CdnFault = (
  request: IncomingMessage,
  response: ServerResponse,
  body: Buffer,
) => boolean;
/** The same for a request to the hub itself. */
export type HubFault = (request: IncomingMessage, response: ServerResponse) => boolean;

export const sha256 = (bytes: Uint8Array): string =>
  createHash('sha256').update(bytes).digest('hex');

export class LoopbackHub {
  readonly requests: HubRequest[] = [];
  /** `org/repo/file` and its bytes. */
  readonly files = new Map<string, Buffer>();
  /** Old repository names and the new ones they redirect to. */
  readonly renamed = new Map<string, string>();
  /** Each is asked once, in order, until one answers; then it is gone. */
  readonly cdnFaults: CdnFault[] = [];
  readonly hubFaults: HubFault[] = [];
  /** When set, every request needs this token. */
  token: string | null = null;
  /** What `X-Linked-ETag` says instead of the truth. */
  announced: string | null = null;
  #held: ServerResponse | null = null;
  #hub: Server | null = null;
  #cdn: Server | null = null;

  get endpoint(): string {
    return origin(this.#hub);
  }

  /** A fault: sends the first `count` bytes of a whole answer; `cut` then ends the connection. */
  holdAfter(count: number): void {
    this.cdnFaults.push((_request, response, body) => {
      const etag = `"cdn-${sha256(body).slice(0, 8)}"`;
      response.writeHead(200, { etag, 'content-length': body.length });
      response.write(body.subarray(0, count));
      this.#held = response;
      return true;
    });
  }

  /** Cuts the connection that `holdAfter` keeps. */
  cut(): void {
    this.#held?.destroy();
    this.#held = null;
  }

  async start(): Promise<void> {
    this.#hub = await listen((request, response) => {
      this.#record('hub', request);
      this.#answerHub(request, response);
    });
    this.#cdn = await listen((request, response) => {
      this.#record('cdn', request);
      this.#answerCdn(request, response);
    });
  }

  async stop(): Promise<void> {
    for (const server of [this.#hub, this.#cdn]) {
      server?.closeAllConnections();
      await new Promise((resolve) => server?.close(resolve));
    }
  }

  /** GETs that reached the CDN. */
  get downloads(): readonly HubRequest[] {
    return this.requests.filter(({ host, method }) => host === 'cdn' && method === 'GET');
  }

  #record(host: 'hub' | 'cdn', { method, url, headers }: IncomingMessage): void {
    this.requests.push({
      host,
      method: method ?? '',
      url: url ?? '',
      authorization: headers.authorization,
      range: headers.range,
      ifRange: headers['if-range'] as string | undefined,
    });
  }

  #answerHub(request: IncomingMessage, response: ServerResponse): void {
    if (take(this.hubFaults, (fault) => fault(request, response))) return;
    if (this.token !== null && request.headers.authorization !== `Bearer ${this.token}`) {
      response.writeHead(401, { 'x-error-code': 'GatedRepo', 'x-error-message': 'gated' }).end();
      return;
    }
    const url = new URL(request.url ?? '/', this.endpoint);
    const [, listed] = /^\/api\/models\/([^/]+\/[^/]+)\/tree\//.exec(url.pathname) ?? [];
    if (listed !== undefined) {
      const rows = [...this.files]
        .filter(([key]) => key.startsWith(`${listed}/`))
        .map(([key, bytes]) => ({
          type: 'file',
          path: key.slice(listed.length + 1),
          size: bytes.length,
          lfs: { oid: sha256(bytes), size: bytes.length },
        }));
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(rows));
      return;
    }
    const [, repo, file] = /^\/([^/]+\/[^/]+)\/resolve\/[^/]+\/(.+)$/.exec(url.pathname) ?? [];
    const target = this.renamed.get(repo ?? '');
    if (target !== undefined) {
      response.writeHead(307, { location: url.pathname.replace(`/${repo}/`, `/${target}/`) }).end();
      return;
    }
    const bytes = this.files.get(`${repo}/${decodeURIComponent(file ?? '')}`);
    if (bytes === undefined) {
      response.writeHead(404, { 'x-error-code': 'EntryNotFound' }).end();
      return;
    }
    response
      .writeHead(302, {
        location: `${origin(this.#cdn)}/${repo}/${file}?signature=x`,
        'x-linked-etag': `"${this.announced ?? sha256(bytes)}"`,
        'x-linked-size': String(bytes.length),
        'x-repo-commit': 'c0ffee',
      })
      .end();
  }

  #answerCdn(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', origin(this.#cdn));
    const bytes = this.files.get(decodeURIComponent(url.pathname.slice(1)));
    if (bytes === undefined) {
      response.writeHead(404).end();
      return;
    }
    if (take(this.cdnFaults, (fault) => fault(request, response, bytes))) return;
    const etag = `"cdn-${sha256(bytes).slice(0, 8)}"`;
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const ifRange = request.headers['if-range'];
    if (start === 0 || (ifRange !== undefined && ifRange !== etag)) {
      response.writeHead(200, { etag, 'content-length': bytes.length }).end(bytes);
    } else if (start >= bytes.length) {
      response.writeHead(416, { 'content-range': `bytes */${bytes.length}` }).end();
    } else {
      response
        .writeHead(206, {
          etag,
          'content-length': bytes.length - start,
          'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}`,
        })
        .end(bytes.subarray(start));
    }
  }
}

/** A fault: one answer with this status and these headers. */
export function answer(status: number, headers: Record<string, string> = {}): HubFault {
  return (_request, response) => {
    response.writeHead(status, headers).end();
    return true;
  };
}

function take<T>(faults: T[], tryOne: (fault: T) => boolean): boolean {
  const first = faults[0];
  if (first === undefined || !tryOne(first)) return false;
  faults.shift();
  return true;
}

function origin(server: Server | null): string {
  if (server === null) throw new Error('the loopback hub is not started');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function listen(
  handler: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Server> {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
