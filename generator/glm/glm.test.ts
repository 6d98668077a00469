import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ModelEngine } from '../model-engine.ts';
import { writeTinyModel, type TinyArchitecture, type TinyModel } from '../tiny-model.ts';
import type { GlmForm } from './matrix-form.ts';
import { referenceLogits } from './reference-forward.ts';

const folder = mkdtempSync(join(tmpdir(), 'footnote-glm-'));
const { signal } = new AbortController();
const ids = [5, 200, 33, 17, 90, 256, 64, 1, 1, 120, 257, 48];

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

async function open(
  architecture: TinyArchitecture,
  form: GlmForm,
): Promise<{ model: TinyModel; engine: ModelEngine }> {
  const path = join(folder, `${architecture}.gguf`);
  const model = writeTinyModel(path, architecture);
  const engine = await ModelEngine.open({
    weightsPath: path,
    cacheDir: join(folder, 'cache'),
    threads: 1,
    device: 'cpu',
    form,
  });
  return { model, engine };
}

async function logitsOf(engine: ModelEngine): Promise<number[][]> {
  const rows: number[][] = [];
  await engine.decoder.forEachLogits(ids, signal, (_, logits) => {
    rows.push([...logits]);
  });
  return rows;
}

const argmax = (values: readonly number[]): number => values.indexOf(Math.max(...values));

describe.each(['llama', 'qwen2', 'chatglm', 'glm4'] as const)('%s', (architecture) => {
  it('gives the logits of the double-precision reference in float32', async () => {
    const { model, engine } = await open(architecture, 'float32');
    const expected = referenceLogits(model, ids);
    const actual = await logitsOf(engine);
    let worst = 0;
    expected.forEach((row, position) => {
      row.forEach((value, id) => {
        worst = Math.max(worst, Math.abs(value - (actual[position]?.[id] as number)));
      });
    });
    expect(worst).toBeLessThan(1e-4);
    await engine.close();
  });

  it.each([
    ['int8', 0.05],
    ['int8-mixed', 0.1],
    ['int7', 0.08],
    ['int8-block', 0.05],
    ['int4', 0.4],
    ['int4+down=int8,head=int8-block', 0.4],
    ['float16', 0.002],
  ] as const)('stays close to the reference in %s', async (form, most) => {
    const { model, engine } = await open(architecture, form);
    const expected = referenceLogits(model, ids).flat();
    const actual = (await logitsOf(engine)).flat();
    const error = Math.sqrt(
      expected.reduce((sum, value, i) => sum + (value - (actual[i] as number)) ** 2, 0),
    );
    const size = Math.sqrt(expected.reduce((sum, value) => sum + value ** 2, 0));
    expect(error / size).toBeLessThan(most);
    await engine.close();
  });
});

describe('decoding', () => {
  let model: TinyModel;
  let engine: ModelEngine;
  beforeAll(async () => {
    ({ model, engine } = await open('glm4', 'float32'));
  });
  afterAll(() => engine.close());

  const common = {
    topP: 1,
    topK: 64,
    seed: 3,
    stopIds: [] as number[],
    signal,
    onTokens: () => true,
  };

  it('is greedy token for token, with the log-probabilities of the reference', async () => {
    const [row] = await engine.decoder.decode(ids, { ...common, temperatures: [0], maxTokens: 30 });
    const text = [...ids];
    for (const [index, id] of (row?.ids ?? []).entries()) {
      const logits = referenceLogits(model, text).at(-1) as number[];
      expect(id).toBe(argmax(logits));
      const total = Math.log(logits.reduce((sum, value) => sum + Math.exp(value), 0));
      expect(row?.logProbabilities[index]).toBeCloseTo((logits[id] as number) - total, 3);
      text.push(id);
    }
    expect(row?.ids).toHaveLength(30);
    expect(row?.finishReason).toBe('length');
  });

  it('gives rows that share a prefill the same as a row alone, and the same again for a seed', async () => {
    const options = { ...common, temperatures: [0, 0.8, 0.8], maxTokens: 20 };
    const [greedy] = await engine.decoder.decode(ids, {
      ...common,
      temperatures: [0],
      maxTokens: 20,
    });
    const first = await engine.decoder.decode(ids, options);
    const second = await engine.decoder.decode(ids, options);
    expect(second).toEqual(first);
    expect(first[0]?.ids).toEqual(greedy?.ids);
    expect(first[1]?.ids).not.toEqual(first[2]?.ids);
    const other = await engine.decoder.decode(ids, { ...options, seed: 4 });
    expect(other[1]?.ids).not.toEqual(first[1]?.ids);
  });

  it('samples from the distribution it claims', async () => {
    const logits = referenceLogits(model, ids).at(-1) as number[];
    const largest = Math.max(...logits);
    const weights = logits.map((value) => Math.exp((value - largest) / 2));
    const total = weights.reduce((sum, value) => sum + value, 0);
    const best = argmax(logits);
    const expected = (weights[best] as number) / total;
    let hits = 0;
    const draws = 320;
    for (let seed = 0; seed < draws / 16; seed += 1) {
      const rows = await engine.decoder.decode(ids, {
        ...common,
        topK: 256,
        seed,
        temperatures: Array.from({ length: 16 }, () => 2),
        maxTokens: 1,
      });
      hits += rows.filter((row) => row.ids[0] === best).length;
    }
    const deviation = Math.sqrt((expected * (1 - expected)) / draws);
    expect(Math.abs(hits / draws - expected)).toBeLessThan(4 * deviation + 0.01);
  });

  it('keeps to the nucleus', async () => {
    const rows = await engine.decoder.decode(ids, {
      ...common,
      topP: 1e-6,
      temperatures: [3, 3, 3, 3],
      maxTokens: 8,
    });
    const [greedy] = await engine.decoder.decode(ids, {
      ...common,
      temperatures: [0],
      maxTokens: 8,
    });
    for (const row of rows) expect(row.ids).toEqual(greedy?.ids);
  });

  it('stops at a stop token, and not before the early steps are over', async () => {
    const [free] = await engine.decoder.decode(ids, {
      ...common,
      temperatures: [0],
      maxTokens: 12,
    });
    const stop = free?.ids[5] as number;
    const [stopped] = await engine.decoder.decode(ids, {
      ...common,
      stopIds: [stop],
      temperatures: [0],
      maxTokens: 12,
    });
    expect(stopped?.finishReason).toBe('stop');
    expect(stopped?.ids).toEqual(free?.ids.slice(0, free.ids.indexOf(stop)));
    const bias = new Float32Array(model.vocabSize);
    bias[stop] = -1e9;
    const [later] = await engine.decoder.decode(ids, {
      ...common,
      stopIds: [stop],
      early: { bias, steps: 9 },
      temperatures: [0],
      maxTokens: 12,
    });
    expect(later?.ids.length).toBeGreaterThanOrEqual(9);
    expect(later?.ids).not.toContain(stop);
  });

  it('refuses a prompt beyond the context and stops for a cancel', async () => {
    const long = Array.from({ length: 300 }, () => 1);
    await expect(
      engine.decoder.decode(long, { ...common, temperatures: [0], maxTokens: 1 }),
    ).rejects.toMatchObject({ code: 'prompt-too-long' });
    const controller = new AbortController();
    let seen = 0;
    await expect(
      engine.decoder.decode(ids, {
        ...common,
        signal: controller.signal,
        temperatures: [0],
        maxTokens: 200,
        onTokens: (_, made) => {
          seen += made.length;
          controller.abort();
          return true;
        },
      }),
    ).rejects.toMatchObject({ code: 'cancelled' });
    expect(seen).toBeLessThan(20);
  });

  it('converts once and leaves no temporary folder', async () => {
    const { engine: again } = await open('glm4', 'float32');
    expect(again.converted).toBe(false);
    await again.close();
    expect(readdirSync(join(folder, 'cache')).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});
