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

const ROOMS = ['retriever', 'generator', 'scorer'];

/** What a file is part of: a room, the kernel, or the shell around them. */
function place(file: string): string {
  const [top, second] = file.split('/');
  if (ROOMS.includes(top ?? '')) return top as string;
  return top === 'src' && (second === 'core' || second === 'runtime') ? 'kernel' : 'shell';
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

  it('keeps rooms apart and the kernel below them', () => {
    const wrong = sources.flatMap((file) =>
      imports(file)
        .filter((target) => {
          const from = place(file);
          const to = place(target);
          if (from === 'shell' || from === to || to === 'kernel') return false;
          // Tests may use the loopback web and the weights finder.
          return !(file.endsWith('.test.ts') && target.startsWith('test/'));
        })
        .map((target) => `${file} imports ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  it('lets only app.ts and the pipeline orchestrate the rooms', () => {
    const shell = sources.filter(
      (file) => file.startsWith('src/') && place(file) === 'shell' && !file.endsWith('.test.ts'),
    );
    const wrong = shell.filter(
      (file) =>
        !/^src\/(?:app|main|cli\/stage-command|cli\/stages)\.ts$/u.test(file) &&
        !file.startsWith('src/composition/') &&
        imports(file).some((target) => ROOMS.includes(place(target))),
    );
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
    const long = sources
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
