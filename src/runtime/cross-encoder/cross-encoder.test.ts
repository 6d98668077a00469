import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { weights } from '../../../test/weights.ts';
import { packageRoot } from '../../core/package-root.ts';
import { E5Tokenizer } from '../e5/e5-tokenizer.ts';
import { readE5Weights } from '../e5/e5-weights.ts';
import { pairTokens } from './pair-tokens.ts';
import { CrossEncoder } from './cross-encoder.ts';
import { supportWindows } from './support-windows.ts';

const path = weights('multilingual-e5-small');
const { signal } = new AbortController();

describe('supportWindows', () => {
  test('a short text is taken whole, of a long one what shares words with the claim', () => {
    expect(supportWindows('a claim', 'A short text.')).toEqual(['A short text.']);
    const filler = 'Nothing of this kind was ever said about the weather in those long years. ';
    const long = `${filler.repeat(20)}The tower of Pisa leans by four degrees. ${filler.repeat(20)}`;
    const windows = supportWindows('The tower leans four degrees', long);
    expect(windows.length).toBeLessThanOrEqual(3);
    expect(windows[0]).toContain('tower of Pisa');
    expect(windows[0]?.length ?? 0).toBeLessThan(long.length / 3);
  });
});

describe.skipIf(path === null)('the cross-encoder with real weights (skipped without them)', () => {
  let folder = '';
  let crossEncoder: CrossEncoder;
  let exact: CrossEncoder;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'footnote-cross-encoder-'));
    const base = { weightsPath: path ?? '', threads: 1 };
    crossEncoder = await CrossEncoder.load({ ...base, cacheDir: folder });
    exact = await CrossEncoder.load({ ...base, cacheDir: null, form: 'float32' });
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  interface Golden {
    readonly ids: readonly number[];
    readonly logits: readonly number[];
    readonly spans: readonly number[];
  }
  const goldens = JSON.parse(
    readFileSync(join(packageRoot, 'src/runtime/cross-encoder/cross-encoder-goldens.json'), 'utf8'),
  ) as Golden[];

  test('float32 gives what torch gives', async () => {
    expect(goldens.length).toBeGreaterThan(5);
    for (const { ids, logits, spans } of goldens) {
      const raw = await exact.run(ids, signal);
      logits.forEach((logit, at) => expect(raw.logits[at]).toBeCloseTo(logit, 2));
      spans.forEach((logit, at) =>
        expect(Math.abs((raw.spans[at] ?? 0) - logit)).toBeLessThan(0.01),
      );
    }
  });

  test('int8 stays near, and finds the same answers', async () => {
    let furthest = 0;
    for (const { ids, logits } of goldens) {
      const raw = await crossEncoder.run(ids, signal);
      logits.forEach((logit, at) => {
        furthest = Math.max(furthest, Math.abs((raw.logits[at] ?? 0) - logit));
      });
    }
    expect(furthest).toBeLessThan(1);
  });

  test('it finds the passage, the answer in it, and that it is missing elsewhere', async () => {
    const question = 'When was the Lindholm observatory opened?';
    const [right, near, far] = await crossEncoder.scorePairs(
      [
        {
          question,
          title: 'Lindholm observatory',
          text: 'The Lindholm observatory stands on a hill above the fjord. It was opened in 1911 by the king and has a dome of copper.',
        },
        {
          question,
          title: 'Lindholm observatory',
          text: 'The dome of the Lindholm observatory is made of copper and weighs nine tonnes. Visitors are let in on Sundays.',
        },
        {
          question,
          title: 'Rye bread',
          text: 'Rye flour absorbs more water than wheat flour, so that the dough stays sticky.',
        },
      ],
      { signal },
    );
    expect(right?.relevance ?? 0).toBeGreaterThan(near?.relevance ?? 0);
    expect(near?.relevance ?? 0).toBeGreaterThan(far?.relevance ?? 0);
    expect(right?.answerable ?? 0).toBeGreaterThan(near?.answerable ?? 0);
    const text =
      'The Lindholm observatory stands on a hill above the fjord. It was opened in 1911 by the king and has a dome of copper.';
    expect(text.slice(right?.start, right?.end)).toContain('1911');
  });

  test('a supported claim is told from one with a wrong fact', async () => {
    const text = 'The bridge over the Elm was finished in 1932 and carries two railway tracks.';
    const right = await crossEncoder.support('The bridge was finished in 1932.', text, { signal });
    const other = await crossEncoder.support('The king was born in Madrid.', text, { signal });
    expect(right).toBeGreaterThan(other);
  });

  test('a cancelled call stops', async () => {
    const controller = new AbortController();
    controller.abort();
    await expect(
      crossEncoder.support('One claim.', 'Some text.', { signal: controller.signal }),
    ).rejects.toMatchObject({ code: 'cancelled' });
  });

  test('offsets of tokens lead back to the text, whatever its letters', async () => {
    const { vocabulary } = await readE5Weights(path ?? '');
    const tokenizer = new E5Tokenizer(vocabulary);
    for (const text of [
      'Plain words, twice  spaced.',
      'Cafe\u0301 ﬁne Ⅳ  全角ＡＢＣ，汉字。',
      '１９５４年，😀 ok',
      ' leading and trailing ',
    ]) {
      const { ids, starts, ends } = tokenizer.encodeWithOffsets(text);
      expect(ids).toEqual(tokenizer.encode(text));
      expect(starts.length).toBe(ids.length);
      starts.forEach((start, at) => {
        expect(start).toBeLessThanOrEqual(ends[at] ?? 0);
        expect(start).toBeGreaterThanOrEqual(starts[at - 1] ?? 0);
      });
      expect(Math.max(...ends)).toBe(text.trimEnd().length);
    }
    const pair = pairTokens(tokenizer, 'q', { title: 't', text: 'word '.repeat(900) });
    expect(pair.ids.length).toBeLessThanOrEqual(256);
    expect(pair.ids.at(-1)).toBe(tokenizer.eos);
  });
});

test('the weights that ship are there', () => {
  expect(
    existsSync(join(packageRoot, 'src/runtime/cross-encoder/cross-encoder-weights.safetensors')),
  ).toBe(true);
});
