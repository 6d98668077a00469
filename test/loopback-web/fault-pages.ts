/**
 * The pages of the loopback web: ordinary ones, and every way a page can misbehave. Each handler is
 * named by its path; `?` parameters set its particulars.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { smallPdf } from './small-pdf.ts';

interface PageRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  /** How often this path was asked for, this time included. */
  readonly hit: number;
}

export type PageHandler = (page: PageRequest) => void;

export const ARTICLE = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>On lighthouses</title></head>
<body><main><article><h1>On lighthouses</h1>
<p>The first lighthouse on the rock was finished in 1698 by Henry Winstanley, an engraver who had lost two ships there.</p>
<p>It stood for five years before the great storm of 1703 carried it away together with its builder, who had gone out to mend it.</p>
<p>The tower that stands today is the fourth; it was lit in 1882 and its lamp has been automatic for forty years.</p>
</article></main></body></html>`;

/** 64 MiB of zeros in 64 KiB of gzip. */
const bomb = gzipSync(Buffer.alloc(64 * 1_048_576), { level: 9 });
const stackedBomb = gzipSync(bomb, { level: 9 });

function send(
  { response }: PageRequest,
  body: string | Buffer,
  headers: Record<string, string> = {},
  status = 200,
): void {
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8', ...headers });
  response.end(body);
}

/** Repeats `write` every `everyMs` until the client leaves. */
function drip(response: ServerResponse, everyMs: number, write: () => void): void {
  const timer = setInterval(write, everyMs);
  response.on('close', () => {
    clearInterval(timer);
  });
}

const number = (url: URL, name: string, fallback: number): number =>
  Number(url.searchParams.get(name) ?? fallback);

const shell = (script: string): string =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Loading</title></head><body>
<noscript>Please enable JavaScript to view this page.</noscript><div id="root"></div>
<script>${script}</script></body></html>`;

const builtByScript = `
const main = document.createElement('article');
main.innerHTML = '<h1>Tide mills</h1>' + ['A tide mill stores the flood in a pond behind a gate.',
  'At ebb the water leaves through the wheel, so that the miller works twice a day at moving hours.',
  'The oldest one known in Europe stood at Nendrum in Ireland and dates from the year 619.']
  .map((text) => '<p>' + text + ' It is told here at some length so that a reader finds a paragraph and not a line.</p>').join('');
document.getElementById('root').append(main); document.title = 'Tide mills';`;

export const FAULT_PAGES: Readonly<Record<string, PageHandler>> = {
  '/article': (page) => send(page, ARTICLE, { 'last-modified': 'Tue, 03 Mar 2026 10:00:00 GMT' }),
  '/slow-header': (page) => {
    const timer = setTimeout(() => send(page, ARTICLE), number(page.url, 'ms', 30_000));
    page.response.on('close', () => clearTimeout(timer));
  },
  '/slow-body': ({ response }) => {
    response.writeHead(200, { 'content-type': 'text/html' });
    drip(response, 50, () => response.write('<p>.</p>'));
  },
  '/stalled-body': ({ response }) => {
    response.writeHead(200, { 'content-type': 'text/html' });
    response.write('<p>and then nothing');
  },
  '/endless': ({ response }) => {
    response.writeHead(200, { 'content-type': 'text/html' });
    const block = Buffer.alloc(65_536, 'endless ');
    const pump = (): void => {
      while (!response.destroyed && response.write(block));
    };
    response.on('drain', pump);
    pump();
  },
  '/redirect': (page) =>
    send(page, 'moved', { location: page.url.searchParams.get('to') ?? '/article' }, 302),
  '/redirect-loop': (page) => send(page, '', { location: '/redirect-loop-back' }, 301),
  '/redirect-loop-back': (page) => send(page, '', { location: '/redirect-loop' }, 301),
  '/redirect-chain': (page) => {
    const left = number(page.url, 'left', 10);
    const location = left === 0 ? '/article' : `/redirect-chain?left=${left - 1}`;
    send(page, '', { location }, 307);
  },
  // Declared UTF-8, written in GB 18030: "你好" and nothing else.
  '/wrong-charset': (page) =>
    send(page, Buffer.concat([Buffer.from('<p>'), Buffer.from([0xc4, 0xe3, 0xba, 0xc3])])),
  '/gzip': (page) => send(page, gzipSync(ARTICLE), { 'content-encoding': 'gzip' }),
  '/gzip-cut': (page) =>
    send(page, gzipSync(ARTICLE).subarray(0, -6), { 'content-encoding': 'gzip' }),
  '/gzip-gzip': (page) =>
    send(page, gzipSync(gzipSync(ARTICLE)), { 'content-encoding': 'gzip, gzip' }),
  '/deflate': (page) => send(page, deflateSync(ARTICLE), { 'content-encoding': 'deflate' }),
  '/deflate-raw': (page) => send(page, deflateRawSync(ARTICLE), { 'content-encoding': 'deflate' }),
  '/gzip-bomb': (page) => send(page, bomb, { 'content-encoding': 'gzip' }),
  '/gzip-gzip-bomb': (page) => send(page, stackedBomb, { 'content-encoding': 'gzip, gzip' }),
  '/gzip-many': (page) => send(page, 'x', { 'content-encoding': 'gzip, gzip, gzip, gzip' }),
  '/gzip-garbage': (page) => send(page, 'this is not gzip', { 'content-encoding': 'gzip' }),
  '/br': (page) => send(page, brotliCompressSync(ARTICLE), { 'content-encoding': 'br' }),
  '/forbidden': (page) => send(page, 'no', {}, 403),
  '/rate-limited': (page) => send(page, 'later', { 'retry-after': '7' }, 429),
  '/unavailable-until': (page) => {
    const when = new Date(Date.now() + 60_000).toUTCString();
    send(page, 'later', { 'retry-after': when }, 503);
  },
  '/not-found': (page) => send(page, 'no such page', {}, 404),
  '/disallowed': (page) => send(page, ARTICLE),
  '/shell': (page) => send(page, shell(builtByScript)),
  // Asks for an address the guard refuses (`target`), then shows what came of it.
  '/shell-private': (page) => {
    const target = JSON.stringify(page.url.searchParams.get('target') ?? '');
    send(
      page,
      shell(`${builtByScript}
const say = (text) => { const p = document.createElement('p'); p.id = 'verdict'; p.textContent = text; main.append(p); };
const target = ${target};
new Image().src = target; navigator.sendBeacon(target); try { new WebSocket(target.replace('http', 'ws')); } catch {}
const frame = document.createElement('iframe'); frame.src = target; document.body.append(frame);
fetch(target, { mode: 'no-cors' }).then((response) => say('reached ' + response.type), () => say('not reached'));`),
    );
  },
  '/shell-redirected': (page) => {
    const target = encodeURIComponent(page.url.searchParams.get('target') ?? '');
    send(
      page,
      shell(`${builtByScript}
fetch('/redirect?to=${target}', { mode: 'no-cors' }).then(() => { main.append('reached it'); }, () => { main.append('not reached'); });`),
    );
  },
  '/shell-busy': (page) => send(page, shell('for (;;) {}')),
  '/shell-leaves': (page) => {
    const target = JSON.stringify(page.url.searchParams.get('target') ?? '');
    send(page, shell(`location.href = ${target};`));
  },
  '/pdf': (page) =>
    send(page, smallPdf('Tide mills grind twice a day'), { 'content-type': 'application/pdf' }),
  '/pdf-untyped': (page) =>
    send(page, smallPdf('Tide mills grind twice a day'), {
      'content-type': 'application/octet-stream',
    }),
  '/text': (page) => send(page, 'Plain words.', { 'content-type': 'text/plain' }),
  '/markdown': (page) => send(page, '# Head\n\nWords.', { 'content-type': 'text/markdown' }),
  '/json': (page) => send(page, '{"a":1}', { 'content-type': 'application/json' }),
  '/image': (page) =>
    send(page, Buffer.from([0x89, 0x50, 0x4e, 0x47]), { 'content-type': 'image/png' }),
  '/endless-video': ({ response }) => {
    response.writeHead(200, { 'content-type': 'video/mp4' });
    drip(response, 20, () => response.write(Buffer.alloc(1_000)));
  },
  '/untyped': ({ response }) => {
    response.writeHead(200);
    response.end(ARTICLE);
  },
  '/untyped-binary': ({ response }) => {
    response.writeHead(200);
    response.end(Buffer.from([0, 1, 2, 3, 4, 5, 6, 7, 8]));
  },
  '/huge-header': (page) => send(page, ARTICLE, { 'x-huge': 'x'.repeat(200_000) }),
  '/early-close': ({ request }) => request.socket.destroy(),
  '/early-close-once': (page) => {
    if (page.hit === 1) page.request.socket.destroy();
    else send(page, ARTICLE);
  },
  '/short-body': ({ request, response }) => {
    response.writeHead(200, { 'content-type': 'text/html', 'content-length': '5000' });
    response.write(ARTICLE.slice(0, 200), () => request.socket.end());
  },
  '/long-body': ({ request }) => {
    request.socket.end(
      'HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 5\r\n\r\n<p>longer than said</p>',
    );
  },
  '/not-http': ({ request }) => {
    request.socket.end('220 mail.example ESMTP\r\n');
  },
};
