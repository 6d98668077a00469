import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, mkdir, readdir, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CorpusFetcher } from './corpus-fetcher.ts';
import { LocalIndex } from './local-index.ts';
import { LocalProvider } from './providers/local-provider.ts';
import { SearchRouter } from './search-router.ts';
import { PlainExtractor } from './testing/plain-extractor.ts';

let base: string;
let corpus: string;
let extractor: PlainExtractor;
let open: LocalIndex[];
const options = {
  get signal(): AbortSignal {
    return AbortSignal.timeout(50_000);
  },
};

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'footnote-index-'));
  corpus = join(base, 'corpus');
  await mkdir(join(corpus, 'deep'), { recursive: true });
  extractor = new PlainExtractor();
  open = [];
});
afterEach(async () => {
  await Promise.all(open.map((index) => index.close()));
  await rm(base, { recursive: true });
});

function openIndex(more: { giveUpMs?: number; patienceMs?: number } = {}): LocalIndex {
  const index = new LocalIndex({
    folder: corpus,
    cacheDir: join(base, 'cache'),
    fetcher: new CorpusFetcher({ folder: corpus }),
    extractor,
    refreshMs: 0,
    patienceMs: 20_000,
    ...more,
  });
  open.push(index);
  return index;
}

const write = (name: string, text: string): Promise<void> => writeFile(join(corpus, name), text);
const search = async (index: LocalIndex, text: string, limit = 10): Promise<string[]> =>
  (await index.search({ text, limit, earliest: null }, options)).map((hit) => hit.path);

describe('LocalIndex', () => {
  it('finds files by words, best first, the title weighted', async () => {
    await write('lion.md', '# The lion\n\nA big cat that hunts in groups on the plains of Africa.');
    await write(
      'deep/zoo.html',
      '<title>The city zoo</title><body>It keeps a lion, bears and apes.</body>',
    );
    await write('bread.txt', 'Baking bread\n\nFlour, water, salt and time.');
    const index = openIndex();
    const hits = await index.search(
      { text: 'Where do lions hunt?', limit: 10, earliest: null },
      options,
    );
    expect(hits.map((hit) => hit.path)).toEqual(['lion.md', 'deep/zoo.html']);
    expect(hits[0]).toMatchObject({ title: 'The lion', language: 'en' });
    expect(hits[0]?.url).toMatch(/^file:\/\/.*\/corpus\/lion\.md$/u);
    expect(hits[0]?.snippet).toContain('hunts in groups');
    expect(hits[0]?.score).toBeGreaterThan(hits[1]?.score ?? Number.POSITIVE_INFINITY);
    expect(await search(index, 'quantum')).toEqual([]);
    expect(await search(index, '?!')).toEqual([]);
    expect(await search(index, '"lion" OR NEAR(bears* -apes) title:zoo')).toContain(
      'deep/zoo.html',
    );
  });

  it('finds Chinese, Japanese and Thai, Traditional by Simplified', async () => {
    await write('tower.txt', '埃菲尔铁塔\n\n埃菲尔铁塔位于法国巴黎，建成于1889年，高330米。');
    await write('wall.txt', '萬里長城\n\n長城是中國古代的防禦工程。');
    await write('fuji.txt', '富士山\n\n富士山は日本で一番高い山で、標高は3776メートルです。');
    await write('bangkok.txt', 'กรุงเทพมหานคร\n\nกรุงเทพมหานครเป็นเมืองหลวงของประเทศไทย');
    await write('other.txt', '红楼梦\n\n曹雪芹写的小说。');
    const index = openIndex();
    expect((await search(index, '埃菲尔铁塔有多高？'))[0]).toBe('tower.txt');
    expect(await search(index, '长城是什么')).toEqual(['wall.txt']);
    expect((await search(index, '富士山の標高は？'))[0]).toBe('fuji.txt');
    expect((await search(index, 'เมืองหลวง'))[0]).toBe('bangkok.txt');
    expect((await search(index, '谁写了红楼梦？'))[0]).toBe('other.txt');
    expect((await search(index, '1889'))[0]).toBe('tower.txt');
  });

  it('reads only what changed, forgets what is gone, and keeps all that across a restart', async () => {
    await write('a.txt', 'alpha subject');
    await write('b.txt', 'beta subject');
    const first = openIndex();
    expect(await search(first, 'subject')).toHaveLength(2);
    expect(extractor.read).toHaveLength(2);
    await first.close();

    const second = openIndex();
    expect(await search(second, 'alpha')).toEqual(['a.txt']);
    expect(extractor.read).toHaveLength(2);

    await write('a.txt', 'gamma subject');
    await utimes(join(corpus, 'a.txt'), new Date(), new Date(Date.now() + 5_000));
    expect(await search(second, 'gamma')).toEqual(['a.txt']);
    expect(await search(second, 'alpha')).toEqual([]);
    expect(extractor.read).toHaveLength(3);

    await rename(join(corpus, 'b.txt'), join(corpus, 'deep', 'moved.txt'));
    expect(await search(second, 'beta')).toEqual(['deep/moved.txt']);
    await rm(join(corpus, 'a.txt'));
    expect(await search(second, 'gamma')).toEqual([]);
    expect(await second.refresh(options)).toEqual({ files: 1, failed: 0 });
  });

  it('remembers a file without text until it changes', async () => {
    await write('empty.html', '<title>Nothing</title><body> </body>');
    await write('full.txt', 'some words');
    const index = openIndex();
    expect(await index.refresh(options)).toEqual({ files: 2, failed: 1 });
    await index.refresh(options);
    expect(extractor.read).toHaveLength(2);
    await write('empty.html', '<title>Nothing</title><body>finally words</body>');
    expect(await search(index, 'finally')).toEqual(['empty.html']);
  });

  it("filters by date: the document's own, or when the file changed", async () => {
    await write('old.html', '<meta name="date" content="2020-05-01"><body>news</body>');
    await write('new.html', '<meta name="date" content="2026-05-01"><body>news</body>');
    await write('undated.txt', 'news');
    await utimes(join(corpus, 'undated.txt'), new Date(), new Date('2025-01-01T00:00:00Z'));
    const index = openIndex();
    const since = async (earliest: string): Promise<string[]> =>
      (await index.search({ text: 'news', limit: 10, earliest }, options))
        .map((hit) => hit.path)
        .sort();
    expect(await since('2024-06-01')).toEqual(['new.html', 'undated.txt']);
    expect(await since('2026-01-01')).toEqual(['new.html']);
  });

  it('answers from what is indexed while it still reads, and says so when that is nothing', async () => {
    await write('a.txt', 'alpha');
    const slow = openIndex({ patienceMs: 1, giveUpMs: 0 });
    await expect(
      slow.search({ text: 'alpha', limit: 5, earliest: null }, options),
    ).rejects.toMatchObject({
      code: 'not-ready',
    });
    await expect
      .poll(() => search(slow, 'alpha').catch(() => []), { timeout: 20_000 })
      .toEqual(['a.txt']);
  });

  it('says how much of the folder a search saw, and lets callers wait for the rest', async () => {
    await write('first.txt', 'alpha one');
    const index = openIndex({ patienceMs: 50, giveUpMs: 20_000 });
    await index.prepare(options);
    expect(index.indexed()).toBeNull();
    // Three more files, whose reading is held up.
    let go: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      go = resolve;
    });
    const read = extractor.extract.bind(extractor);
    extractor.extract = async (...call) => {
      await gate;
      return read(...call);
    };
    for (const name of ['b', 'c', 'd']) await write(`${name}.txt`, `alpha ${name}`);
    const provider = new LocalProvider({ index });
    const query = { text: 'alpha', language: 'en', limit: 9, sites: [] };
    const lenient = new SearchRouter({ providers: [provider], timeoutMs: 20_000 });
    const outcome = await lenient.search([query], options);
    expect(outcome.results).toHaveLength(1);
    expect(outcome.warnings).toEqual([
      { code: 'index-incomplete', message: expect.stringContaining('1 of 4 files are indexed') },
    ]);
    const strict = new SearchRouter({
      providers: [provider],
      timeoutMs: 20_000,
      refuseIncomplete: true,
    });
    await expect(strict.search([query], options)).rejects.toMatchObject({
      code: 'not-ready',
      status: 503,
      retryAfterSeconds: expect.any(Number),
    });
    const seen: (number | null)[] = [];
    const prepared = lenient.prepare({
      ...options,
      onProgress: ({ done }) => {
        seen.push(done);
        go();
      },
    });
    await prepared;
    expect(seen[0]).toBe(1);
    const whole = await strict.search([query], options);
    expect(whole.results).toHaveLength(4);
    expect(whole.warnings).toEqual([]);
  });

  it('fails as not ready when nothing of the folder is indexed yet', async () => {
    await write('a.txt', 'alpha');
    const index = openIndex({ patienceMs: 1, giveUpMs: 0 });
    const router = new SearchRouter({
      providers: [new LocalProvider({ index })],
      timeoutMs: 20_000,
    });
    const query = { text: 'alpha', language: 'en', limit: 9, sites: [] };
    await expect(router.search([query], options)).rejects.toMatchObject({
      code: 'not-ready',
      status: 503,
    });
  });

  it('names a folder that is not there, and makes a damaged index anew', async () => {
    await write('a.txt', 'alpha');
    const index = openIndex();
    await index.refresh(options);
    await index.close();
    const [file] = (await readdir(join(base, 'cache', 'local-index'))).filter((name) =>
      name.endsWith('.db'),
    );
    await writeFile(
      join(base, 'cache', 'local-index', file ?? ''),
      'this is no database, not at all'.repeat(99),
    );
    expect(await search(openIndex(), 'alpha')).toEqual(['a.txt']);
    await rm(corpus, { recursive: true });
    await expect(search(openIndex(), 'alpha')).rejects.toMatchObject({ code: 'config-invalid' });
  });

  it('stops waiting when the caller aborts', async () => {
    await write('a.txt', 'alpha');
    const controller = new AbortController();
    const hits = openIndex().search({ text: 'alpha', limit: 5, earliest: null }, controller);
    controller.abort();
    await expect(hits).rejects.toMatchObject({ code: 'cancelled' });
  });
});

describe('one index in two processes', () => {
  const FILES = 256;
  const script = fileURLToPath(new URL('./testing/index-corpus.ts', import.meta.url));
  const start = (): ReturnType<typeof spawn> =>
    spawn(
      process.execPath,
      ['--import', import.meta.resolve('tsx'), script, corpus, join(base, 'cache')],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
        // A process group of its own, so that all of it can be killed at once.
        detached: true,
      },
    );
  const fill = (): Promise<void[]> =>
    Promise.all(
      Array.from({ length: FILES }, (_, index) =>
        write(
          `page-${index}.txt`,
          `Page ${index}\n\n${'common filling words '.repeat(300)} ${index + 1000}`,
        ),
      ),
    );

  it('is built by both at once without harm', async () => {
    await fill();
    const children = [start(), start()];
    const outputs = children.map(async (child) => {
      let text = '';
      child.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString()));
      const [code] = (await once(child, 'close')) as [number | null];
      return `${code} ${text.trim().split('\n').at(-1)}`;
    });
    expect(await Promise.all(outputs)).toEqual([`0 done ${FILES}`, `0 done ${FILES}`]);
    const index = openIndex();
    expect(await index.refresh(options)).toEqual({ files: FILES, failed: 0 });
    expect(extractor.read).toHaveLength(0);
    expect((await search(index, '1050'))[0]).toBe('page-50.txt');
    expect(await search(index, 'filling', 500)).toHaveLength(FILES);
  });

  it('outlives a process that is killed while it writes', async () => {
    await fill();
    const child = start();
    await once(child.stdout ?? child, 'data');
    // The process and its child that writes: neither says goodbye.
    process.kill(-(child.pid ?? Number.NaN), 'SIGKILL');
    await once(child, 'close');
    const index = openIndex();
    expect(await index.refresh(options)).toEqual({ files: FILES, failed: 0 });
    expect(extractor.read.length).toBeLessThan(FILES);
    expect((await search(index, `${999 + FILES}`))[0]).toBe(`page-${FILES - 1}.txt`);
  });
});
