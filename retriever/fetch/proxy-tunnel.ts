/** A tunnel through the configured proxy (`CONNECT`), for the browser's encrypted requests. */
import { request } from 'node:http';
import { request as secureRequest } from 'node:https';
import type { Socket } from 'node:net';
import { FootnoteError } from '../../src/core/errors.ts';

const TIMEOUT_MS = 15_000;

/**
 * @param host as in a URL, IPv6 in brackets
 * @throws FootnoteError `fetch-failed` when the proxy refuses, cannot be reached, or is a SOCKS proxy
 */
export function tunnelThrough(proxy: URL, host: string, port: number): Promise<Socket> {
  if (!/^https?:$/u.test(proxy.protocol)) {
    return Promise.reject(failure(`the browser cannot use a ${proxy.protocol} proxy`));
  }
  const credentials = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  const call = (proxy.protocol === 'https:' ? secureRequest : request)({
    host: proxy.hostname.replace(/^\[|\]$/gu, ''),
    port: proxy.port === '' ? (proxy.protocol === 'https:' ? 443 : 80) : proxy.port,
    method: 'CONNECT',
    path: `${host}:${port}`,
    headers: {
      host: `${host}:${port}`,
      ...(credentials === ':'
        ? {}
        : { 'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}` }),
    },
    timeout: TIMEOUT_MS,
  });
  return new Promise((resolve, reject) => {
    call.on('connect', (response, socket: Socket) => {
      if (response.statusCode === 200) resolve(socket);
      else {
        socket.destroy();
        reject(
          failure(`the proxy ${proxy.host} refuses ${host}:${port} (HTTP ${response.statusCode})`),
        );
      }
    });
    call.on('timeout', () => call.destroy(failure(`the proxy ${proxy.host} does not answer`)));
    call.on('error', reject);
    call.end();
  });
}

function failure(message: string): FootnoteError {
  return new FootnoteError('fetch-failed', message, { stage: 'fetch' });
}
