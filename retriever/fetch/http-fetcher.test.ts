import { describe, expect, it, vi } from 'vitest';
import { ARTICLE } from '../../test/loopback-web/fault-pages.ts';
import {
  failure,
  makeFetcher,
  never,
  openWeb,
  textOf,
} from '../../test/loopback-web/loopback-fetcher.ts';
import { CheckedResolver, type Resolve } from './checked-resolver.ts';
import { USER_AGENT } from './user-agent.ts';

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
      await vi.waitFor(() => expect(web.openSockets).toBe(0), { timeout: 5_000, interval: 10 });
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
