import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { E5Embedder } from '../../../src/runtime/e5/e5-embedder.ts';
import type { Embedder } from '../../../src/core/seams.ts';
import { weights } from '../../../test/weights.ts';
import { DiskCacheStore } from '../../cache/disk-cache-store.ts';
import { keptEmbedder } from './kept-vectors.ts';

const weightsPath = weights('multilingual-e5-small');
const folder = mkdtempSync(join(tmpdir(), 'footnote-vectors-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const { signal } = new AbortController();
const passage = { kind: 'passage', signal } as const;
const texts = ['Green tea: It originated in China.', 'Tea: Leaves.', '绿茶：它产自中国。'];

describe.skipIf(weightsPath === null)('vectors on disk (needs the weights)', async () => {
  const e5 =
    weightsPath === null
      ? null
      : await E5Embedder.load({ weightsPath, cacheDir: folder, threads: 1 });
  const own = e5 as E5Embedder;
  const asked: string[] = [];
  /** Tells what the embedder itself was asked for. */
  const counted: Embedder = {
    dimensions: e5?.dimensions ?? 0,
    embed: (some, options) => {
      asked.push(...some);
      return own.embed(some, options);
    },
  };
  const place = (name: string, model = own.modelKey, maxBytes = 1_000_000) => ({
    path: join(folder, name),
    maxBytes,
    model,
  });
  const askedFor = async (embedder: Embedder, some = texts): Promise<readonly string[]> => {
    asked.length = 0;
    const vectors = await embedder.embed(some, passage);
    expect(vectors).toEqual(await own.embed(some, passage));
    return [...asked];
  };
  const written = (): Promise<void> =>
    new Promise((resolve) => {
      setTimeout(resolve, 700);
    });

  test('the next start asks for what is new only, with the same vectors in the same order', async () => {
    expect(await askedFor(keptEmbedder(counted, place('a.db')))).toEqual(texts);
    await written();
    const next = keptEmbedder(counted, place('a.db'));
    expect(await askedFor(next, ['Something new.', ...texts])).toEqual(['Something new.']);
    expect(await askedFor(keptEmbedder(counted, place('a.db', 'another model')))).toEqual(texts);
    asked.length = 0;
    await next.embed([texts[0] ?? ''], { kind: 'query', signal });
    expect(asked).toHaveLength(1);
  });

  test('the file stays within its bound', async () => {
    const embedder = keptEmbedder(counted, place('b.db', own.modelKey, 8_000));
    const many = Array.from({ length: 12 }, (_, at) => `Tea ${at}`);
    await askedFor(embedder, many);
    await written();
    const store = new DiskCacheStore(place('b.db').path, 8_000);
    expect(store.bytes()).toBeGreaterThan(4_000);
    expect(store.bytes()).toBeLessThanOrEqual(8_000);
    store.close();
    const again = await askedFor(keptEmbedder(counted, place('b.db', own.modelKey, 8_000)), many);
    expect(again.length).toBeGreaterThan(0);
    expect(again.length).toBeLessThan(12);
  });

  test('noise in the file, a folder in its place or a wrong vector hurt nothing', async () => {
    writeFileSync(place('c.db').path, 'no database at all '.repeat(500));
    expect(await askedFor(keptEmbedder(counted, place('c.db')))).toEqual(texts);
    expect(await askedFor(keptEmbedder(counted, { ...place('x'), path: folder }))).toEqual(texts);
    await askedFor(keptEmbedder(counted, place('d.db')), [texts[0] ?? '']);
    await written();
    const store = new DiskCacheStore(place('d.db').path, 1_000_000);
    const now = Date.now();
    const keys = await import('node:crypto').then(({ createHash }) =>
      texts.map((text) => createHash('sha256').update(text).digest('base64url')),
    );
    for (const key of keys) {
      const value = new Uint8Array(own.dimensions * 4).fill(7);
      const entry = { value, storedAtMs: now, expiresAtMs: now + 60_000 };
      store.set(`${own.modelKey} ${key}`, entry, now);
    }
    store.close();
    expect(await askedFor(keptEmbedder(counted, place('d.db')))).toEqual(texts);
  });
});
