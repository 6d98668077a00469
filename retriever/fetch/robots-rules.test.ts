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

/** Our own cases after RFC 9309 and Google's documentation, so that a clone without data tests them too. */
describe('robots.txt, rule by rule', () => {
  const GROUPS = 'user-agent: FooBot\nallow: /x\nuser-agent: BarBot\ndisallow: /\n';
  it.each([
    ['no file', '', 'FooBot', '/', true],
    ['an empty agent line', 'user-agent:\ndisallow: /\n', 'FooBot', '/', true],
    ['an empty disallow', 'user-agent: *\ndisallow:\n', 'FooBot', '/a', true],
    ['all', 'user-agent: *\ndisallow: /\n', 'FooBot', '/a', false],
    ['rules before any agent', 'disallow: /\nuser-agent: BarBot\n', 'FooBot', '/a', true],
    ['the first of two groups', GROUPS, 'FooBot', '/y', true],
    ['the second of two groups', GROUPS, 'BarBot', '/x', false],
    ['the agent in other case', 'User-Agent: FOOBOT\nDisallow: /\n', 'foobot', '/a', false],
    ['an agent with a version', 'user-agent: FooBot/2.1\ndisallow: /\n', 'FooBot', '/a', false],
    ['a longer agent name', 'user-agent: FooBotImages\ndisallow: /\n', 'FooBot', '/a', true],
    [
      'two groups of one agent, joined',
      'user-agent: FooBot\ndisallow: /a\n\nuser-agent: FooBot\ndisallow: /b\n',
      'FooBot',
      '/b',
      false,
    ],
    [
      'the own group in place of the star',
      'user-agent: *\ndisallow: /\nuser-agent: FooBot\ndisallow: /b\n',
      'FooBot',
      '/a',
      true,
    ],
    ['a space around the colon', 'user-agent : *\ndisallow : /a\n', 'FooBot', '/a', false],
    ['a comment', 'user-agent: * # all\ndisallow: /a # not this\n', 'FooBot', '/a', false],
    ['carriage returns', 'user-agent: *\r\ndisallow: /a\r\n', 'FooBot', '/a', false],
    ['old line ends', 'user-agent: *\rdisallow: /a\r', 'FooBot', '/a', false],
    ['a byte order mark', '\uFEFFuser-agent: *\ndisallow: /a\n', 'FooBot', '/a', false],
    ['paths in other case', 'user-agent: *\ndisallow: /A\n', 'FooBot', '/a', true],
    ['a prefix', 'user-agent: *\ndisallow: /fish\n', 'FooBot', '/fishheads/yummy', false],
    ['no prefix amid the path', 'user-agent: *\ndisallow: /fish\n', 'FooBot', '/catfish', true],
    ['a folder', 'user-agent: *\ndisallow: /fish/\n', 'FooBot', '/fish', true],
    ['a star', 'user-agent: *\ndisallow: /*.php\n', 'FooBot', '/a/b.php?c', false],
    ['an end', 'user-agent: *\ndisallow: /*.php$\n', 'FooBot', '/a.php?c', true],
    ['a dollar amid the rule', 'user-agent: *\ndisallow: /a$b\n', 'FooBot', '/a$b', false],
    ['the longer allow', 'user-agent: *\ndisallow: /a\nallow: /a/b\n', 'FooBot', '/a/b', true],
    ['the longer disallow', 'user-agent: *\nallow: /a\ndisallow: /a/b\n', 'FooBot', '/a/b', false],
    [
      'allow where both are as long',
      'user-agent: *\ndisallow: /a\nallow: /a\n',
      'FooBot',
      '/a',
      true,
    ],
    ['a query', 'user-agent: *\ndisallow: /a?b\n', 'FooBot', '/a?b=c', false],
    [
      'other lines',
      'user-agent: *\ncrawl-delay: 1\nsitemap: x\ndisallow: /a',
      'FooBot',
      '/a',
      false,
    ],
    ['no robots file but a page', '<html><p>user-agent: *</p></html>', 'FooBot', '/a', true],
  ] as const)('%s', (_, text, agent, path, allowed) => {
    expect(parseRobots(text, agent).isAllowed(path)).toBe(allowed);
  });

  it.each([
    ['https://example.org', '/'],
    ['https://example.org/a/b?c=d#e', '/a/b?c=d'],
    ['https://example.org/?q', '/?q'],
    ['https://example.org:8443/a;b', '/a;b'],
  ])('the path of %s is %s', (url, path) => {
    expect(robotsPath(new URL(url))).toBe(path);
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
