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

/** Embeds `0.7` as a vector of that similarity with every question, and counts what it embeds. */
function numbersEmbedder() {
  const seen: string[] = [];
  return {
    seen,
    dimensions: 2,
    embed: (texts: readonly string[], { kind }: { readonly kind: 'query' | 'passage' }) => {
      if (kind === 'passage') seen.push(...texts);
      return Promise.resolve(
        texts.map((text) => Float32Array.of(kind === 'query' ? 1 : Number(text), 0)),
      );
    },
  };
}

test('all passages are ranked by similarity where there are few', async () => {
  const embedder = numbersEmbedder();
  const texts = ['0.2', '0.9', '0.5', '0.5'].map((text) => passage('', text));
  expect(await denseRanks('?', texts, embedder, { signal })).toEqual([3, 0, 1, 2]);
  expect(await denseRanks('?', [], embedder, { signal })).toEqual([]);
});

test('of many passages a sample and the neighbours of its best are embedded', async () => {
  const embedder = numbersEmbedder();
  // 80 is in the sample of 200; 81 is better, and found as its neighbour; 19 is good but never seen.
  const texts = Array.from({ length: 200 }, (_, at) =>
    passage('', at === 80 ? '0.8' : at === 81 ? '0.9' : at === 19 ? '0.7' : '0.1'),
  );
  const ranks = await denseRanks('?', texts, embedder, { signal, most: 40 });
  expect([ranks[81], ranks[80]]).toEqual([0, 1]);
  expect(embedder.seen.length).toBe(40);
  // What was not embedded comes after all that was.
  expect(ranks[19]).toBeGreaterThanOrEqual(40);
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
    // Every fourth passage is embedded first; the neighbours of the best of those come next.
    const ship = passage('Moby-Dick', 'The ship Pequod sails from Nantucket to hunt whales.');
    const many = Array.from({ length: 40 }, (_, at) =>
      at === 33 ? whale : at === 32 ? ship : bread,
    );
    const ranks = await denseRanks('白鲸记是谁写的？', many, embedder, { signal, most: 20 });
    expect(ranks.toSorted((a, b) => a - b)).toEqual(many.map((_, at) => at));
    expect(ranks[33]).toBe(0);
    expect(ranks[32]).toBe(1);
  });
});
