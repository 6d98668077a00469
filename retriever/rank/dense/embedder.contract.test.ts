/** What every embedder has to do: one suite for all of them. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { abortReason } from '../../../src/core/deadline.ts';
import { FootnoteError } from '../../../src/core/errors.ts';
import type { Embedder } from '../../../src/core/seams.ts';
import { dot } from '../../../src/runtime/e5/dot.ts';
import { E5Embedder } from '../../../src/runtime/e5/e5-embedder.ts';
import { weights } from '../../../test/weights.ts';
import { keptEmbedder } from './kept-vectors.ts';

const weightsPath = weights('multilingual-e5-small');
const folder = mkdtempSync(join(tmpdir(), 'footnote-embedder-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const { signal } = new AbortController();

/** Unit vectors of hashed words: texts with words in common are near. */
class WordsEmbedder implements Embedder {
  readonly dimensions = 64;

  embed(
    texts: readonly string[],
    { kind, signal: stop }: Parameters<Embedder['embed']>[1],
  ): Promise<readonly Float32Array[]> {
    if (stop.aborted) return Promise.reject(abortReason(stop));
    return Promise.resolve(
      texts.map((text) => {
        const vector = new Float32Array(this.dimensions);
        const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
        for (const word of [`${kind}:`, ...words]) {
          const [at = 0, sign = 0] = createHash('sha256').update(word).digest();
          const place = at % this.dimensions;
          vector[place] = (vector[place] ?? 0) + (sign % 2 === 0 ? 1 : -1);
        }
        const length = Math.sqrt(dot(vector, vector));
        return vector.map((value) => (length === 0 ? 1 / 8 : value / length));
      }),
    );
  }
}

const CASES: readonly {
  readonly name: string;
  readonly runs: boolean;
  readonly open: () => Promise<Embedder>;
}[] = [
  {
    name: 'multilingual-e5-small (needs its weights)',
    runs: weightsPath !== null,
    open: () => E5Embedder.load({ weightsPath: weightsPath ?? '', cacheDir: folder, threads: 1 }),
  },
  {
    name: 'vectors kept on disk',
    runs: true,
    open: () =>
      Promise.resolve(
        keptEmbedder(new WordsEmbedder(), {
          path: join(folder, 'kept.db'),
          maxBytes: 1_000_000,
          model: 'words',
        }),
      ),
  },
];

describe.each(CASES)('the embedder seam: $name', ({ runs, open }) => {
  let embedder: Embedder;
  beforeAll(async () => {
    if (runs) embedder = await open();
  }, 120_000);
  const passages = (texts: readonly string[]): Promise<readonly Float32Array[]> =>
    embedder.embed(texts, { kind: 'passage', signal });

  it.runIf(runs)('gives one unit vector for each text, in their order', async () => {
    const texts = ['Tea.', 'A long text about the sea and its ships. '.repeat(20), '茶', ''];
    const vectors = await passages(texts);
    expect(vectors).toHaveLength(texts.length);
    for (const vector of vectors) {
      expect(vector).toHaveLength(embedder.dimensions);
      expect(dot(vector, vector)).toBeCloseTo(1, 3);
    }
    const [last, first] = await passages([texts[2] ?? '', texts[0] ?? '']);
    expect(dot(last ?? vectors[0]!, vectors[2]!)).toBeCloseTo(1, 3);
    expect(dot(first ?? vectors[2]!, vectors[0]!)).toBeCloseTo(1, 3);
    expect(await passages([])).toEqual([]);
  });

  it.runIf(runs)('says the same again, whatever is asked with it', async () => {
    const [alone] = await passages(['Green tea came to Japan.']);
    const [, among] = await passages(['The price of oil.', 'Green tea came to Japan.', 'Cats.']);
    expect(dot(alone!, among!)).toBeCloseTo(1, 3);
  });

  it.runIf(runs)('puts what belongs together nearer, and knows queries from passages', async () => {
    const [asked] = await embedder.embed(['When did green tea come to Japan?'], {
      kind: 'query',
      signal,
    });
    const [right, other] = await passages([
      'Green tea did come to Japan in the ninth century.',
      'Penguins live on fish in the far south.',
    ]);
    expect(dot(asked!, right!)).toBeGreaterThan(dot(asked!, other!));
    const [same] = await passages(['When did green tea come to Japan?']);
    expect(dot(asked!, same!)).toBeLessThan(0.9999);
  });

  it.runIf(runs)('does nothing for a caller that has left', async () => {
    const gone = AbortSignal.abort(new FootnoteError('cancelled', 'the test leaves'));
    await expect(
      embedder.embed(['Never embedded before.'], { kind: 'passage', signal: gone }),
    ).rejects.toMatchObject({ code: 'cancelled' });
  });
});
