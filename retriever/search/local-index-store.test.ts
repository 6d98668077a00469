import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isDamage, LocalIndexStore, type IndexEntry } from './local-index-store.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'footnote-store-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const entry = (path: string, more: Partial<IndexEntry> = {}): IndexEntry => ({
  path,
  mtimeMs: 1,
  size: 1,
  title: '',
  text: 'common words',
  language: 'en',
  publishedAt: null,
  site: '',
  failure: null,
  ...more,
});
const found = (store: LocalIndexStore, text: string): string[] =>
  store.search({ text, limit: 10, earliest: null }).map((hit) => hit.path);

describe('LocalIndexStore', () => {
  it('tries a file that took too long again after ten minutes, one without text never', () => {
    const store = new LocalIndexStore(join(folder, 'i.db'));
    const files = ['slow.pdf', 'empty.html', 'fine.txt'].map((path) => ({
      path,
      mtimeMs: 1,
      size: 1,
    }));
    store.put(
      [
        entry('slow.pdf', { failure: 'timeout' }),
        entry('empty.html', { failure: 'extract-failed' }),
        entry('fine.txt'),
      ],
      0,
    );
    expect(store.plan(files, 599_000)).toEqual({ changed: [], deleted: 0 });
    expect(store.plan(files, 601_000)).toEqual({ changed: ['slow.pdf'], deleted: 0 });
    expect(store.count()).toEqual({ files: 3, failed: 2 });
    store.close();
  });

  it('leaves out the commonest words once the rarer ones have matches enough', () => {
    const store = new LocalIndexStore(join(folder, 'i.db'), 130);
    store.put(
      Array.from({ length: 150 }, (_, index) =>
        entry(`${index}.txt`, {
          text: `mill ${index < 120 ? 'river' : ''} ${index === 7 ? 'sluice' : ''}`,
        }),
      ),
      0,
    );
    const hits = (text: string): number =>
      store.search({ text, limit: 200, earliest: null }).length;
    expect(hits('river mill')).toBe(120);
    expect(hits('mill')).toBe(150);
    // One match is not enough: the common words count as well.
    expect(hits('sluice mill')).toBe(150);
    expect(found(store, 'sluice mill')[0]).toBe('7.txt');
    store.close();
  });

  it('weighs the title, and finds words with signs, numbers and quotation marks', () => {
    const store = new LocalIndexStore(join(folder, 'i.db'));
    store.put(
      [
        entry('a.txt', { title: 'Tides', text: 'The sea rises. '.repeat(9) }),
        entry('b.txt', { title: 'The sea', text: 'Tides come and go in it. '.repeat(2) }),
        entry('c.txt', { text: "O'Brien paid 3.14 at 12:30 for rock'n'roll" }),
      ],
      0,
    );
    expect(found(store, 'tides')[0]).toBe('a.txt');
    expect(found(store, "o'brien")).toEqual(['c.txt']);
    expect(found(store, '3.14')).toEqual(['c.txt']);
    expect(found(store, '12:30')).toEqual(['c.txt']);
    expect(found(store, '14')).toEqual([]);
    store.close();
  });

  it('puts all or nothing', () => {
    const store = new LocalIndexStore(join(folder, 'i.db'));
    const broken = { ...entry('b.txt'), language: null as unknown as string };
    expect(() => store.put([entry('a.txt'), broken], 0)).toThrow(/NOT NULL/u);
    expect(store.count()).toEqual({ files: 0, failed: 0 });
    expect(found(store, 'common')).toEqual([]);
    store.close();
  });

  it('knows damage when it meets it', () => {
    const path = join(folder, 'i.db');
    const store = new LocalIndexStore(path);
    store.put([entry('a.txt', { text: 'many words '.repeat(5_000) })], 0);
    store.close();
    const bytes = readFileSync(path);
    bytes.fill(0x5a, 4_096);
    writeFileSync(path, bytes);
    let thrown: unknown;
    try {
      const damaged = new LocalIndexStore(path);
      damaged.put([entry('b.txt')], 0);
      damaged.close();
    } catch (error) {
      thrown = error;
    }
    expect(isDamage(thrown)).toBe(true);
    expect(isDamage(new Error('x'))).toBe(false);
  });
});
