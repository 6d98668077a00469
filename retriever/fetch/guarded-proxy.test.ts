import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { expect, it, vi } from 'vitest';
import { ARTICLE } from '../../test/loopback-web/fault-pages.ts';
import { closing, openWeb } from '../../test/loopback-web/loopback-fetcher.ts';
import type { Resolve } from './checked-resolver.ts';
import { parseFetchAllow } from './guard-policy.ts';
import { makeGuardedDispatcher } from './guarded-dispatcher.ts';
import { startGuardedProxy, type GuardedProxy } from './guarded-proxy.ts';

async function openProxy(allow: readonly string[], resolve?: Resolve): Promise<GuardedProxy> {
  const dispatcher = makeGuardedDispatcher({ policy: parseFetchAllow(allow), resolve });
  const proxy = await startGuardedProxy(dispatcher);
  closing.unshift(
    () => proxy.close(),
    () => dispatcher.close(),
  );
  return proxy;
}

/** The body of a plain request through the proxy, or null when it hangs up. */
function get(proxy: GuardedProxy, url: string): Promise<string | null> {
  return new Promise((resolve) => {
    const request = httpRequest(
      { host: '127.0.0.1', port: proxy.port, path: url, agent: false },
      (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => {
          text += chunk.toString();
        });
        response.on('end', () => resolve(text));
        response.on('error', () => resolve(null));
      },
    );
    request.on('error', () => resolve(null));
    request.end();
  });
}

/** Opens a tunnel and sends one request through it; null when the proxy hangs up. */
function tunnel(proxy: GuardedProxy, authority: string): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = connect(proxy.port, '127.0.0.1', () => {
      socket.write(`CONNECT ${authority} HTTP/1.1\r\nhost: ${authority}\r\n\r\n`);
    });
    let text = '';
    socket.on('data', (chunk) => {
      if (text === '')
        socket.write('GET /article HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
      text += chunk.toString();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(text === '' ? null : text));
  });
}

it('forwards what the guard allows, as a request and as a tunnel', async () => {
  const web = await openWeb();
  const proxy = await openProxy([web.endpoint]);
  expect(await get(proxy, web.url('/article'))).toBe(ARTICLE);
  expect(await tunnel(proxy, web.endpoint)).toContain('lighthouse');
  expect(proxy.refused).toBe(0);
});

it('hangs up on everything else, and connects nowhere', async () => {
  const inside = await openWeb();
  const web = await openWeb();
  const proxy = await openProxy([web.endpoint]);
  const refused = [
    inside.endpoint,
    `localhost:${inside.port}`,
    `[::ffff:127.0.0.1]:${inside.port}`,
    `2130706433:${inside.port}`,
    '169.254.169.254:80',
    'example.com:25',
    'nonsense',
    `user@${inside.endpoint}`,
  ];
  for (const authority of refused) {
    expect(await tunnel(proxy, authority), authority).toBeNull();
    expect(await get(proxy, `http://${authority}/article`), authority).toBeNull();
  }
  expect(await get(proxy, '/article')).toBeNull();
  expect(await get(proxy, 'file:///etc/passwd')).toBeNull();
  expect(proxy.refused).toBeGreaterThanOrEqual(refused.length * 2);
  expect(inside.acceptedSockets).toBe(0);
});

it('resolves and checks names itself: one that leads inside is refused', async () => {
  const inside = await openWeb();
  const proxy = await openProxy([], async () => [{ address: '127.0.0.1', family: 4 }]);
  expect(await tunnel(proxy, 'rebind.example:8080')).toBeNull();
  expect(await get(proxy, 'http://rebind.example:8080/')).toBeNull();
  await vi.waitFor(() => expect(proxy.refused).toBe(2));
  expect(inside.acceptedSockets).toBe(0);
});
