import { describe, expect, it, vi } from 'vitest';
import { failure, makeFetcher, never, openWeb } from '../../test/loopback-web/loopback-fetcher.ts';

describe('robots.txt', () => {
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
