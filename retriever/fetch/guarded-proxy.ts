/**
 * A forward proxy on loopback, through which the browser has to make every request: it checks the
 * URL, resolves the name, checks and pins the address, and only then connects. So the guard also
 * holds for scripts, frames, redirects and whatever else a page makes a browser do.
 */
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { connect, type AddressInfo, type LookupFunction, type Socket } from 'node:net';
import { FootnoteError } from '../../src/core/errors.ts';
import { checkUrl } from './guard.ts';
import { tunnelThrough } from './proxy-tunnel.ts';
import type { GuardedDispatcher } from './guarded-dispatcher.ts';

export interface GuardedProxy {
  readonly port: number;
  /** Requests turned away so far. */
  readonly refused: number;
  close(): Promise<void>;
}

const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
const IDLE_MS = 15_000;
/** What one request or tunnel may bring in. */
const MAX_BYTES = 30_000_000;

/** Starts the proxy on a free port of 127.0.0.1. */
export async function startGuardedProxy(dispatcher: GuardedDispatcher): Promise<GuardedProxy> {
  let refused = 0;
  const sockets = new Set<Socket>();
  // A refusal looks like a dead connection: an error page would be read as the site's answer.
  const refuse = (socket: Socket): void => {
    refused += 1;
    socket.destroy();
  };
  const server = createServer((request, response) => {
    const url = request.url ?? '';
    if (!url.startsWith('http://') || !checkUrl(url, dispatcher.policy).allowed) {
      refuse(request.socket);
      return;
    }
    // The request forgets its socket once the browser has left.
    const { socket } = request;
    forward(dispatcher, new URL(url), request, response).catch((error: unknown) => {
      if (error instanceof FootnoteError && error.code === 'url-refused') refuse(socket);
      else socket.destroy();
    });
  });
  server.on('connect', (request: IncomingMessage, client: Socket, head: Buffer) => {
    client.on('error', () => undefined);
    openTunnel(dispatcher, request.url ?? '', client, head, sockets).catch(() => refuse(client));
  });
  // WebSockets over plain HTTP would arrive here; they are not for us.
  server.on('upgrade', (_, socket: Socket) => refuse(socket));
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  server.unref();
  return {
    port: (server.address() as AddressInfo).port,
    get refused() {
      return refused;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

async function forward(
  dispatcher: GuardedDispatcher,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const controller = new AbortController();
  response.on('close', () => controller.abort());
  response.on('error', () => undefined);
  const hasBody = request.method !== 'GET' && request.method !== 'HEAD';
  const answer = await dispatcher.agent.request({
    origin: url.origin,
    path: `${url.pathname}${url.search}`,
    method: request.method ?? 'GET',
    headers: endToEnd(request.headers),
    body: hasBody ? request : null,
    signal: controller.signal,
    headersTimeout: IDLE_MS,
    bodyTimeout: IDLE_MS,
  });
  response.writeHead(answer.statusCode, endToEnd(answer.headers));
  let left = MAX_BYTES;
  for await (const chunk of answer.body as AsyncIterable<Buffer>) {
    left -= chunk.length;
    if (left < 0) throw new Error('too many bytes');
    if (!response.write(chunk)) {
      await new Promise<void>((resolve) => {
        response.once('drain', resolve);
        response.once('close', resolve);
      });
    }
  }
  response.end();
}

function endToEnd(headers: IncomingHttpHeaders): Record<string, string | string[]> {
  const kept: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !HOP_BY_HOP.has(name)) kept[name] = value;
  }
  return kept;
}

async function openTunnel(
  dispatcher: GuardedDispatcher,
  authority: string,
  client: Socket,
  head: Buffer,
  sockets: Set<Socket>,
): Promise<void> {
  const match = /^(\[[^\]]+\]|[^:]+):(\d+)$/u.exec(authority);
  const [, host = '', portText = ''] = match ?? [];
  const verdict = checkUrl(`https://${host}:${portText}/`, dispatcher.policy);
  if (!verdict.allowed) throw new Error(verdict.reason);
  const port = Number(portText);
  const upstream = await openUpstream(dispatcher, host, port);
  if (client.destroyed) {
    upstream.destroy();
    throw new Error('the browser left');
  }
  sockets.add(upstream);
  const end = (): void => {
    sockets.delete(upstream);
    upstream.destroy();
    client.destroy();
  };
  let left = MAX_BYTES;
  upstream.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) end();
  });
  upstream.on('error', end).on('close', end).setTimeout(IDLE_MS, end);
  client.on('close', end);
  client.write('HTTP/1.1 200 Connection established\r\n\r\n');
  if (head.length > 0) upstream.write(head);
  upstream.pipe(client);
  client.pipe(upstream);
}

/** A connection to the checked host: directly to one of its addresses, or through the configured proxy. */
async function openUpstream(
  dispatcher: GuardedDispatcher,
  host: string,
  port: number,
): Promise<Socket> {
  const proxy = dispatcher.proxyFor(new URL(`https://${host}:${port}/`));
  if (proxy === null) {
    const addresses = await dispatcher.resolver.addresses(host, port);
    const [first] = addresses;
    const lookup: LookupFunction = (_, options, callback) => {
      if (options.all === true) callback(null, [...addresses]);
      else callback(null, first?.address ?? '', first?.family ?? 4);
    };
    return await connected(connect({ host: host.replace(/^\[|\]$/gu, ''), port, lookup }));
  }
  return await tunnelThrough(proxy, host, port);
}

function connected(socket: Socket): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const end = (): void => reject(new Error('not connected'));
    socket.setTimeout(IDLE_MS, () => socket.destroy());
    socket.once('connect', () => {
      socket.off('error', end).off('close', end);
      resolve(socket);
    });
    socket.once('error', end).once('close', end);
  });
}
