import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/core/package-root.ts';
import { parseRobots, robotsPath } from './robots-rules.ts';

const data = join(packageRoot, '../shared/data/security-dev');

function rows<Row>(name: string): Row[] {
  return gunzipSync(readFileSync(join(data, name)))
    .toString('utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Row);
}

describe('parseRobots', () => {
  it('prefers the group that names us, and the longest match within it', () => {
    const rules = parseRobots(
      'User-agent: *\nDisallow: /\n\nUser-agent: footnote\nUser-agent: other\nDisallow: /a\nAllow: /a/b$\nDisallow: /*.zip\n',
      'footnote',
    );
    expect(rules.isAllowed('/')).toBe(true);
    expect(rules.isAllowed('/a/c')).toBe(false);
    expect(rules.isAllowed('/a/b')).toBe(true);
    expect(rules.isAllowed('/a/b/c')).toBe(false);
    expect(rules.isAllowed('/x/y.zip?z')).toBe(false);
  });

  it('compares paths as the URL parser encodes them', () => {
    const rules = parseRobots('User-agent: *\nDisallow: /中文/\nDisallow: /%e4%b8%ad', 'footnote');
    expect(rules.isAllowed(robotsPath(new URL('https://example.com/中文/x')))).toBe(false);
    expect(rules.isAllowed(robotsPath(new URL('https://example.com/%e4%b8%ad')))).toBe(false);
    expect(rules.isAllowed(robotsPath(new URL('https://example.com/文')))).toBe(true);
  });

  it('reads a hostile file in linear time', () => {
    const hostile = `User-agent: *\n${`Disallow: /${'*a'.repeat(500)}b$\n`.repeat(500)}`;
    const rules = parseRobots(hostile, 'footnote');
    const start = performance.now();
    expect(rules.isAllowed(`/${'a'.repeat(8_000)}`)).toBe(true);
    expect(performance.now() - start).toBeLessThan(5_000);
  });
});

interface RobotsCase {
  readonly id: string;
  readonly robots_txt: string;
  readonly user_agent: string;
  readonly url: string;
  readonly allowed: boolean;
}

/** Google's tests give URLs that the WHATWG parser would encode or refuse; this takes them verbatim. */
function verbatimPath(url: string): string {
  const path = /^(?:[a-z][a-z0-9+.-]*:)?\/\/[^/?#]*([^#]*)/iu.exec(url)?.[1] ?? '/';
  return path.startsWith('/') ? path : `/${path}`;
}

describe.skipIf(!existsSync(data))(
  "Google's robots.txt cases (skipped without ../shared/data)",
  () => {
    it('agrees with all of them', () => {
      const cases = rows<RobotsCase>('robots-cases.jsonl.gz');
      const wrong = cases.filter(
        (row) =>
          parseRobots(row.robots_txt, row.user_agent).isAllowed(verbatimPath(row.url)) !==
          row.allowed,
      );
      expect(cases.length).toBeGreaterThan(100);
      expect(wrong.map((row) => row.id)).toEqual([]);
    });

    it('takes the path of an absolute URL as they do', () => {
      const absolute = rows<{ url: string; path: string }>('robots-paths.jsonl.gz').filter((row) =>
        row.url.startsWith('http'),
      );
      expect(absolute.length).toBeGreaterThan(4);
      for (const row of absolute) expect(robotsPath(new URL(row.url))).toBe(row.path);
    });
  },
);
