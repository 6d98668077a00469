import { execFileSync, spawnSync } from 'node:child_process';
import { setMaxListeners } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createSecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { FootnoteError } from '../../src/core/errors.ts';
import {
  startLoopbackWeb,
  type LoopbackWeb,
  type LoopbackWebOptions,
} from '../../test/loopback-web.ts';
import { ARTICLE } from '../../test/loopback-web/fault-pages.ts';
import { CheckedResolver, type Resolve } from './checked-resolver.ts';
import { parseFetchAllow } from './guard-policy.ts';
import { makeGuardedDispatcher, type GuardedDispatcher } from './guarded-dispatcher.ts';
import { HttpFetcher, type HttpFetcherOptions } from './http-fetcher.ts';
import { Robots } from './robots.ts';
import { USER_AGENT } from './user-agent.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function openWeb(options: LoopbackWebOptions = {}): Promise<LoopbackWeb> {
  const web = await startLoopbackWeb(options);
  closing.unshift(() => web.close());
  return web;
}

interface FetcherSetup extends Partial<HttpFetcherOptions> {
  readonly allow: readonly string[];
  readonly resolve?: Resolve;
  readonly ca?: string;
}

function makeFetcher(setup: FetcherSetup): { fetcher: HttpFetcher; dispatcher: GuardedDispatcher } {
  const { allow, resolve, ca, ...options } = setup;
  const dispatcher = makeGuardedDispatcher({ policy: parseFetchAllow(allow), resolve, ca });
  closing.unshift(() => dispatcher.close());
  const fetcher = new HttpFetcher({
    dispatcher,
    robots: new Robots({ dispatcher, timeoutMs: 1_000 }),
    maxBytes: 1_000_000,
    timeoutMs: 5_000,
    ...options,
  });
  return { fetcher, dispatcher };
}

const never = new AbortController().signal;
setMaxListeners(0, never);

async function failure(promise: Promise<unknown>): Promise<FootnoteError> {
  try {
    await promise;
  } catch (error) {
    expect(error).toBeInstanceOf(FootnoteError);
    return error as FootnoteError;
  }
  throw new Error('nothing was thrown');
}

const textOf = (body: Uint8Array): string => Buffer.from(body).toString('utf8');

describe('HttpFetcher: pages', () => {
  it('fetches a page as bytes, with its date, as an honest agent', async () => {
    let agent = '';
    let encodings = '';
    const web = await openWeb({
      pages: {
        '/who': ({ request, response }) => {
          agent = request.headers['user-agent'] ?? '';
          encodings = String(request.headers['accept-encoding']);
          response.end('x');
        },
      },
    });
    const { fetcher } = makeFetcher({ allow: [web.endpoint] });
    const page = await fetcher.fetch(web.url('/article#part'), { signal: never });
    expect(page).toMatchObject({
      url: web.url('/article#part'),
      finalUrl: web.url('/article'),
      status: 200,
      contentType: 'text/html; charset=utf-8',
      rendered: false,
      lastModified: '2026-03-03T10:00:00.000Z',
    });
    expect(textOf(page.body)).toBe(ARTICLE);
    await fetcher.fetch(web.url('/who'), { signal: never });
    expect(agent).toBe(USER_AGENT);
    expect(agent).toMatch(/^footnote\/\d+\.\d+ \(\+.+\)$/u);
    expect(encodings).not.toContain('br');
  });

  it.each(['/gzip', '/gzip-cut', '/gzip-gzip', '/deflate', '/deflate-raw'])(
    'decompresses %s',
    async (path) => {
      const web = await openWeb();
      const { fetcher } = makeFetcher({ allow: [web.endpoint] });
      const page = await fetcher.fetch(web.url(path), { signal: never });
      // The cut one lacks the checksum only.
      expect(textOf(page.body)).toBe(ARTICLE);
    },
  );

  it.each(['/text', '/markdown', '/json', '/pdf', '/pdf-untyped', '/untyped', '/wrong-charset'])(
    'takes %s',
    async (path) => {
      const web = await openWeb();
      const { fetcher } = makeFetcher({ allow: [web.endpoint] });
      expect((await fetcher.fetch(web.url(path), { signal: never })).body.length).toBeGreaterThan(
        5,
      );
    },
  );

  it('leaves the bytes of a wrongly declared charset alone', async () => {
    const web = await openWeb();
    const { fetcher } = makeFetcher({ allow: [web.endpoint] });
    const page = await fetcher.fetch(web.url('/wrong-charset'), { signal: never });
    expect([...page.body.subarray(3)]).toEqual([0xc4, 0xe3, 0xba, 0xc3]);
  });

  it('reuses connections and limits them per host', async () => {
    const web = await openWeb({
      pages: {
        '/wait': ({ response }) => {
          setTimeout(() => response.end('x'), 20);
        },
      },
    });
    const { fetcher } = makeFetcher({ allow: [web.endpoint] });
    await Promise.all(
      Array.from({ length: 24 }, () => fetcher.fetch(web.url('/wait'), { signal: never })),
    );
    expect(web.hits('/wait')).toBe(24);
    expect(web.peakRequests).toBeLessThanOrEqual(4);
    expect(web.acceptedSockets).toBeLessThanOrEqual(5);
  });
});

describe('HttpFetcher: faults', () => {
  it.each([
    ['/gzip-bomb', 'page-too-large'],
    ['/gzip-gzip-bomb', 'page-too-large'],
    ['/endless', 'page-too-large'],
    ['/gzip-many', 'unsupported-content'],
    ['/gzip-garbage', 'fetch-failed'],
    ['/br', 'unsupported-content'],
    ['/image', 'unsupported-content'],
    ['/endless-video', 'unsupported-content'],
    ['/untyped-binary', 'unsupported-content'],
    ['/slow-header', 'timeout'],
    ['/slow-body', 'timeout'],
    ['/stalled-body', 'timeout'],
    ['/redirect-loop', 'too-many-redirects'],
    ['/redirect-chain', 'too-many-redirects'],
    ['/not-found', 'http-status'],
    ['/huge-header', 'fetch-failed'],
    ['/early-close', 'fetch-failed'],
    ['/short-body', 'fetch-failed'],
    ['/not-http', 'fetch-failed'],
  ])('%s ends as %s, and nothing goes on', async (path, code) => {
    const web = await openWeb();
    const { fetcher } = makeFetcher({ allow: [web.endpoint], timeoutMs: 700 });
    const error = await failure(fetcher.fetch(web.url(path), { signal: never }));
    expect(error.code, error.message).toBe(code);
    expect(error.stage).toBe('fetch');
    // Idle connections may stay for the next request; nothing goes on being sent.
    await vi.waitFor(() => expect(web.activeRequests).toBe(0));
  });

  it('follows five redirects and no more', async () => {
    const web = await openWeb();
    const { fetcher } = makeFetcher({ allow: [web.endpoint] });
    const page = await fetcher.fetch(web.url('/redirect-chain?left=4'), { signal: never });
    expect(page.finalUrl).toBe(web.url('/article'));
    const error = await failure(
      fetcher.fetch(web.url('/redirect-chain?left=5'), { signal: never }),
    );
    expect(error.code).toBe('too-many-redirects');
  });

  it('tries once more when the connection dies early, and only once', async () => {
    const web = await openWeb();
    const { fetcher } = makeFetcher({ allow: [web.endpoint] });
    const page = await fetcher.fetch(web.url('/early-close-once'), { signal: never });
    expect(textOf(page.body)).toBe(ARTICLE);
    await failure(fetcher.fetch(web.url('/early-close'), { signal: never }));
    expect(web.hits('/early-close')).toBe(2);
  });

  it.each([
    ['/forbidden', 403, null],
    ['/rate-limited', 429, 7],
    ['/unavailable-until', 503, 60],
  ])('%s names the status and when to come back', async (path, status, seconds) => {
    const web = await openWeb();
    const { fetcher } = makeFetcher({ allow: [web.endpoint] });
    const error = await failure(fetcher.fetch(web.url(path), { signal: never }));
    expect(error.code).toBe('http-status');
    expect(error.extra).toEqual({ http_status: status });
    expect(error.message).toContain(String(status));
    if (seconds === null) expect(error.retryAfterSeconds).toBeUndefined();
    else expect(Math.abs((error.retryAfterSeconds ?? 0) - seconds)).toBeLessThanOrEqual(2);
  });

  it.each(['/slow-header', '/slow-body', '/endless-video-like-html'])(
    'a cancel closes the connection of %s at once',
    async (path) => {
      const web = await openWeb({
        pages: { '/endless-video-like-html': ({ response }) => void response.write('<p>') },
      });
      const { fetcher } = makeFetcher({ allow: [web.endpoint], timeoutMs: 20_000, robots: null });
      const controller = new AbortController();
      const result = failure(fetcher.fetch(web.url(path), { signal: controller.signal }));
      await vi.waitFor(() => expect(web.hits(path)).toBe(1));
      controller.abort();
      expect((await result).code).toBe('cancelled');
      await vi.waitFor(() => expect(web.openSockets).toBe(0), { timeout: 500, interval: 10 });
    },
  );
});

describe('HttpFetcher: guard', () => {
  it('refuses redirects into private ranges and other schemes, without touching them', async () => {
    const inside = await openWeb();
    const web = await openWeb();
    const { fetcher } = makeFetcher({ allow: [web.endpoint] });
    for (const target of [
      inside.url('/article'),
      `http://localhost:${inside.port}/`,
      `http://[::ffff:127.0.0.1]:${inside.port}/`,
      `http://2130706433:${inside.port}/`,
      'file:///etc/passwd',
      'gopher://127.0.0.1/',
      'http://user:secret@example.com/',
    ]) {
      const error = await failure(
        fetcher.fetch(web.url(`/redirect?to=${encodeURIComponent(target)}`), { signal: never }),
      );
      expect(error.code, target).toBe('url-refused');
    }
    expect(inside.acceptedSockets).toBe(0);
  });

  it('checks each DNS answer before it is used: a name that turns private is refused', async () => {
    const inside = await openWeb();
    let asked = 0;
    // Public (and unreachable here) first, loopback from the second time on: DNS rebinding.
    const resolve: Resolve = async () => {
      asked += 1;
      return [{ address: asked === 1 ? '93.184.216.34' : '127.0.0.1', family: 4 }];
    };
    const { dispatcher } = makeFetcher({ allow: [], resolve });
    const resolver = new CheckedResolver({ policy: dispatcher.policy, resolve, cacheMs: 1 });
    expect(await resolver.addresses('rebind.example', 8080)).toEqual([
      { address: '93.184.216.34', family: 4 },
    ]);
    const { fetcher } = makeFetcher({ allow: [], resolve });
    const error = await failure(fetcher.fetch('http://rebind.example:8080/', { signal: never }));
    expect(error.code).toBe('url-refused');
    expect(error.message).toContain('127.0.0.1');
    expect(inside.acceptedSockets).toBe(0);
  });

  it('uses one DNS answer for the check and for the connection', async () => {
    const web = await openWeb();
    let asked = 0;
    // First the allowed address, then one that would lead elsewhere.
    const resolve: Resolve = async () => {
      asked += 1;
      return [{ address: asked === 1 ? '127.0.0.1' : '127.0.0.2', family: 4 }];
    };
    const { fetcher } = makeFetcher({
      allow: ['127.0.0.1/32', `site.example:${web.port}`],
      resolve,
    });
    const page = await fetcher.fetch(`http://site.example:${web.port}/article`, { signal: never });
    expect(textOf(page.body)).toBe(ARTICLE);
    expect(asked).toBe(1);
  });

  it('refuses a name when any one of its addresses is private', async () => {
    const resolve: Resolve = async () => [
      { address: '93.184.216.34', family: 4 },
      { address: '::ffff:10.0.0.1', family: 6 },
    ];
    const { fetcher } = makeFetcher({ allow: [], resolve });
    const error = await failure(fetcher.fetch('http://mixed.example/', { signal: never }));
    expect(error.code).toBe('url-refused');
  });

  it('says so when a name does not exist', async () => {
    const resolve: Resolve = () =>
      Promise.reject(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }));
    const { fetcher } = makeFetcher({ allow: [], resolve });
    const error = await failure(fetcher.fetch('http://gone.example/', { signal: never }));
    expect(error.code).toBe('fetch-failed');
    expect(error.message).toContain('ENOTFOUND');
  });
});

describe('HttpFetcher: robots.txt', () => {
  it('obeys it on every hop and asks once per origin', async () => {
    const web = await openWeb({ robots: 'User-agent: footnote\nDisallow: /disallowed' });
    const { fetcher } = makeFetcher({ allow: [web.endpoint] });
    const fetches = [
      fetcher.fetch(web.url('/article'), { signal: never }),
      fetcher.fetch(web.url('/text'), { signal: never }),
    ];
    await Promise.all(fetches);
    for (const path of ['/disallowed', '/redirect?to=/disallowed']) {
      const error = await failure(fetcher.fetch(web.url(path), { signal: never }));
      expect(error.code).toBe('robots-disallowed');
    }
    expect(web.hits('/disallowed')).toBe(0);
    expect(web.hits('/robots.txt')).toBe(1);
  });

  it.each([
    [404, true],
    [403, true],
    [429, true],
    [500, false],
    [503, false],
  ])('status %i allows: %s', async (status, isAllowed) => {
    const web = await openWeb({ robots: status });
    const { fetcher } = makeFetcher({ allow: [web.endpoint] });
    const result = fetcher.fetch(web.url('/article'), { signal: never });
    if (isAllowed) expect((await result).status).toBe(200);
    else expect((await failure(result)).code).toBe('robots-disallowed');
  });

  it('takes silence for a no', async () => {
    const web = await openWeb({ robots: () => undefined });
    const { fetcher } = makeFetcher({ allow: [web.endpoint] });
    const error = await failure(fetcher.fetch(web.url('/article'), { signal: never }));
    expect(error.code).toBe('timeout');
    expect(web.hits('/article')).toBe(0);
  });

  it('reads 500 KiB of it and follows its redirects, but not inside', async () => {
    const inside = await openWeb({ robots: 'User-agent: *\nAllow: /' });
    const filler = `# ${'x'.repeat(1_000)}\n`.repeat(600);
    const web = await openWeb({
      robots: ({ response }) => {
        response.writeHead(301, { location: '/rules' });
        response.end();
      },
      pages: { '/rules': `User-agent: *\nDisallow: /text\n${filler}Disallow: /article\n` },
    });
    const { fetcher } = makeFetcher({ allow: [web.endpoint] });
    expect((await fetcher.fetch(web.url('/article'), { signal: never })).status).toBe(200);
    expect((await failure(fetcher.fetch(web.url('/text'), { signal: never }))).code).toBe(
      'robots-disallowed',
    );
    const trap = await openWeb({
      robots: ({ response }) => {
        response.writeHead(301, { location: inside.url('/robots.txt') });
        response.end();
      },
    });
    const second = makeFetcher({ allow: [trap.endpoint] });
    expect(
      (await failure(second.fetcher.fetch(trap.url('/article'), { signal: never }))).code,
    ).toBe('url-refused');
    expect(inside.acceptedSockets).toBe(0);
  });

  it('one caller that leaves does not take the answer from the others', async () => {
    let answer: () => void = () => undefined;
    const web = await openWeb({
      robots: ({ response }) => {
        answer = () => void response.end('User-agent: *\nDisallow:');
      },
    });
    const { fetcher } = makeFetcher({ allow: [web.endpoint] });
    const leaver = new AbortController();
    const left = failure(fetcher.fetch(web.url('/article'), { signal: leaver.signal }));
    const stays = fetcher.fetch(web.url('/text'), { signal: never });
    await vi.waitFor(() => expect(web.hits('/robots.txt')).toBe(1));
    leaver.abort();
    expect((await left).code).toBe('cancelled');
    answer();
    expect((await stays).status).toBe(200);
  });
});

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

describe.skipIf(!hasOpenssl)('HttpFetcher: TLS and HTTP/2 (skipped without openssl)', () => {
  it('speaks HTTP/2 where it is offered, over a pinned address with the right name', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'footnote-tls-'));
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    execFileSync(
      'openssl',
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
