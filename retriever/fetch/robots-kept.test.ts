import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { never, openWeb } from '../../test/loopback-web/loopback-fetcher.ts';
import { DiskCache } from '../cache/disk-cache.ts';
import { MemoryCache } from '../cache/memory-cache.ts';
import type { Cache } from '../../src/core/seams.ts';
import { parseFetchAllow } from './guard-policy.ts';
import { makeGuardedDispatcher } from './guarded-dispatcher.ts';
import { Robots } from './robots.ts';

const RULES = 'User-agent: footnote\nDisallow: /text';
const HOUR_MS = 3_600_000;
const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const work of cleanUp.splice(0).toReversed()) await work();
});

/** Robots as a process just started has them. */
function startRobots(endpoint: string, cache: Cache, scope = 'a'): Robots {
  const dispatcher = makeGuardedDispatcher({ policy: parseFetchAllow([endpoint]) });
  cleanUp.push(() => dispatcher.close());
  return new Robots({ dispatcher, timeoutMs: 5_000, kept: { cache, scope } });
}
const allows = (robots: Robots, url: string): Promise<boolean> =>
  robots.requireAllowed(new URL(url), { signal: never }).then(
    () => true,
    () => false,
  );

describe('robots.txt that was read before', () => {
  it('is not asked for again by the next process', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'footnote-robots-'));
    cleanUp.push(() => rmSync(folder, { recursive: true, force: true }));
    const web = await openWeb({ robots: RULES });
    const origin = new URL(web.url('/')).origin;
    for (let start = 0; start < 2; start += 1) {
      const cache = new DiskCache({ path: join(folder, 'web.db'), maxBytes: 1_000_000 });
      await cache.warm({ signal: never });
      const robots = startRobots(web.endpoint, cache);
      expect(await allows(robots, web.url('/text'))).toBe(false);
      expect(await allows(robots, web.url('/article'))).toBe(true);
      await vi.waitFor(async () => {
        expect(await cache.get(`robots a ${origin}`, { signal: never })).not.toBeNull();
      });
      await cache.close();
    }
    expect(web.hits('/robots.txt')).toBe(1);
  });

  it.each([
    ['a day old', 24.1, true],
    ['from the future', -1, true],
    ['an hour old', 1, false],
  ])('%s', async (_, hours, isAsked) => {
    const web = await openWeb({ robots: RULES });
    const cache = new MemoryCache({ maxBytes: 1_000_000 });
    const entry = {
      value: new TextEncoder().encode('User-agent: *\nDisallow: /article'),
      storedAtMs: Date.now() - hours * HOUR_MS,
      expiresAtMs: Date.now() + HOUR_MS,
    };
    await cache.set(`robots a ${new URL(web.url('/')).origin}`, entry);
    expect(await allows(startRobots(web.endpoint, cache), web.url('/article'))).toBe(isAsked);
    expect(web.hits('/robots.txt')).toBe(isAsked ? 1 : 0);
  });

  it('tells nothing to a process with other rules, and keeps no failure', async () => {
    let status = 503;
    const web = await openWeb({
      robots: ({ response }) => {
        response.statusCode = status;
        response.end(RULES);
      },
    });
    const cache = new MemoryCache({ maxBytes: 1_000_000 });
    expect(await allows(startRobots(web.endpoint, cache), web.url('/article'))).toBe(false);
    status = 200;
    expect(await allows(startRobots(web.endpoint, cache), web.url('/article'))).toBe(true);
    expect(await allows(startRobots(web.endpoint, cache, 'b'), web.url('/article'))).toBe(true);
    expect(web.hits('/robots.txt')).toBe(3);
  });

  it('noise in the file is no rule', async () => {
    const web = await openWeb({ robots: RULES });
    const cache = new MemoryCache({ maxBytes: 1_000_000 });
    const value = Uint8Array.from({ length: 5_000 }, (_, at) => (at * 7_919) % 256);
    const entry = { value, storedAtMs: Date.now(), expiresAtMs: Date.now() + HOUR_MS };
    await cache.set(`robots a ${new URL(web.url('/')).origin}`, entry);
    expect(await allows(startRobots(web.endpoint, cache), web.url('/article'))).toBe(true);
  });
});
