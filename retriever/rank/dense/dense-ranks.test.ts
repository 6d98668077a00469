import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { weights } from '../../../test/weights.ts';
import { E5Embedder } from '../../../src/runtime/e5/e5-embedder.ts';
import { denseRanks, isForeign, mainScript } from './dense-ranks.ts';

const path = weights('multilingual-e5-small');
const { signal } = new AbortController();
const passage = (title: string, text: string) => ({ title, headings: '', text });
const whale = passage(
  'Moby-Dick',
  'Herman Melville wrote the novel about the white whale in 1851.',
);
const bread = passage(
  'Rye bread',
  'Rye flour absorbs more water than wheat flour, so the dough is sticky.',
);

test.each([
  ['Who wrote it?', 'Latin'],
  ['谁写了 Moby-Dick？', 'Han'],
  ['白鲸记是谁写的 (Moby)?', 'Han'],
  ['いつ書かれたか', 'Han'],
  ['누가 썼나요', 'Hangul'],
  ['Кто написал', 'Cyrillic'],
  ['1851 ?', null],
])('the main script of %s', (text, script) => {
  expect(mainScript(text)).toBe(script);
});

test('passages are foreign only where nearly all are in another script', () => {
  expect(isForeign('谁写了白鲸记？', [whale, bread])).toBe(true);
  expect(isForeign('Who wrote it?', [whale, bread])).toBe(false);
  expect(isForeign('谁写了白鲸记？', [whale, passage('白鲸记', '白鲸记是一部小说。')])).toBe(false);
  expect(isForeign('1851?', [whale])).toBe(false);
  expect(isForeign('谁？', [])).toBe(false);
});

describe.skipIf(path === null)('denseRanks with real weights (skipped without them)', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'footnote-dense-'));
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('the right passage comes first, also where only a sample is embedded', async () => {
    const embedder = await E5Embedder.load({
      weightsPath: path ?? '',
      cacheDir: folder,
      threads: 1,
    });
    const few = await denseRanks('白鲸记是谁写的？', [bread, whale], embedder, { signal });
    expect(few).toEqual([1, 0]);
    const many = Array.from({ length: 40 }, (_, at) =>
      at < 20 ? bread : at === 33 ? whale : bread,
    );
    const ranks = await denseRanks('白鲸记是谁写的？', many, embedder, { signal, most: 20 });
    expect(ranks.toSorted((a, b) => a - b)).toEqual(many.map((_, at) => at));
  });
});
