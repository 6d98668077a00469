import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CorpusFetcher } from './corpus-fetcher.ts';
import { listCorpus } from './corpus-files.ts';

let base: string;
let root: string;
let fetcher: CorpusFetcher;
const options = { signal: AbortSignal.timeout(20_000) };
const url = (...parts: string[]): string => pathToFileURL(join(root, ...parts)).href;

beforeAll(async () => {
  base = await realpath(await mkdtemp(join(tmpdir(), 'footnote-corpus-')));
  root = join(base, 'corpus');
  await mkdir(join(root, 'deep', '.hidden'), { recursive: true });
  await mkdir(join(base, 'corpus-other'));
  await writeFile(join(root, 'a page.html'), '<p>café</p>');
  await writeFile(join(root, 'deep', '茶.MD'), '# 茶');
  await writeFile(join(root, 'deep', '.hidden', 'x.txt'), 'x');
  await writeFile(join(root, 'key.pem'), 'secret');
  await writeFile(join(root, 'big.txt'), 'x'.repeat(2_000));
  await writeFile(join(base, 'corpus-other', 'secret.txt'), 'secret');
  await symlink(join(base, 'corpus-other', 'secret.txt'), join(root, 'link.txt'));
  await symlink(join(base, 'corpus-other'), join(root, 'linked'));
  await symlink(join(root, 'key.pem'), join(root, 'key.txt'));
  execFileSync('/usr/bin/mkfifo', [join(root, 'pipe.txt')]);
  fetcher = new CorpusFetcher({ folder: root, maxBytes: 1_000 });
});
afterAll(() => rm(base, { recursive: true }));

describe('CorpusFetcher', () => {
  it('reads a file with its content type', async () => {
    const page = await fetcher.fetch(url('a page.html'), options);
    expect(page).toMatchObject({ status: 200, contentType: 'text/html', rendered: false });
    expect(Buffer.from(page.body).toString()).toBe('<p>café</p>');
    expect(page.lastModified).toMatch(/^\d{4}-.*Z$/u);
    const markdown = await fetcher.fetch(url('deep', '茶.MD'), options);
    expect(markdown.contentType).toBe('text/markdown');
  });

  it.each([
    ['a link out of the folder', () => url('link.txt')],
    ['a file behind a linked folder', () => url('linked', 'secret.txt')],
    ['a link to another kind of file', () => url('key.txt')],
    ['a path with ..', () => `${pathToFileURL(root).href}/../corpus-other/secret.txt`],
    ['an escaped ..', () => `${pathToFileURL(root).href}/%2e%2e/corpus-other/secret.txt`],
    ['an escaped slash', () => `${pathToFileURL(root).href}/..%2fcorpus-other%2fsecret.txt`],
    [
      'a neighbour whose name begins alike',
      () => pathToFileURL(join(base, 'corpus-other', 'secret.txt')).href,
    ],
    ['a missing file outside', () => pathToFileURL(join(base, 'nothing.txt')).href],
    ['another kind of file', () => url('key.pem')],
    ['the folder itself', () => pathToFileURL(root).href],
    ['a pipe', () => url('pipe.txt')],
    ['a web URL', () => 'https://example.org/a.txt'],
    ['a file on another host', () => 'file://server/share/a.txt'],
    ['no URL', () => 'a.txt'],
  ])('refuses %s', async (_, address) => {
    await expect(fetcher.fetch(address(), options)).rejects.toMatchObject({ code: 'url-refused' });
  });

  it('names a file that is gone, one that is too large, and a folder that is none', async () => {
    await expect(fetcher.fetch(url('gone.txt'), options)).rejects.toMatchObject({
      code: 'fetch-failed',
    });
    await expect(fetcher.fetch(url('big.txt'), options)).rejects.toMatchObject({
      code: 'page-too-large',
    });
    const nowhere = new CorpusFetcher({ folder: join(base, 'nowhere') });
    await expect(nowhere.fetch(url('a page.html'), options)).rejects.toMatchObject({
      code: 'config-invalid',
    });
  });

  it('stops for an aborted signal', async () => {
    const search = fetcher.fetch(url('a page.html'), { signal: AbortSignal.abort() });
    await expect(search).rejects.toMatchObject({ code: 'cancelled' });
  });
});

describe('listCorpus', () => {
  it('lists readable files only: no links, pipes, hidden or unknown ones', async () => {
    const files = await listCorpus(root, options.signal);
    expect(files.map((file) => file.path)).toEqual(['a page.html', 'big.txt', 'deep/茶.MD']);
    expect(files[1]?.size).toBe(2_000);
  });
});
