import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Tensor } from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ModelEngine } from '../model-engine.ts';
import { writeTinyModel } from '../tiny-model.ts';
import type { DecodedRow, DecodeOptions } from './decode-row.ts';
import type { DecodeStats } from './decode-queue.ts';
import type { GlmDecoder } from './glm-decoder.ts';
import { keepLanes } from './kv-cache.ts';
import type { GlmForm } from './matrix-form.ts';

const folder = mkdtempSync(join(tmpdir(), 'footnote-lanes-'));
const { signal } = new AbortController();
const common = { topP: 0.95, topK: 40, seed: 3, stopIds: [], signal, onTokens: () => true };
const prompt = Array.from({ length: 30 }, (_, index) => (index * 37) % 250);
/** The first three rows are those of a call that has no more, and so no lanes. */
const few = [0.9, 0, 0.7];
const many = [...few, 0, 1.2, 0, 0.8, 0];

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const statsOf = (engine: ModelEngine): DecodeStats => (engine.decoder as GlmDecoder).stats;
const idsOf = (rows: readonly DecodedRow[]): (readonly number[])[] => rows.map(({ ids }) => ids);

function write(
  engine: ModelEngine,
  temperatures: readonly number[],
  options: Partial<DecodeOptions> = {},
  ids: readonly number[] = prompt,
): Promise<DecodedRow[]> {
  return engine.decoder.decode(ids, { ...common, maxTokens: 24, temperatures, ...options });
}

/** The largest difference of a draft's log-probabilities from those of its text read at once. */
async function worstError(engine: ModelEngine, { ids, ...row }: DecodedRow): Promise<number> {
  let worst = 0;
  await engine.decoder.forEachLogits([...prompt, ...ids], signal, (position, logits) => {
    const index = position + 1 - prompt.length;
    const id = ids[index];
    if (id === undefined) return;
    const total = Math.log(logits.reduce((sum, value) => sum + Math.exp(value), 0));
    const expected = (logits[id] as number) - total;
    worst = Math.max(worst, Math.abs(expected - (row.logProbabilities[index] as number)));
  });
  return worst;
}

describe.each([
  ['qwen2', 'float32', undefined, 1e-4],
  ['glm4', 'float32', undefined, 1e-4],
  // The text read at once has its prompt, too, from 8 bits.
  ['qwen2', 'float32', 'int8', 0.15],
  // A sum's last bit, which the places of the cache decide, may round an activation to another of 8 bits.
  ['glm4', 'int8', undefined, 0.1],
] as const)('lanes of %s in %s, cache %s', (architecture, form: GlmForm, cache, most) => {
  let engine: ModelEngine;
  let expected: DecodedRow[];
  beforeAll(async () => {
    const path = join(folder, `${architecture}.gguf`);
    writeTinyModel(path, architecture);
    engine = await ModelEngine.open({
      weightsPath: path,
      cacheDir: join(folder, 'cache'),
      threads: 1,
      device: 'cpu',
      form,
      prefixBytes: 0,
      cache,
    });
    expected = await write(engine, few, { copyAhead: false });
  });
  afterAll(() => engine.close());
  // What the first row of a call begins with is read from the float cache; lanes read that of 8 bits, as
  // the later rows do.
  const from = cache === undefined ? 0 : 1;
  const exact = form === 'float32';

  it('write what each draft writes without them, in the steps of one draft', async () => {
    const before = statsOf(engine);
    const rows = await write(engine, many);
    const after = statsOf(engine);
    expect(after.steps - before.steps).toBe(24);
    expect(after.tokens - before.tokens).toBe(24 * many.length);
    for (const row of rows) expect(await worstError(engine, row)).toBeLessThan(most);
    expect(await write(engine, many)).toEqual(rows);
    if (!exact) return;
    expect(idsOf(rows).slice(from, 3)).toEqual(idsOf(expected).slice(from));
    const greedy = expected[1]?.ids;
    expect([3, 5, 7].map((row) => rows[row]?.ids)).toEqual([greedy, greedy, greedy]);
  });

  it('leave one by one at stop tokens, and the others go on', async () => {
    const free = idsOf(await write(engine, many));
    const stopIds = [free[1]?.[6], free[2]?.[13]] as number[];
    const rows = await write(engine, many, { stopIds });
    for (const row of rows) expect(await worstError(engine, row)).toBeLessThan(most);
    expect(rows.filter(({ finishReason }) => finishReason === 'stop').length).toBeGreaterThan(1);
    expect(idsOf(rows).flat()).not.toEqual(expect.arrayContaining([stopIds[0]]));
    if (!exact) return;
    expect(idsOf(rows)).toEqual(
      free.map((ids) => {
        const end = ids.findIndex((id) => stopIds.includes(id));
        return end < 0 ? ids : ids.slice(0, end);
      }),
    );
  });

  it('become rows where the context has no room for all of them side by side', async () => {
    // 30 tokens and 8 lanes of 60 are 510 positions; the model takes 256.
    const long = { maxTokens: 60 };
    const apart = await write(engine, few, { ...long, copyAhead: false });
    const rows = await write(engine, many, long);
    for (const row of rows) expect(await worstError(engine, row)).toBeLessThan(most);
    if (exact) expect(idsOf(rows).slice(from, 3)).toEqual(idsOf(apart).slice(from));
    expect(rows.map(({ ids }) => ids.length)).toEqual(many.map(() => 60));
  });
});

describe('a call with lanes', () => {
  let engine: ModelEngine;
  beforeAll(async () => {
    const path = join(folder, 'shared.gguf');
    writeTinyModel(path, 'glm4');
    engine = await ModelEngine.open({
      weightsPath: path,
      cacheDir: join(folder, 'cache'),
      threads: 1,
      device: 'cpu',
      form: 'float32',
      prefixBytes: 1e6,
    });
  });
  afterAll(() => engine.close());

  it('takes turns with others, and each gets what it gets alone', async () => {
    const calls = [
      { ids: prompt, temperatures: many },
      { ids: prompt.toReversed(), temperatures: [0.8] },
      { ids: prompt.slice(3), temperatures: [0.6, 0.7, 0.8, 0.9] },
      { ids: prompt.slice(7), temperatures: [0, 0.9], copyAhead: false },
    ];
    const ask = async ({ ids, ...options }: (typeof calls)[number]): Promise<unknown> =>
      idsOf(await write(engine, options.temperatures, options, ids));
    const alone: unknown[] = [];
    for (const call of calls) alone.push(await ask(call));
    expect(await Promise.all(calls.map(ask))).toEqual(alone);
  });

  it('lets a short call in between, and its end leaves the others their text', async () => {
    const expected = idsOf(await write(engine, [0], {}, prompt.slice(5)));
    const order: string[] = [];
    const stop = new AbortController();
    const cancelled = write(engine, many, {
      signal: stop.signal,
      onTokens: (_, fresh) => {
        order.push('lanes');
        if (fresh.length === 8) stop.abort();
        return true;
      },
    });
    const refused = expect(cancelled).rejects.toMatchObject({ code: 'cancelled' });
    const other = write(engine, [0], { onTokens: () => order.push('one') > 0 }, prompt.slice(5));
    await refused;
    expect(idsOf(await other)).toEqual(expected);
    // Two runs of eight lanes, and not alone.
    expect(order.filter((name) => name === 'lanes')).toHaveLength(16);
    expect(order.indexOf('one')).toBeLessThan(order.lastIndexOf('lanes'));
  });

  it('writes more drafts than fit side by side, and drafts of the shortest prompts', async () => {
    const rows = await write(engine, [...many, ...many, ...many], { maxTokens: 10 });
    const fewer = await write(engine, many, { maxTokens: 10 });
    expect(idsOf(rows.slice(0, 8))).toEqual(idsOf(fewer));
    expect(rows[23]?.ids).toEqual(fewer[1]?.ids);
    for (const length of [1, 2, 3]) {
      const ids = prompt.slice(0, length);
      const [lane] = await write(engine, [0, 0, 0, 0], {}, ids);
      expect(lane?.ids).toEqual((await write(engine, [0], {}, ids))[0]?.ids);
    }
  });
});

describe('keepLanes', () => {
  it('keeps the shared positions and those of the lanes asked for, head by head', () => {
    // Two heads of 2 shared positions, then 2 steps of 3 lanes; one number a position.
    const head = (base: number): number[] => [0, 1, 10, 11, 12, 20, 21, 22].map((at) => base + at);
    const cache = {
      key: new Tensor('float32', Float32Array.from([...head(0), ...head(100)]), [1, 2, 8, 1]),
    };
    const kept = keepLanes(cache, 2, 3, 2, [0, 2]);
    expect(kept['key']?.dims).toEqual([1, 2, 6, 1]);
    expect(kept['key']?.data).toEqual(
      Float32Array.from([0, 1, 10, 12, 20, 22, 100, 101, 110, 112, 120, 122]),
    );
  });
});
