import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { E5Embedder } from '../../../src/runtime/e5/e5-embedder.ts';
import { readE5Weights } from '../../../src/runtime/e5/e5-weights.ts';
import { CrossEncoder } from '../../../src/runtime/cross-encoder/cross-encoder.ts';
import { weights } from '../../../test/weights.ts';
import { halves, SecondCore } from './two-process-encoder.ts';

const path = weights('multilingual-e5-small');

test('items are dealt out by what they cost, each once', () => {
  const { near, far } = halves([5, 1, 1, 1, 1, 1]);
  expect(far).toEqual([0]);
  expect(near).toEqual([1, 2, 3, 4, 5]);
});

describe.skipIf(path === null)('with real weights (skipped without them)', () => {
  const { signal } = new AbortController();
  const cacheDir = mkdtempSync(join(tmpdir(), 'footnote-second-'));
  const setup = { weightsPath: path ?? '', cacheDir, threads: 1 };
  const second = new SecondCore();
  let embedder: E5Embedder;
  let crossEncoder: CrossEncoder;
  beforeAll(async () => {
    const own = { ...setup, weights: await readE5Weights(setup.weightsPath) };
    embedder = await E5Embedder.load(own);
    crossEncoder = await CrossEncoder.load(own);
    await second.warm(setup, signal);
  }, 120_000);
  afterAll(async () => {
    await second.close();
    rmSync(cacheDir, { recursive: true, force: true });
  });

  test('two processes say what one says, in the order asked', async () => {
    const texts = [
      'A tower in Pisa.',
      '北京是中国的首都。',
      'A tower in Pisa.',
      'Bread needs salt.',
    ];
    const options = { kind: 'passage', signal } as const;
    const shared = second.embedder(embedder);
    expect(await shared.embed(texts, options)).toEqual(await embedder.embed(texts, options));
    expect(await shared.embed([], options)).toEqual([]);
    const pairs = texts.map((text) => ({ question: 'Where is the tower?', title: '', text }));
    expect(await second.crossEncoder(crossEncoder).scorePairs(pairs, { signal })).toEqual(
      await crossEncoder.scorePairs(pairs, { signal }),
    );
  });

  test('a cancel stops both; without the other process the work is done here', async () => {
    const stopped = AbortSignal.abort();
    const options = { kind: 'passage', signal: stopped } as const;
    const shared = second.embedder(embedder);
    await expect(shared.embed(['One new text.', 'Another.'], options)).rejects.toMatchObject({
      code: 'cancelled',
    });
    await second.close();
    const texts = ['Not seen so far.', 'Nor was this one.'];
    const again = { kind: 'passage', signal } as const;
    expect(await shared.embed(texts, again)).toEqual(await embedder.embed(texts, again));
  });
});
