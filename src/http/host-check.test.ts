import { once } from 'node:events';
import { request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type NextFunction, type Request, type Response } from 'express';
import { afterEach, describe, expect, it } from 'vitest';
import { toFootnoteError } from '../core/errors.ts';
import { hostCheck, type HostCheckOptions } from './host-check.ts';

let server: Server | null = null;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

const LOCAL: HostCheckOptions = {
  host: '127.0.0.1',
  allowedHosts: [],
  corsOrigins: [],
  keyed: false,
};

/** The status of a request under a name; fetch would write its own `Host`. */
async function status(
  options: Partial<HostCheckOptions>,
  headers: Readonly<Record<string, string>>,
  path = '/',
): Promise<number> {
  const app = express()
    .use(hostCheck({ ...LOCAL, ...options }))
    .get(path, (_, response) => response.send('ok'))
    .use((error: unknown, _: Request, response: Response, _next: NextFunction) => {
      response.status(toFootnoteError(error).status).end();
    });
  server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const asked = request({ host: '127.0.0.1', port, path, headers }).end();
  const [response] = (await once(asked, 'response')) as [{ statusCode: number; resume(): void }];
  response.resume();
  return response.statusCode;
}

describe('hostCheck', () => {
  it.each([
    ['127.0.0.1:8080', 200],
    ['localhost:8080', 200],
    ['LOCALHOST', 200],
    ['[::1]:8080', 200],
    ['evil.example:8080', 403],
    ['127.0.0.1.evil.example', 403],
    ['192.168.1.2', 403],
  ])('on loopback, Host %s gets %i', async (host, expected) => {
    expect(await status({}, { host })).toBe(expected);
  });

  it.each([
    ['http://localhost:8080', 'localhost:8080', 200],
    ['http://evil.example', 'localhost:8080', 403],
    ['null', 'localhost:8080', 403],
  ])('Origin %s at %s gets %i where there is no key', async (origin, host, expected) => {
    expect(await status({}, { host, origin })).toBe(expected);
  });

  it('leaves the origin to the key where there is one', async () => {
    const headers = { host: 'localhost', origin: 'https://app.example' };
    expect(await status({ keyed: true }, headers)).toBe(200);
  });

  it('serves the names of a reverse proxy and the pages that may call', async () => {
    const proxied = { allowedHosts: ['Answers.example'] };
    const own = { host: 'answers.example', origin: 'https://answers.example' };
    expect(await status(proxied, own)).toBe(200);
    // A proxy that writes its own Host.
    expect(
      await status(proxied, { host: '127.0.0.1:8080', origin: 'https://answers.example' }),
    ).toBe(200);
    expect(await status(proxied, { host: 'other.example' })).toBe(403);
    const caller = { host: 'localhost', origin: 'https://app.example' };
    expect(await status({ corsOrigins: ['https://app.example'] }, caller)).toBe(200);
  });

  it('takes any name on an address that others reach, unless names are given', async () => {
    expect(await status({ host: '0.0.0.0' }, { host: 'box.lan' })).toBe(200);
    expect(
      await status({ host: '0.0.0.0', allowedHosts: ['box.lan'] }, { host: 'evil.example' }),
    ).toBe(403);
  });

  it('reads names out of entries with a port or a scheme', async () => {
    const allowedHosts = ['answers.example:8443', 'https://Other.example/'];
    expect(await status({ allowedHosts }, { host: 'answers.example' })).toBe(200);
    expect(await status({ allowedHosts }, { host: 'other.example' })).toBe(200);
    expect(await status({ allowedHosts }, { host: 'third.example' })).toBe(403);
  });

  it('lets orchestrators probe under any name', async () => {
    expect(await status({}, { host: '10.0.0.7:8080' }, '/healthz')).toBe(200);
    expect(await status({}, { host: '10.0.0.7:8080' }, '/readyz')).toBe(200);
    expect(await status({}, { host: '10.0.0.7:8080' }, '/metrics')).toBe(403);
  });
});
