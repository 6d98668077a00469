/**
 * A real web on loopback, with fault modes, for tests: ordinary pages and every way a page can
 * misbehave (see `loopback-web/fault-pages.ts`). Nothing but the address is made up.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { FAULT_PAGES, type PageHandler } from './loopback-web/fault-pages.ts';

export interface LoopbackWebOptions {
  /** robots.txt as text, or a status to answer with; default 404. */
  readonly robots?: string | number | PageHandler;
  /** More pages, or others in place of the standard ones: HTML by path, or a handler. */
  readonly pages?: Readonly<Record<string, string | PageHandler>>;
}

export interface LoopbackWeb {
  /** `127.0.0.1:PORT`, as `FOOTNOTE_FETCH_ALLOW` takes it. */
  readonly endpoint: string;
  readonly port: number;
  url(path: string): string;
  /** Requests for a path (without its query), or for all. */
  hits(path?: string): number;
  /** Connections open now. */
  readonly openSockets: number;
  /** Connections ever accepted. */
  readonly acceptedSockets: number;
  /** Requests being served now: answers not yet finished whose client is still there. */
  readonly activeRequests: number;
  /** Largest number of requests served at one time. */
  readonly peakRequests: number;
  close(): Promise<void>;
}

/** Starts the server on a free port of 127.0.0.1. */
export async function startLoopbackWeb(options: LoopbackWebOptions = {}): Promise<LoopbackWeb> {
  const hits = new Map<string, number>();
  const sockets = new Set<Socket>();
  let accepted = 0;
  let active = 0;
  let peak = 0;
  const handlerOf = (path: string): PageHandler | undefined => {
    const given = options.pages?.[path];
    if (typeof given === 'string') return html(given);
    if (given !== undefined) return given;
    if (path === '/robots.txt') return robotsHandler(options.robots);
    return FAULT_PAGES[path];
  };
  const server: Server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', `http://${request.headers.host ?? 'localhost'}`);
    const hit = (hits.get(url.pathname) ?? 0) + 1;
    hits.set(url.pathname, hit);
    active += 1;
    peak = Math.max(peak, active);
    response.on('close', () => {
      active -= 1;
    });
    response.on('error', () => undefined);
    const handler = handlerOf(url.pathname);
    if (handler === undefined) {
      response.writeHead(404, { 'content-type': 'text/plain' });
      response.end('no such page');
    } else handler({ request, response, url, hit });
  });
  server.on('connection', (socket) => {
    accepted += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `127.0.0.1:${port}`,
    port,
    url: (path) => `http://127.0.0.1:${port}${path}`,
    hits: (path) =>
      path === undefined
        ? [...hits.values()].reduce((sum, count) => sum + count, 0)
        : (hits.get(path) ?? 0),
    get openSockets() {
      return sockets.size;
    },
    get acceptedSockets() {
      return accepted;
    },
    get activeRequests() {
      return active;
    },
    get peakRequests() {
      return peak;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function html(body: string): PageHandler {
  return ({ response }) => {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
    response.end(body);
  };
}

function robotsHandler(robots: LoopbackWebOptions['robots']): PageHandler {
  if (typeof robots === 'function') return robots;
  return ({ response }) => {
    const status = typeof robots === 'string' ? 200 : (robots ?? 404);
    response.writeHead(status, { 'content-type': 'text/plain' });
    response.end(typeof robots === 'string' ? robots : '');
  };
}
