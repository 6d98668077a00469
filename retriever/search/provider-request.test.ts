import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isCaptchaPage } from './captcha-page.ts';
import { BraveProvider } from './providers/brave-provider.ts';
import { DuckDuckGoProvider } from './providers/duckduckgo-provider.ts';
import { MediaWikiProvider } from './providers/mediawiki-provider.ts';
import { SearxngProvider } from './providers/searxng-provider.ts';
import { SerperProvider } from './providers/serper-provider.ts';
import { TavilyProvider } from './providers/tavily-provider.ts';
import { LoopbackEngine } from './testing/loopback-engine.ts';

const query = { text: 'tea', language: 'en', limit: 10, sites: [] };
const signal = (): { signal: AbortSignal } => ({ signal: AbortSignal.timeout(10_000) });
const answer = JSON.stringify({
  results: [{ url: 'https://a.org/' }, null, { url: 'https://b.org/', title: 3 }],
});
const JSON_TYPE = { 'content-type': 'application/json' };
let engine: LoopbackEngine;

beforeEach(async () => {
  engine = await LoopbackEngine.start();
});
afterEach(() => engine.close());

describe('provider requests', () => {
  it('reads gzip, and bears results that lack everything but the URL', async () => {
    const headers = { ...JSON_TYPE, 'content-encoding': 'gzip' };
    engine.answer({ headers, body: gzipSync(answer) });
    const results = await new SearxngProvider({ url: engine.url }).search(query, signal());
    expect(results.map((result) => [result.url, result.title])).toEqual([
      ['https://a.org/', 'a.org'],
      ['https://b.org/', 'b.org'],
    ]);
    expect(engine.last.headers['accept-encoding']).toBe('gzip, deflate');
    expect(engine.last.headers['user-agent']).toMatch(/^footnote\//u);
  });

  it('skips results without a URL, and says so when there is no other', async () => {
    const boxes = [{ url: null, title: 'Box' }, { title: 'no URL at all' }, 'odd'];
    engine.answer({
      headers: JSON_TYPE,
      body: JSON.stringify({ results: [...boxes, { url: 'https://a.org/', title: 'A' }] }),
    });
    const provider = new SearxngProvider({ url: engine.url });
    expect((await provider.search(query, signal())).map(({ url }) => url)).toEqual([
      'https://a.org/',
    ]);
    engine.answer({ headers: JSON_TYPE, body: JSON.stringify({ results: boxes }) });
    await expect(provider.search(query, signal())).rejects.toThrow(
      /3 results, none of which has a URL/u,
    );
    engine.answer({
      headers: JSON_TYPE,
      body: JSON.stringify({ organic: [{ title: 'x' }, { link: 'https://b.org/' }] }),
    });
    const serper = new SerperProvider({ url: engine.url, key: 'k' });
    expect((await serper.search(query, signal())).map(({ url }) => url)).toEqual([
      'https://b.org/',
    ]);
  });

  it('sends the credentials of the base URL as a header, and names them nowhere', async () => {
    engine.answer({ headers: JSON_TYPE, body: JSON.stringify({ results: [] }) });
    const url = `${engine.url.replace('://', '://reader:pa%20ss@').replace(/\/$/u, '')}/sub/`;
    await new SearxngProvider({ url }).search(query, signal());
    expect(engine.last.url.pathname).toBe('/sub/search');
    expect(engine.last.headers.authorization).toBe(
      `Basic ${Buffer.from('reader:pa ss').toString('base64')}`,
    );
    engine.answer({ status: 302, headers: { location: 'http://other.example/' }, body: '' });
    const error: unknown = await new SearxngProvider({ url })
      .search(query, signal())
      .catch((thrown: unknown) => thrown);
    expect(String(error)).not.toContain('pa');
  });

  it('caps what a compressed answer unfolds to', async () => {
    const headers = { ...JSON_TYPE, 'content-encoding': 'gzip' };
    engine.answer({ headers, body: gzipSync(Buffer.alloc(200_000_000)) });
    const search = new SearxngProvider({ url: engine.url }).search(query, signal());
    await expect(search).rejects.toMatchObject({
      code: 'search-bad-response',
      message: /more than/u,
    });
  });

  it('refuses an encoding that it did not ask for', async () => {
    const headers = { ...JSON_TYPE, 'content-encoding': 'br' };
    engine.answer({ headers, body: brotliCompressSync(answer) });
    const search = new SearxngProvider({ url: engine.url }).search(query, signal());
    await expect(search).rejects.toMatchObject({ code: 'search-bad-response', message: /br/u });
  });

  it('names an answer cut off in the middle', async () => {
    engine.behave((_, response) => {
      response.writeHead(200, { ...JSON_TYPE, 'content-length': '1000' });
      response.write('{"results":');
      setTimeout(() => response.destroy(), 20);
      return null;
    });
    const search = new SearxngProvider({ url: engine.url }).search(query, signal());
    await expect(search).rejects.toMatchObject({ code: 'search-unreachable' });
  });

  it('hangs up when the caller leaves in mid-answer', async () => {
    engine.behave((_, response) => {
      response.writeHead(200, JSON_TYPE);
      response.write('{"results":');
      return null;
    });
    const controller = new AbortController();
    const search = new SearxngProvider({ url: engine.url }).search(query, controller);
    setTimeout(() => controller.abort(), 50);
    await expect(search).rejects.toMatchObject({ code: 'cancelled' });
    await expect.poll(() => engine.hungUp).toBe(1);
  });

  it('follows a redirect on the same host, never to another, and not for ever', async () => {
    engine.behave((request) =>
      request.url.pathname === '/search'
        ? { status: 301, headers: { location: '/new/search?format=json' }, body: '' }
        : { headers: JSON_TYPE, body: answer },
    );
    const provider = new SearxngProvider({ url: engine.url });
    expect(await provider.search(query, signal())).toHaveLength(2);
    const location = `http://localhost:${engine.port}/search`;
    engine.answer({ status: 302, headers: { location }, body: '' });
    await expect(provider.search(query, signal())).rejects.toMatchObject({
      code: 'search-bad-response',
      message: expect.stringContaining(
        `redirects to http://localhost:${engine.port}/search`,
      ) as string,
    });
    engine.answer({ status: 302, headers: { location: '/again' }, body: '' });
    await expect(provider.search(query, signal())).rejects.toThrow(/redirects more than 3 times/u);
  });
});

describe('searxng', () => {
  it('says how to switch JSON on, for HTTP 403 and for HTML', async () => {
    const provider = new SearxngProvider({ url: `${engine.url}/searx/` });
    engine.answer({ status: 403, body: '<h1>Forbidden</h1>' });
    await expect(provider.search(query, signal())).rejects.toMatchObject({
      code: 'search-blocked',
      message: /add "json" under search\.formats/u,
    });
    expect(engine.last.url.pathname).toBe('/searx/search');
    engine.answer({ headers: { 'content-type': 'text/html' }, body: '<html>results</html>' });
    await expect(provider.search(query, signal())).rejects.toMatchObject({
      code: 'search-bad-response',
      message: /text\/html that is not JSON; .*search\.formats/u,
    });
  });

  it('does not take an instance whose engines are all down for an empty web', async () => {
    const body = JSON.stringify({
      results: [],
      unresponsive_engines: [
        ['google', 'CAPTCHA'],
        ['bing', 'timeout'],
      ],
    });
    engine.answer({ headers: JSON_TYPE, body });
    await expect(
      new SearxngProvider({ url: engine.url }).search(query, signal()),
    ).rejects.toMatchObject({
      code: 'search-blocked',
      message: /google \(CAPTCHA\), bing \(timeout\)/u,
    });
  });
});

describe('mediawiki', () => {
  const found = (title: string): string =>
    JSON.stringify({ query: { pages: [{ title, fullurl: 'https://wiki.example/x' }] } });

  it("asks in the question's language where there is a Wikipedia, else in English", async () => {
    engine.answer({ headers: JSON_TYPE, body: found('x') });
    const provider = new MediaWikiProvider({ url: `${engine.url}/{lang}/api.php` });
    await provider.search({ ...query, language: 'zh' }, signal());
    expect(engine.last.url.pathname).toBe('/zh/api.php');
    await provider.search({ ...query, language: 'tlh' }, signal());
    expect(engine.last.url.pathname).toBe('/en/api.php');
  });

  it('asks with keywords, and once more with OR when all together are found nowhere', async () => {
    engine.behave((request) => {
      const words = request.url.searchParams.get('gsrsearch') ?? '';
      const body = words.includes(' OR ') ? found('Dune (novel)') : '{"batchcomplete":true}';
      return { headers: JSON_TYPE, body };
    });
    const provider = new MediaWikiProvider({ url: `${engine.url}/api.php` });
    const results = await provider.search(
      { ...query, text: 'Who wrote the novel Dune?' },
      signal(),
    );
    expect(results[0]?.title).toBe('Dune (novel)');
    expect(engine.requests.map((request) => request.url.searchParams.get('gsrsearch'))).toEqual([
      'wrote novel Dune',
      'wrote OR novel OR Dune',
    ]);
  });

  it("names the API's own errors", async () => {
    const provider = new MediaWikiProvider({ url: `${engine.url}/api.php` });
    engine.answer({
      headers: JSON_TYPE,
      body: '{"error":{"code":"search-title-disabled","info":"off"}}',
    });
    await expect(provider.search(query, signal())).rejects.toMatchObject({
      code: 'search-bad-response',
      message: /search-title-disabled: off/u,
    });
    engine.answer({ headers: JSON_TYPE, body: '{"error":{"code":"ratelimited"}}' });
    await expect(provider.search(query, signal())).rejects.toMatchObject({
      code: 'search-rate-limited',
      retryAfterSeconds: 60,
    });
  });
});

describe('keys', () => {
  const wrongKey = { status: 422, body: '{"error":{"code":"SUBSCRIPTION_TOKEN_INVALID"}}' };
  const cases = [
    {
      make: BraveProvider,
      header: 'x-subscription-token',
      sent: 'k',
      reply: wrongKey,
      says: /BRAVE_API_KEY/u,
    },
    {
      make: TavilyProvider,
      header: 'authorization',
      sent: 'Bearer k',
      reply: { status: 401, body: '{}' },
      says: /TAVILY_API_KEY/u,
    },
    {
      make: SerperProvider,
      header: 'x-api-key',
      sent: 'k',
      reply: { status: 403, body: '{"message":"Unauthorized."}' },
      says: /SERPER_API_KEY/u,
    },
    {
      make: SerperProvider,
      header: 'x-api-key',
      sent: 'k',
      reply: { status: 400, body: '{"message":"Not enough credits"}' },
      says: /credits/u,
    },
  ];
  it.each(cases)('sends the key in $header and names a refusal ($says)', async (entry) => {
    const provider = new entry.make({ url: engine.url, key: 'k' });
    engine.answer(entry.reply);
    await expect(provider.search(query, signal())).rejects.toMatchObject({
      code: 'search-blocked',
      message: entry.says,
    });
    expect(engine.last.headers[entry.header]).toBe(entry.sent);
    expect(engine.last.url.href).not.toContain('=k');
  });

  it('rests for an hour when the plan of tavily is used up', async () => {
    engine.answer({ status: 432, body: '{}' });
    const search = new TavilyProvider({ url: engine.url, key: 'k' }).search(query, signal());
    await expect(search).rejects.toMatchObject({
      code: 'search-rate-limited',
      retryAfterSeconds: 3_600,
    });
  });
});

describe('CAPTCHA pages', () => {
  it.each([
    '<title>Just a moment...</title>',
    '<div class="g-recaptcha" data-sitekey="x"></div>',
    '<script src="https://js.hcaptcha.com/1/api.js"></script>',
    '<form id="captcha-form" action="/sorry/index">',
    '<p>Our systems have detected unusual traffic from your computer network.</p>',
  ])('are known by %s', (html) => {
    expect(isCaptchaPage(html)).toBe(true);
  });

  it('are not pages about CAPTCHAs', async () => {
    expect(
      isCaptchaPage('<h1>History of the CAPTCHA</h1><p>A captcha tells people from bots.</p>'),
    ).toBe(false);
    const hit = `<div class="result"><a class="result__a" href="https://a.org/captcha">What is a CAPTCHA?</a>
      <a class="result__snippet">Complete the following challenge to confirm …</a></div>`;
    engine.answer({ headers: { 'content-type': 'text/html' }, body: hit });
    const results = await new DuckDuckGoProvider({ url: engine.url }).search(query, signal());
    expect(results).toHaveLength(1);
  });
});
