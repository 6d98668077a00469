import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createSecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ARTICLE } from '../../test/loopback-web/fault-pages.ts';
import {
  closing,
  failure,
  makeFetcher,
  never,
  textOf,
} from '../../test/loopback-web/loopback-fetcher.ts';

// The system's own tool, to make a certificate with.
const openssl = '/usr/bin/openssl';
const hasOpenssl = spawnSync(openssl, ['version']).status === 0;

describe.skipIf(!hasOpenssl)('guarded dispatcher: TLS and HTTP/2 (skipped without openssl)', () => {
  it('speaks HTTP/2 where it is offered, over a pinned address with the right name', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'footnote-tls-'));
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    execFileSync(
      openssl,
      `req -x509 -newkey rsa:2048 -nodes -days 2 -keyout ${key} -out ${cert} -subj /CN=site.example -addext subjectAltName=DNS:site.example`.split(
        ' ',
      ),
      { stdio: 'ignore' },
    );
    const versions: string[] = [];
    const server = createSecureServer(
      { key: readFileSync(key), cert: readFileSync(cert), allowHTTP1: true },
      (request, response) => {
        versions.push(request.httpVersion);
        response.writeHead(request.url === '/robots.txt' ? 404 : 200, {
          'content-type': 'text/html',
        });
        response.end(ARTICLE);
      },
    );
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const { port } = server.address() as AddressInfo;
    closing.push(
      () =>
        new Promise((resolve) => {
          server.close(() => resolve());
        }),
    );
    const { fetcher } = makeFetcher({
      allow: [`site.example:${port}`, `other.example:${port}`],
      resolve: async () => [{ address: '127.0.0.1', family: 4 }],
      ca: readFileSync(cert, 'utf8'),
    });
    rmSync(folder, { recursive: true });
    const page = await fetcher.fetch(`https://site.example:${port}/`, { signal: never });
    expect(textOf(page.body)).toBe(ARTICLE);
    expect(versions).toEqual(['2.0', '2.0']);
    const error = await failure(fetcher.fetch(`https://other.example:${port}/`, { signal: never }));
    expect(error.code).toBe('fetch-failed');
  });
});
