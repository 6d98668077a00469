import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { FootnoteError } from '../../src/core/errors.ts';
import { startLoopbackWeb, type LoopbackWeb } from '../../test/loopback-web.ts';
import { findChromium } from './find-chromium.ts';
import { parseFetchAllow } from './guard-policy.ts';
import { makeGuardedDispatcher } from './guarded-dispatcher.ts';
import { Renderer, type RendererOptions } from './renderer.ts';
import { Robots } from './robots.ts';

const never = new AbortController().signal;
const closing: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const close of closing.splice(0)) await close();
});

async function open(robots?: string): Promise<{
  web: LoopbackWeb;
  inside: LoopbackWeb;
  make: (options?: Partial<RendererOptions>) => Renderer;
}> {
  const web = await startLoopbackWeb(robots === undefined ? {} : { robots });
  const inside = await startLoopbackWeb();
  const dispatcher = makeGuardedDispatcher({ policy: parseFetchAllow([web.endpoint]) });
  closing.push(
    () => dispatcher.close(),
    () => web.close(),
    () => inside.close(),
  );
  return {
    web,
    inside,
    make: (options) => {
      const renderer = new Renderer({
        dispatcher,
        robots: new Robots({ dispatcher }),
        maxBytes: 2_000_000,
        timeoutMs: 50_000,
        settleMs: 1_500,
        ...options,
      });
      closing.unshift(() => renderer.close());
      return renderer;
    },
  };
}

async function failure(promise: Promise<unknown>): Promise<FootnoteError> {
  try {
    await promise;
  } catch (error) {
    expect(error).toBeInstanceOf(FootnoteError);
    return error as FootnoteError;
  }
  throw new Error('nothing was thrown');
}

/** Our own Chromium processes (Linux), by their parent. */
function chromiumPids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/u.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
        const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
        return parent === process.pid && stat.includes('chrom');
      } catch {
        return false;
      }
    });
}

it('says how to get a browser when there is none', async () => {
  const { web, make } = await open();
  const renderer = make({ chromiumPath: '/nowhere/chromium' });
  const error = await failure(renderer.render(web.url('/shell'), { signal: never }));
  expect(error.code).toBe('render-unavailable');
  expect(error.message).toContain('FOOTNOTE_CHROMIUM');
});

describe.skipIf(findChromium() === null)('Renderer (skipped without a Chromium)', () => {
  let web: LoopbackWeb;
  let inside: LoopbackWeb;
  let renderer: Renderer;
  beforeAll(async () => {
    const opened = await open('User-agent: *\nDisallow: /disallowed');
    ({ web, inside } = opened);
    renderer = opened.make();
  });

  it('gives the DOM that scripts built, as UTF-8', async () => {
    const page = await renderer.render(web.url('/shell'), { signal: never });
    const html = Buffer.from(page.body).toString('utf8');
    expect(html).toContain('Nendrum in Ireland');
    expect(page).toMatchObject({
      finalUrl: web.url('/shell'),
      rendered: true,
      status: 200,
      contentType: 'text/html; charset=utf-8',
    });
  });

  it('lets no request of a page past the guard', { timeout: 120_000 }, async () => {
    const at = (path: string, target: string): string =>
      web.url(`${path}?target=${encodeURIComponent(target)}`);
    const targets = [
      inside.url('/article'),
      `http://localhost:${inside.port}/article`,
      `http://[::ffff:7f00:1]:${inside.port}/`,
      'http://169.254.169.254/latest/meta-data/',
    ];
    await Promise.all(
      targets.map(async (target) => {
        const page = await renderer.render(at('/shell-private', target), { signal: never });
        const html = Buffer.from(page.body).toString('utf8');
        expect(html, target).toContain('not reached');
        expect(html).toContain('Nendrum in Ireland');
      }),
    );
    // By a redirect, which the page's own routing never sees: only the proxy stands there.
    const page = await renderer.render(at('/shell-redirected', inside.url('/article')), {
      signal: never,
    });
    expect(web.hits('/redirect')).toBe(1);
    expect(Buffer.from(page.body).toString('utf8')).toContain('not reached');
    // By the page itself going there.
    await renderer.render(at('/shell-leaves', inside.url('/article')), { signal: never });
    expect(inside.acceptedSockets).toBe(0);
  });

  it('checks robots.txt where a script leads', async () => {
    await renderer.render(web.url(`/shell-leaves?target=${web.url('/disallowed')}`), {
      signal: never,
    });
    expect(web.hits('/disallowed')).toBe(0);
    const error = await failure(renderer.render(web.url('/disallowed'), { signal: never }));
    expect(error.code).toBe('robots-disallowed');
    const refused = await failure(renderer.render('http://127.0.0.1:1/', { signal: never }));
    expect(refused.code).toBe('url-refused');
  });

  it('gives up on a page that never rests, and serves the next one', async () => {
    const { web, make } = await open();
    const renderer = make({ timeoutMs: 6_000, settleMs: 500 });
    const busy = await failure(renderer.render(web.url('/shell-busy'), { signal: never }));
    expect(busy.code).toBe('timeout');
    const page = await renderer.render(web.url('/shell'), { signal: never });
    expect(Buffer.from(page.body).toString('utf8')).toContain('Nendrum');
  });

  it('stops at once when cancelled', async () => {
    const controller = new AbortController();
    const result = failure(renderer.render(web.url('/slow-header'), { signal: controller.signal }));
    await vi.waitFor(() => expect(web.hits('/slow-header')).toBe(1), { timeout: 30_000 });
    const start = performance.now();
    controller.abort();
    expect((await result).code).toBe('cancelled');
    expect(performance.now() - start).toBeLessThan(2_000);
    await vi.waitFor(() => expect(web.activeRequests).toBe(0), { timeout: 15_000 });
  });

  it.skipIf(process.platform !== 'linux')(
    'starts the browser anew after a crash, and stops it when idle',
    async () => {
      const { web, make } = await open();
      for (const close of closing.splice(0, closing.length - 3)) await close();
      await vi.waitFor(() => expect(chromiumPids()).toEqual([]), { timeout: 15_000 });
      const renderer = make({ idleMs: 300 });
      const shell = web.url('/shell');
      const first = renderer.render(web.url('/slow-header?ms=700'), { signal: never });
      await vi.waitFor(() => expect(web.hits('/slow-header')).toBe(1), { timeout: 30_000 });
      for (const pid of chromiumPids()) process.kill(pid, 'SIGKILL');
      // The page that was open is tried again in the new browser.
      expect(Buffer.from((await first).body).toString('utf8')).toContain('lighthouse');
      expect(web.hits('/slow-header')).toBeGreaterThan(1);
      expect((await renderer.render(shell, { signal: never })).rendered).toBe(true);
      await vi.waitFor(() => expect(renderer.isRunning).toBe(false), { timeout: 15_000 });
      await vi.waitFor(() => expect(chromiumPids()).toEqual([]), { timeout: 15_000 });
    },
  );
});
