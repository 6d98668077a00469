/** Answers that every browser shows and a strict client refuses. */
import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import {
  failure,
  makeFetcher,
  never,
  openWeb,
  closing,
  textOf,
} from '../../test/loopback-web/loopback-fetcher.ts';

const HTML = `<html><body><p>${'The weir was mended in 1764. '.repeat(8)}</p></body></html>`;
const TYPE = 'Content-Type: text/html; charset=utf-8\r\n';
const SIZE = HTML.length;

/** A server that sends these bytes as they are to whoever asks for anything but robots.txt. */
async function rawServer(answer: string): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    let asked = '';
    socket.on('data', (chunk) => {
      asked += chunk.toString('latin1');
      if (!asked.includes('\r\n\r\n')) return;
      const robots = asked.startsWith('GET /robots.txt');
      asked = '';
      socket.end(
        robots
          ? 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'
          : answer,
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.unshift(() => new Promise((resolve) => server.close(() => resolve())));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

it.each([
  [
    'a control byte in a header',
    `HTTP/1.1 200 OK\r\n${TYPE}X-Town: M\u0001n\r\nConnection: close\r\n\r\n${HTML}`,
    false,
  ],
  [
    'a blank in a header name',
    `HTTP/1.1 200 OK\r\n${TYPE}X Made By: x\r\nConnection: close\r\n\r\n${HTML}`,
    false,
  ],
  [
    'a line without a colon',
    `HTTP/1.1 200 OK\r\n${TYPE}oops\r\nConnection: close\r\n\r\n${HTML}`,
    false,
  ],
  [
    'the length twice',
    `HTTP/1.1 200 OK\r\n${TYPE}Content-Length: ${SIZE}\r\nContent-Length: ${SIZE}\r\n\r\n${HTML}`,
    false,
  ],
  ['bare line feeds', `HTTP/1.1 200 OK\n${TYPE.trim()}\nConnection: close\n\n${HTML}`, false],
  [
    'an odd head over chunks',
    `HTTP/1.1 200 OK\r\n${TYPE}X Y: z\r\nTransfer-Encoding: chunked\r\n\r\n${(40).toString(16)}\r\n${HTML.slice(0, 40)}\r\n${(SIZE - 40).toString(16)};x\r\n${HTML.slice(40)}\r\n0\r\n\r\n`,
    false,
  ],
  [
    'no last chunk',
    `HTTP/1.1 200 OK\r\n${TYPE}Transfer-Encoding: chunked\r\n\r\n${SIZE.toString(16)}\r\n${HTML}\r\n`,
    true,
  ],
  [
    'a length that is too large',
    `HTTP/1.1 200 OK\r\n${TYPE}Content-Length: ${SIZE + 50}\r\n\r\n${HTML}`,
    true,
  ],
] as const)('reads a page with %s', async (_, answer, cut) => {
  const endpoint = await rawServer(answer);
  const { fetcher } = makeFetcher({ allow: [endpoint] });
  const page = await fetcher.fetch(`http://${endpoint}/p`, { signal: never });
  expect(textOf(page.body)).toBe(HTML);
  expect(page.cut ?? false).toBe(cut);
});

it('refuses what is no HTTP', async () => {
  const endpoint = await rawServer('220 mail.example ESMTP\r\n\r\n');
  const { fetcher } = makeFetcher({ allow: [endpoint] });
  expect((await failure(fetcher.fetch(`http://${endpoint}/p`, { signal: never }))).code).toBe(
    'fetch-failed',
  );
});

it.each(['UTF-8', 'none', 'binary', '8bit'])('takes "%s" as no coding', async (coding) => {
  const web = await openWeb({
    pages: {
      '/p': ({ response }) =>
        void response
          .writeHead(200, { 'content-type': 'text/html', 'content-encoding': coding })
          .end(HTML),
    },
  });
  const { fetcher } = makeFetcher({ allow: [web.endpoint] });
  expect(textOf((await fetcher.fetch(web.url('/p'), { signal: never })).body)).toBe(HTML);
});

it("asks for the reader's language", async () => {
  const asked: string[] = [];
  const web = await openWeb({
    pages: {
      '/p': ({ request, response }) =>
        void (asked.push(request.headers['accept-language'] ?? ''), response.end(HTML)),
    },
  });
  const { fetcher } = makeFetcher({ allow: [web.endpoint] });
  await fetcher.fetch(web.url('/p'), { signal: never });
  await fetcher.fetch(web.url('/p'), { signal: never, language: 'zh' });
  expect(asked).toEqual(['en;q=0.9, *;q=0.5', 'zh, en;q=0.7, *;q=0.5']);
});

it('sends a cookie back for the hops of one page, and forgets it then', async () => {
  const cookies: string[] = [];
  const web = await openWeb({
    pages: {
      '/self': ({ request, response }) => {
        cookies.push(request.headers.cookie ?? '');
        if (/seen=1/u.test(request.headers.cookie ?? ''))
          response.writeHead(200, { 'content-type': 'text/html' }).end(HTML);
        else
          response
            .writeHead(302, {
              location: '/self',
              'set-cookie': ['seen=1; Path=/', 'other=2; Domain=example.org'],
            })
            .end();
      },
      '/wall': ({ request, response }) => {
        if (/yes=1/u.test(request.headers.cookie ?? ''))
          response.writeHead(200, { 'content-type': 'text/html' }).end(HTML);
        else response.writeHead(302, { location: '/gate' }).end();
      },
      '/gate': ({ response }) =>
        void response.writeHead(302, { location: '/wall', 'set-cookie': 'yes=1; Path=/' }).end(),
      '/same': ({ response }) =>
        void response.writeHead(302, { location: '/same', 'set-cookie': 'a=1' }).end(),
    },
  });
  const { fetcher } = makeFetcher({ allow: [web.endpoint] });
  for (const path of ['/self', '/wall', '/self']) {
    expect(textOf((await fetcher.fetch(web.url(path), { signal: never })).body)).toBe(HTML);
  }
  expect(cookies).toEqual(['', 'seen=1', '', 'seen=1']);
  expect((await failure(fetcher.fetch(web.url('/same'), { signal: never }))).code).toBe(
    'too-many-redirects',
  );
});

it('reads the page that an empty one leads to, behind the guard', async () => {
  const page = (head: string, body = ''): string =>
    `<html><head>${head}</head><body>${body}</body></html>`;
  const web = await openWeb({
    pages: {
      '/real': HTML,
      '/meta': page('<meta http-equiv="refresh" content="0; URL=/real">'),
      '/unquoted':
        '<HTML><HEAD><META HTTP-EQUIV=REFRESH CONTENT="0; URL=/real"></META></HEAD></HTML>',
      '/noscript': page(
        `<noscript><meta http-equiv="refresh" content="0;url='/real'"></noscript>`,
        '<p>This page has moved.</p>',
      ),
      '/header': ({ response }) =>
        void response
          .writeHead(200, { 'content-type': 'text/html', refresh: '0; url=/real' })
          .end('<p>Wait</p>'),
      '/script': page('<script>window.location.replace("/real")</script>'),
      '/later': page('<meta http-equiv="refresh" content="300; url=/real">', '<p>Stays.</p>'),
      '/inside': page('<meta http-equiv="refresh" content="0; url=http://169.254.169.254/">'),
    },
  });
  const { fetcher } = makeFetcher({ allow: [web.endpoint] });
  for (const path of ['/meta', '/unquoted', '/noscript', '/header', '/script']) {
    expect((await fetcher.fetch(web.url(path), { signal: never })).finalUrl, path).toBe(
      web.url('/real'),
    );
  }
  expect((await fetcher.fetch(web.url('/later'), { signal: never })).finalUrl).toBe(
    web.url('/later'),
  );
  expect((await failure(fetcher.fetch(web.url('/inside'), { signal: never }))).code).toBe(
    'url-refused',
  );
});

it('reads pages through the proxy, whose guard still judges names and addresses', async () => {
  const seen: string[] = [];
  const proxy = createHttpServer((request, response) => {
    seen.push(request.url ?? '');
    if (/robots/u.test(request.url ?? '')) response.writeHead(404).end();
    else response.writeHead(200, { 'content-type': 'text/html' }).end(HTML);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  closing.unshift(() => new Promise((resolve) => proxy.close(() => resolve())));
  const { fetcher } = makeFetcher({
    allow: [],
    proxy: {
      http: `http://u:p@127.0.0.1:${(proxy.address() as AddressInfo).port}`,
      except: 'direct.example',
    },
  });
  // No DNS is asked here: the name exists for the proxy only.
  const page = await fetcher.fetch('http://far.example.com/mill', { signal: never });
  expect(textOf(page.body)).toBe(HTML);
  expect(seen).toContain('http://far.example.com/mill');
  for (const url of ['http://10.0.0.1/', 'http://localhost/', 'http://metadata.google.internal/']) {
    expect((await failure(fetcher.fetch(url, { signal: never }))).code).toBe('url-refused');
  }
  expect(seen.some((url) => url.includes('10.0.0.1'))).toBe(false);
});
