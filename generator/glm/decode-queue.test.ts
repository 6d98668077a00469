import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { weights } from '../../test/weights.ts';
import { ModelEngine } from '../model-engine.ts';
import { buildPrompt } from '../prompt/build-prompt.ts';
import { writeTinyModel, type TinyModel } from '../tiny-model.ts';
import type { DecodeStats } from './decode-queue.ts';
import type { DecodedRow, DecodeOptions } from './decode-row.ts';
import { GlmDecoder } from './glm-decoder.ts';
import { referenceLogits } from './reference-forward.ts';
import { citationMarks, tokenConstraint } from './token-constraint.ts';

const folder = mkdtempSync(join(tmpdir(), 'footnote-queue-'));
const { signal } = new AbortController();
const common = { topP: 0.95, topK: 40, seed: 3, stopIds: [], signal, onTokens: () => true };
const prompts = [
  [5, 200, 33, 17, 90, 256, 64, 1, 1, 120, 257, 48],
  Array.from({ length: 70 }, (_, index) => (index * 37) % 250),
  Array.from({ length: 33 }, (_, index) => (index * index) % 250),
];

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const statsOf = (engine: ModelEngine): DecodeStats => (engine.decoder as GlmDecoder).stats;

/** What calls give and what they cost. */
async function cost(
  engine: ModelEngine,
  ids: readonly number[],
  options: Partial<DecodeOptions>,
): Promise<{ rows: DecodedRow[]; steps: number; promptTokens: number }> {
  const before = statsOf(engine);
  const rows = await engine.decoder.decode(ids, {
    ...common,
    temperatures: [0],
    maxTokens: 40,
    ...options,
  });
  const after = statsOf(engine);
  return {
    rows,
    steps: after.steps - before.steps,
    promptTokens: after.promptTokens - before.promptTokens,
  };
}

const idsOf = (rows: readonly DecodedRow[]): (readonly number[])[] => rows.map(({ ids }) => ids);

describe('DecodeQueue', () => {
  let model: TinyModel;
  let engine: ModelEngine;
  const open = (prefixBytes: number): Promise<ModelEngine> =>
    ModelEngine.open({
      weightsPath: join(folder, 'tiny.gguf'),
      cacheDir: join(folder, 'cache'),
      threads: 1,
      device: 'cpu',
      form: 'int8',
      prefixBytes,
    });
  beforeAll(async () => {
    model = writeTinyModel(join(folder, 'tiny.gguf'), 'glm4');
    engine = await open(0);
  });
  afterAll(() => engine.close());

  it('copies ahead in fewer steps, to the same text, greedy and sampled', async () => {
    const text = [...(prompts[0] as number[]), ...(prompts[0] as number[])];
    const options = { temperatures: [0, 0.8, 0.8], maxTokens: 60 };
    const plain = await cost(engine, text, { ...options, copyAhead: false });
    const copied = await cost(engine, text, options);
    expect(idsOf(copied.rows)).toEqual(idsOf(plain.rows));
    // The same draft three times: the second and the third are copies.
    const ahead = await cost(engine, text, { temperatures: [0, 0, 0], maxTokens: 60 });
    const [first] = idsOf(plain.rows);
    expect(idsOf(ahead.rows)).toEqual([first, first, first]);
    expect(ahead.steps).toBeLessThan(100);
  });

  it('copies more ahead where rows are cheap, to the same text', async () => {
    const text = [...(prompts[0] as number[]), ...(prompts[0] as number[])];
    const options = { ...common, temperatures: [0, 0, 0.8], maxTokens: 60 };
    const [config, settings] = [
      (engine.decoder as GlmDecoder).config,
      { threads: 1, device: 'cpu', prefixBytes: 0 } as const,
    ];
    const positions: number[] = [];
    const texts: (readonly number[])[][] = [];
    for (const rowShare of [0.01, 0.07]) {
      const decoder = await GlmDecoder.open(engine.modelPath, config, { ...settings, rowShare });
      texts.push(idsOf(await decoder.decode(text, options)));
      const { positions: fed, steps } = decoder.stats;
      positions.push(fed / steps);
      await decoder.close();
    }
    const plain = await engine.decoder.decode(text, { ...options, copyAhead: false });
    expect(texts).toEqual([idsOf(plain), idsOf(plain)]);
    expect(positions[0]).toBeGreaterThan(positions[1] as number);
  });

  it('runs few tokens at a time while a reader waits, to the same text', async () => {
    const [ids = []] = prompts;
    const options = { copyAhead: false, maxTokens: 60 };
    const [expected] = idsOf((await cost(engine, ids, options)).rows);
    const shown: number[] = [];
    let made = 0;
    const waited = await cost(engine, ids, {
      ...options,
      isAwaited: () => made < 30,
      onTokens: (_, fresh) => {
        shown.push(fresh.length);
        made += fresh.length;
        return true;
      },
    });
    expect(idsOf(waited.rows)).toEqual([expected]);
    expect(shown.slice(0, 8)).toEqual(Array.from({ length: 8 }, () => 4));
    expect(shown[8]).toBe(16);
  });

  it('gives calls that share a batch what each gets alone', async () => {
    const calls = prompts.flatMap((ids, place) => [
      { ids, options: { seed: place, temperatures: [0, 0.9], copyAhead: false } },
      {
        ids,
        options: { seed: place + 7, temperatures: [0.7], maxTokens: 13 + place, copyAhead: false },
      },
    ]);
    const alone: DecodedRow[][] = [];
    for (const { ids, options } of calls) alone.push((await cost(engine, ids, options)).rows);
    const before = statsOf(engine);
    const together = await Promise.all(
      calls.map(async ({ ids, options }) => (await cost(engine, ids, options)).rows),
    );
    expect(together.map(idsOf)).toEqual(alone.map(idsOf));
    const { steps, tokens } = statsOf(engine);
    // Nine rows: several tokens came from each step.
    expect((tokens - before.tokens) / (steps - before.steps)).toBeGreaterThan(3);
  });

  it('ends a cancelled call and no other', async () => {
    const stop = new AbortController();
    const [ids = []] = prompts;
    const expected = await cost(engine, ids, { temperatures: [0.5, 0.5, 0.5], maxTokens: 90 });
    const cancelled = engine.decoder.decode(ids, {
      ...common,
      temperatures: [0.9, 0.9],
      maxTokens: 200,
      signal: stop.signal,
      onTokens: () => {
        stop.abort();
        return true;
      },
    });
    const rejected = expect(cancelled).rejects.toMatchObject({ code: 'cancelled' });
    const other = await cost(engine, ids, { temperatures: [0.5, 0.5, 0.5], maxTokens: 90 });
    await rejected;
    expect(idsOf(other.rows)).toEqual(idsOf(expected.rows));
  });

  it('reads a known prefix no second time, with the same result, within its bytes', async () => {
    const [, ids = []] = prompts;
    const other = [...ids.slice(0, 60), 7, 9, 11, 13];
    const expected = await cost(engine, other, {});
    expect((await cost(engine, other, {})).promptTokens).toBe(64);
    const keeping = await open(1e6);
    await cost(keeping, ids, {});
    const reused = await cost(keeping, other, {});
    expect(reused.promptTokens).toBe(4);
    expect(idsOf(reused.rows)).toEqual(idsOf(expected.rows));
    // A chat's next turn begins with the prompt and the answer before it.
    const [answer] = idsOf(reused.rows) as [readonly number[]];
    const turn = await cost(keeping, [...other, ...answer, 5, 6, 7], {});
    expect(turn.promptTokens).toBeLessThan(8);
    await keeping.close();
    // 512 bytes a position: two caches of some 100 positions do not fit.
    const small = await open(60_000);
    await cost(small, ids, {});
    await cost(small, ids.toReversed(), {});
    expect((await cost(small, ids, {})).promptTokens).toBe(70);
    await small.close();
  });

  it('decodes with a half-precision cache, alone, copying and in a batch', async () => {
    const half = await ModelEngine.open({
      weightsPath: join(folder, 'tiny.gguf'),
      cacheDir: join(folder, 'cache'),
      threads: 1,
      device: 'cpu',
      form: 'float16',
    });
    const [ids = []] = prompts;
    const [alone] = idsOf((await cost(half, ids, { copyAhead: false })).rows);
    const batch = await cost(half, ids, { temperatures: [0, 0, 0, 0] });
    expect(idsOf(batch.rows)).toEqual([alone, alone, alone, alone]);
    expect(idsOf((await cost(half, ids, {})).rows)).toEqual([alone]);
    await half.close();
  });

  it('weighs down what was said, as CTRL does', async () => {
    const [ids = []] = prompts;
    const float = await ModelEngine.open({
      weightsPath: join(folder, 'tiny.gguf'),
      cacheDir: join(folder, 'cache'),
      threads: 1,
      device: 'cpu',
      form: 'float32',
    });
    const { rows } = await cost(float, ids, { repetitionPenalty: 1.6, maxTokens: 14 });
    const text = [...ids];
    const said = new Set<number>();
    for (const id of rows[0]?.ids ?? []) {
      const logits = (referenceLogits(model, text).at(-1) as number[]).map((value, token) =>
        said.has(token) ? (value > 0 ? value / 1.6 : value * 1.6) : value,
      );
      expect(id).toBe(logits.indexOf(Math.max(...logits)));
      said.add(id);
      text.push(id);
    }
    expect(text).toHaveLength(ids.length + 14);
    await float.close();
  });

  it('lets citation marks through only with numbers of references', async () => {
    const { rule, states } = citationMarks(12);
    const { tokenizer } = engine;
    const decoder = new TextDecoder();
    const texts = Array.from({ length: tokenizer.size }, (_, id) =>
      decoder.decode(tokenizer.bytesOf(id)),
    );
    const constraint = tokenConstraint(rule, states, texts, model.vocabSize);
    // A model that loves brackets and digits.
    const bias = new Float32Array(model.vocabSize);
    texts.forEach((text, id) => {
      if (/^[[\]\d]$/u.test(text)) bias[id] = text === ']' ? 14 : 12;
    });
    const seen: string[] = [];
    for (const rows of [3, 8]) {
      for (const held of [constraint, undefined]) {
        const made = await cost(engine, prompts[0] as number[], {
          temperatures: Array.from({ length: rows }, () => 2.5),
          topK: 256,
          topP: 1,
          maxTokens: 120,
          early: { bias, steps: 120 },
          constraint: held,
        });
        const text = made.rows
          .map(({ ids }) => decoder.decode(Buffer.concat(ids.map((id) => tokenizer.bytesOf(id)))))
          .join('\n');
        const numbers = [...text.matchAll(/\[(\d+)/gu)].map(([, number]) => Number(number));
        const wrong = numbers.filter((number) => number < 1 || number > 12);
        expect(numbers.length).toBeGreaterThan(2);
        if (held === undefined) expect(wrong.length).toBeGreaterThan(0);
        else expect(wrong).toEqual([]);
        seen.push(text);
      }
    }
    expect(seen).toHaveLength(4);
  });
});

const smollm = weights('smollm2-135m');
const sentences = [
  'The Rhine was straightened in the 19th century, which changed its measured length considerably.',
  'The rate of flow was increased and the ground water level fell significantly along the upper river.',
  'Dead branches dried up and the amount of forests on the flood plains decreased sharply.',
  'On the French side, the Grand Canal of Alsace was dug, which carries a significant part of the river water.',
  'The length of the Rhine is conventionally measured in Rhine-kilometres, a scale introduced in 1939.',
  'The scale runs from the Old Rhine Bridge at Constance to Hoek van Holland, and begins at zero.',
  'The river is shorter now than it was, because its loops were cut off by the engineer Tulla.',
];

describe.skipIf(smollm === null)(
  'DecodeQueue on smollm2-135m (skipped where its weights are absent)',
  () => {
    it('copies ahead, reuses prefixes and batches to the same text', async () => {
      const engine = await ModelEngine.open({
        weightsPath: smollm as string,
        cacheDir: join(folder, 'cache'),
        threads: 1,
        device: 'cpu',
        form: 'int8',
        prefixBytes: 256 * 1024 * 1024,
      });
      const ask = (text: string): number[] =>
        engine.encodePrompt(
          buildPrompt('direct', {
            question: { text, language: 'en' },
            references: [],
            evidence: [...sentences, ...sentences.map((each) => `Then: ${each}`)].map((each) => ({
              text: each,
            })),
          }),
        );
      const { stopIds } = engine.tokenizer;
      const options = { stopIds, temperatures: [0, 0.7], maxTokens: 20 };
      const ids = ask('How was the length of the Rhine changed in the 19th century?');
      const first = await cost(engine, ids, options);
      const again = await cost(engine, ids, options);
      expect(again.promptTokens).toBeLessThan(first.promptTokens / 10);
      expect(idsOf(again.rows)).toEqual(idsOf(first.rows));
      const made = first.rows.flatMap((row) => row.ids).length;
      expect(first.steps).toBeLessThan(made * 0.7);
      // Rows of a batch are summed alike whatever its size, though not to the bit as copies are.
      const plain = { ...options, copyAhead: false };
      const other = ask('Which scale was introduced in 1939?');
      const alone = [await cost(engine, ids, plain), await cost(engine, other, plain)];
      const together = await Promise.all([cost(engine, ids, plain), cost(engine, other, plain)]);
      expect(together.map(({ rows }) => idsOf(rows))).toEqual(alone.map(({ rows }) => idsOf(rows)));
      await engine.close();
    }, 240_000);
  },
);
