/** The plan of the house, kept by a test: rooms, one reader of the environment, short files. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../src/core/package-root.ts';

const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], {
  cwd: packageRoot,
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => file !== '');
const sources = files.filter((file) => /\.(?:ts|mjs|js)$/u.test(file));
const read = (file: string): string => readFileSync(join(packageRoot, file), 'utf8');

/**
 * The drawing of the house: what each place may import. A place is a room, a folder of `src`, or a file
 * right in it. What is served never imports `eval`, but for the command that runs it; nothing imports what
 * tests need.
 */
const DRAWING: Readonly<Record<string, readonly string[]>> = {
  'src/core': [],
  'src/runtime': ['src/core'],
  retriever: ['src/core', 'src/runtime'],
  generator: ['src/core', 'src/runtime'],
  scorer: ['src/core', 'src/runtime'],
  // The shell: `answer` and `verify` know the rooms by their nouns alone.
  'src/answer': ['src/core'],
  'src/verify': ['src/core', 'src/answer'],
  'src/sample-web': ['src/core'],
  'src/web': ['src/core'],
  'src/http': ['src/core', 'src/answer', 'src/verify'],
  'src/mcp': ['src/core', 'src/answer', 'src/verify', 'src/http'],
  // The wiring: the only places of `src` that name what is in a room.
  'src/composition': ['src/core', 'src/runtime', 'retriever', 'generator', 'scorer'],
  'src/app.ts': [
    'src/core',
    'src/runtime',
    'retriever',
    'generator',
    'scorer',
    'src/answer',
    'src/verify',
    'src/sample-web',
    'src/composition',
  ],
  eval: [
    'src/core',
    'src/runtime',
    'retriever',
    'generator',
    'scorer',
    'src/answer',
    'src/composition',
    'src/app.ts',
    // Benches find weights where tests do.
    'test',
  ],
  // Commands: `stage-command` runs one part of a room alone.
  'src/cli': [
    'src/core',
    'src/runtime',
    'retriever',
    'scorer',
    'src/answer',
    'src/verify',
    'src/http',
    'src/mcp',
    'src/composition',
    'src/app.ts',
    'eval',
  ],
  'src/main.ts': [
    'src/core',
    'src/runtime',
    'src/answer',
    'src/composition',
    'src/app.ts',
    'src/cli',
  ],
};

/** Where a file belongs: a room, a folder of `src` or a file in it, `eval`, `test`. */
function place(file: string): string {
  const [top = '', second = ''] = file.split('/');
  return top === 'src' ? `src/${second}` : top;
}

/** Tests, and what only they use. */
const isTest = (file: string): boolean =>
  /(?:\.test|\.contract)\.ts$|(?:^|\/)(?:test|testing)\//u.test(file);

/** `a → b`, with the first file that draws it. */
function arrows(of: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const file of of) {
    for (const target of imports(file)) {
      const arrow = `${place(file)} → ${place(target)}`;
      if (place(file) !== place(target) && !found.has(arrow)) {
        found.set(arrow, `${file} imports ${target}`);
      }
    }
  }
  return found;
}

function imports(file: string): string[] {
  return [...read(file).matchAll(/(?:from|import\()\s*'(\.[^']+)'|import '(\.[^']+)'/gu)].map(
    (match) => normalize(join(dirname(file), match[1] ?? match[2] ?? '')),
  );
}

describe('the house', () => {
  it('has only the top level its owner fixed', () => {
    const top = new Set(files.map((file) => file.split('/')[0] as string));
    const allowed =
      /^(?:package(?:-lock)?\.json|tsconfig.*\.json|vitest\.config\.ts|src|retriever|generator|scorer|eval|test|README\.md|LICENSE|CHANGELOG\.md|\..*)$/u;
    expect([...top].filter((name) => !allowed.test(name))).toEqual([]);
  });

  it('has the arrows of its drawing, and no others', () => {
    const drawn = new Set(
      Object.entries(DRAWING).flatMap(([from, targets]) => targets.map((to) => `${from} → ${to}`)),
    );
    const own = sources.filter((file) => !isTest(file) && place(file) in DRAWING);
    const found = arrows(own);
    expect([...found].filter(([arrow]) => !drawn.has(arrow))).toEqual([]);
    // What nothing imports any more is rubbed out.
    expect([...drawn].filter((arrow) => !found.has(arrow))).toEqual([]);
  });

  it('draws no arrow upwards', () => {
    const order = Object.keys(DRAWING);
    for (const [from, targets] of Object.entries(DRAWING)) {
      for (const to of targets) expect(order.indexOf(to), to).toBeLessThan(order.indexOf(from));
    }
  });

  it('keeps rooms and kernel apart in their tests too', () => {
    // The loopback web and the finder of weights are for everyone.
    const places = ['src/core', 'src/runtime', 'retriever', 'generator', 'scorer'];
    const tests = sources.filter((file) => isTest(file) && places.includes(place(file)));
    const wrong = [...arrows(tests)].filter(([arrow]) => {
      const [from = '', to = ''] = arrow.split(' → ');
      return to !== 'test' && !(DRAWING[from] ?? []).includes(to);
    });
    expect(wrong).toEqual([]);
  });

  it('reads the environment in one place', () => {
    const readers = sources.filter(
      (file) =>
        !file.endsWith('.test.ts') &&
        !file.startsWith('test/') &&
        /process\.env\b/u.test(read(file)),
    );
    expect(readers).toEqual(['src/core/config.ts']);
  });

  it('keeps files short', () => {
    const long = files
      .filter((file) => /\.(?:ts|mjs|js|css|html)$/u.test(file) && !file.includes('golden/'))
      .map((file) => [file, read(file).split('\n').length - 1] as const)
      .filter(([, lines]) => lines > 400);
    expect(long).toEqual([]);
  });

  it('has no barrels, default exports, or forbidden names', () => {
    const wrong = sources.filter((file) => {
      if (file === 'vitest.config.ts') return false;
      const text = read(file);
      const name = file.split('/').at(-1) as string;
      return (
        /^export default /mu.test(text) ||
        /^export \* from/mu.test(text) ||
        // `index.ts` is a barrel; `local-index.ts` is an index.
        /(?:^index|(?:^|-)(?:utils?|helpers?|manager|service-base|base))\.ts$/u.test(name)
      );
    });
    expect(wrong).toEqual([]);
  });

  it('links from its documents to files and headings that exist', () => {
    const heading = (file: string): string[] =>
      [...read(file).matchAll(/^#+ (.+)$/gmu)].map(([, text = '']) =>
        text
          .toLowerCase()
          .replace(/[^\p{L}\p{N} -]/gu, '')
          .replaceAll(' ', '-'),
      );
    const documents = files.filter((file) => /(?<!pages\/.*)\.md$/u.test(file));
    const wrong = documents.flatMap((file) =>
      [...read(file).matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)/gu)].flatMap(
        ([link, path = '', anchor]) => {
          const target = path === '' ? file : normalize(join(dirname(file), path));
          const found =
            files.includes(target) && (anchor === undefined || heading(target).includes(anchor));
          return found ? [] : [`${file}: ${link}`];
        },
      ),
    );
    expect(documents).toContain('README.md');
    expect(wrong).toEqual([]);
  });

  it('names no package registry', () => {
    const hosts = [
      ['registry', 'npmjs', 'org'].join('.'),
      ['pypi', 'org'].join('.'),
      ['deb', 'debian', 'org'].join('.'),
    ];
    const wrong = files.filter(
      (file) =>
        /\.(?:ts|json|md|yml|html|txt)$|^\.(?:ci|npmrc)/u.test(file) &&
        hosts.some((host) => read(file).includes(host)),
    );
    expect(wrong).toEqual([]);
  });
});
