import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { weights } from '../../../test/weights.ts';
import { dot } from './dot.ts';
import { E5Embedder } from './e5-embedder.ts';
import { E5Tokenizer } from './e5-tokenizer.ts';
import { E5Weights, readE5Weights } from './e5-weights.ts';

const path = weights('multilingual-e5-small');
const { signal } = new AbortController();
const question = 'Who wrote the novel about the whale?';
const answer = 'Moby-Dick: Herman Melville wrote the novel in 1851.';
const other = 'Bread: Rye flour absorbs more water than wheat flour.';
const chinese = '白鲸记：这部小说是赫尔曼·梅尔维尔写的。';

describe('E5Weights on hostile files', () => {
  test.each([
    ['empty', Buffer.alloc(0)],
    ['another magic', Buffer.from('GGUF0000')],
    ['cut short', Buffer.from('E5S1\x01\0\0\0')],
    ['absurd shape', Buffer.concat([Buffer.from('E5S1\x01\0\0\0'), Buffer.alloc(64, 0x7f)])],
  ])('%s', (_, bytes) => {
    expect(() => new E5Weights(bytes)).toThrow(expect.objectContaining({ code: 'model-invalid' }));
  });

  test('a missing file', async () => {
    await expect(readE5Weights('/nowhere/e5.bin')).rejects.toMatchObject({ code: 'model-missing' });
  });

  test.skipIf(path === null)('the real file, cut or with its header changed', async () => {
    const bytes = await readFile(path ?? '');
    for (const length of [8, 60, 100_000, 4_600_000, bytes.length - 1]) {
      expect(() => new E5Weights(bytes.subarray(0, length))).toThrow(
        expect.objectContaining({ code: 'model-invalid' }),
      );
    }
    const property = fc.property(
      fc.integer({ min: 0, max: 71 }),
      fc.integer({ min: 1, max: 255 }),
      (at, change) => {
        const before = bytes[at] ?? 0;
        bytes[at] = before ^ change;
        try {
          expect(new E5Weights(bytes).shape.layers).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toMatchObject({ code: 'model-invalid' });
        } finally {
          bytes[at] = before;
        }
      },
    );
    fc.assert(property, { numRuns: 20 });
  });
});

describe.skipIf(path === null)('e5 with real weights (skipped without them)', () => {
  let folder = '';
  let embedder: E5Embedder;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'footnote-e5-'));
    embedder = await E5Embedder.load({ weightsPath: path ?? '', cacheDir: folder, threads: 1 });
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('tokens are those of the tokenizers library', async () => {
    const { vocabulary } = await readE5Weights(path ?? '');
    const ours = new E5Tokenizer(vocabulary);
    const { pieces, scores, unk } = vocabulary;
    const library = new Tokenizer(
      {
        version: '1.0',
        added_tokens: [],
        normalizer: null,
        pre_tokenizer: {
          type: 'Sequence',
          pretokenizers: [
            { type: 'WhitespaceSplit' },
            {
              type: 'Metaspace',
              replacement: '▁',
              add_prefix_space: true,
              prepend_scheme: 'always',
            },
          ],
        },
        post_processor: null,
        decoder: null,
        model: {
          type: 'Unigram',
          unk_id: unk,
          vocab: pieces.map((piece, at) => [piece, scores[at]]),
        },
      },
      {},
    );
    for (const text of [
      question,
      answer,
      chinese,
      'Ｆｕｌｌ　ｗｉｄｔｈ ﬁne — naïve café №5 ½',
      'Straße über Ärger 한국어 العربية ไทย',
      '',
      '   ',
    ]) {
      const { ids } = library.encode(ours.normalise(text), { add_special_tokens: false });
      expect(ours.encode(text)).toEqual(ids);
    }
  });

  test('vectors are unit length and an answer is nearer than another text, across languages', async () => {
    const [asked] = await embedder.embed([question], { kind: 'query', signal });
    const vectors = await embedder.embed([answer, other, chinese], { kind: 'passage', signal });
    const [near = 0, far = 0, across = 0] = vectors.map((vector) =>
      dot(asked as Float32Array, vector),
    );
    expect(dot(asked as Float32Array, asked as Float32Array)).toBeCloseTo(1, 5);
    expect(near).toBeGreaterThan(far + 0.05);
    expect(across).toBeGreaterThan(far + 0.03);
  });

  test('int8 stays close to the dequantised weights in fp32', async () => {
    const exact = await E5Embedder.load({
      weightsPath: path ?? '',
      cacheDir: null,
      threads: 2,
      form: 'float32',
    });
    for (const text of [answer, other, chinese]) {
      const [a] = await embedder.embed([text], { kind: 'passage', signal });
      const [b] = await exact.embed([text], { kind: 'passage', signal });
      expect(dot(a as Float32Array, b as Float32Array)).toBeGreaterThan(0.99);
    }
  });

  test('the conversion is kept once, with nothing half-written beside it', async () => {
    await E5Embedder.load({ weightsPath: path ?? '', cacheDir: folder, threads: 1 });
    expect(await readdir(folder)).toHaveLength(1);
  });

  test('a cancel is seen between texts', async () => {
    const controller = new AbortController();
    const texts = Array.from({ length: 50 }, (_, at) => `${at} ${other.repeat(4)}`);
    const work = embedder.embed(texts, { kind: 'passage', signal: controller.signal });
    setTimeout(() => controller.abort(), 20);
    await expect(work).rejects.toMatchObject({ code: 'cancelled' });
  });
});
