import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Tensor } from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ModelEngine } from '../model-engine.ts';
import { writeTinyModel } from '../tiny-model.ts';
import { glmIo } from './glm-graph.ts';
import { dequantiseCache, quantiseCache } from './quantised-cache.ts';

const folder = mkdtempSync(join(tmpdir(), 'footnote-cache8-'));
const { signal } = new AbortController();
const ids = Array.from({ length: 70 }, (_, index) => (index * 37) % 250);
const common = { topP: 0.95, topK: 40, seed: 3, stopIds: [], signal, onTokens: () => true };

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('a KV cache of 8 bits', () => {
  let whole: ModelEngine;
  let small: ModelEngine;
  beforeAll(async () => {
    const path = join(folder, 'tiny.gguf');
    writeTinyModel(path, 'qwen2');
    const open = (cache?: 'int8'): Promise<ModelEngine> =>
      ModelEngine.open({
        weightsPath: path,
        cacheDir: join(folder, 'cache'),
        threads: 1,
        device: 'cpu',
        form: 'float32',
        prefixBytes: 0,
        cache,
      });
    whole = await open();
    small = await open('int8');
  });
  afterAll(async () => {
    await whole.close();
    await small.close();
  });

  it('gives logits close to those of the float cache, and not the same', async () => {
    const logits = async (engine: ModelEngine): Promise<number[]> => {
      const all: number[] = [];
      await engine.decoder.forEachLogits(ids, signal, (_, row) => {
        all.push(...row);
      });
      return all;
    };
    const [expected, actual] = [await logits(whole), await logits(small)];
    const error = expected.reduce((sum, value, i) => sum + (value - (actual[i] as number)) ** 2, 0);
    const size = expected.reduce((sum, value) => sum + value ** 2, 0);
    expect(Math.sqrt(error / size)).toBeGreaterThan(0);
    expect(Math.sqrt(error / size)).toBeLessThan(0.08);
  });

  it('writes the same alone and in a batch, with copies ahead and without, and again for a seed', async () => {
    const write = async (
      temperatures: readonly number[],
      copyAhead = true,
    ): Promise<(readonly number[])[]> =>
      (await small.decoder.decode(ids, { ...common, temperatures, maxTokens: 30, copyAhead })).map(
        (row) => row.ids,
      );
    const [alone] = await write([0]);
    expect(alone).toHaveLength(30);
    expect(await write([0], false)).toEqual([alone]);
    // Lanes feed the prompt's last token themselves, as the later rows of a batch do.
    const [, later] = await write([0.8, 0], false);
    const batch = await write([0, 0.8, 0.8, 0.8]);
    expect(batch[0]).toEqual(later);
    expect(await write([0, 0.8, 0.8, 0.8])).toEqual(batch);
  });

  it('rounds to the nearest step and cuts off what exceeds the range', () => {
    const scales = { keys: [Float32Array.of(0.5, 2)], values: [Float32Array.of(1, 1)] };
    const tensor = (values: number[]): Tensor =>
      new Tensor('float32', Float32Array.from(values), [1, 1, 2, 2]);
    const [key, value] = [glmIo.pastKey(0), glmIo.pastValue(0)];
    const cache = { [key]: tensor([0.7, -3.2, 1000, -1000]), [value]: tensor([0, -0.4, 3, 127]) };
    const quantised = quantiseCache(cache, scales);
    const of = (tensors: typeof cache, name: string): number[] =>
      Array.from(tensors[name]?.data as Float32Array);
    expect(of(quantised, key)).toEqual([1, -2, 127, -127]);
    expect(of(quantised, value)).toEqual([0, 0, 3, 127]);
    const back = dequantiseCache(quantised, scales);
    expect(of(back, key)).toEqual([0.5, -4, 63.5, -254]);
  });
});
