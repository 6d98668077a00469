import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ModelEngine } from '../model-engine.ts';
import { writeTinyModel, type TinyModel } from '../tiny-model.ts';
import type { GlmDecoder } from './glm-decoder.ts';
import { referenceLogits } from './reference-forward.ts';

const folder = mkdtempSync(join(tmpdir(), 'footnote-continuations-'));
const { signal } = new AbortController();
const prompt = Array.from({ length: 180 }, (_, index) => (index * 37 + 5) % 250);
const continuations = [[7], [9, 120, 33], [4, 4], Array.from({ length: 40 }, (_, at) => at * 3)];

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** By teacher forcing over the reference's own forward pass. */
function expected(model: TinyModel, ids: readonly number[], next: readonly number[]): number {
  const logits = referenceLogits(model, [...ids, ...next]);
  return next.reduce((sum, id, index) => {
    const row = logits[ids.length - 1 + index] as number[];
    const largest = Math.max(...row);
    const total = row.reduce((all, value) => all + Math.exp(value - largest), 0);
    return sum + (row[id] as number) - largest - Math.log(total);
  }, 0);
}

describe('log-probabilities of continuations', () => {
  let model: TinyModel;
  let engine: ModelEngine;
  let decoder: GlmDecoder;

  beforeAll(async () => {
    model = writeTinyModel(join(folder, 'tiny.gguf'), 'qwen2');
    engine = await ModelEngine.open({
      weightsPath: join(folder, 'tiny.gguf'),
      cacheDir: join(folder, 'cache'),
      threads: 1,
      device: 'cpu',
      form: 'float32',
    });
    decoder = engine.decoder as GlmDecoder;
  }, 60_000);
  afterAll(() => engine.close());

  it('are those of the model, of one token and of many', async () => {
    const found = await decoder.logProbabilities(prompt, continuations, signal);
    expect(found).toHaveLength(continuations.length);
    for (const [place, next] of continuations.entries())
      expect(found[place]).toBeCloseTo(expected(model, prompt, next), 3);
  });

  it('read what prompts share once', async () => {
    const shared = prompt.slice(0, 170);
    const before = decoder.stats.promptTokens;
    for (const tail of [
      [1, 2, 3],
      [4, 5, 6, 7],
      [8, 9],
    ]) {
      const ids = [...shared, ...tail];
      const [found] = await decoder.logProbabilities(ids, [[11, 12]], signal);
      expect(found).toBeCloseTo(expected(model, ids, [11, 12]), 3);
    }
    expect(decoder.stats.promptTokens - before).toBeLessThan(20);
  });

  it('come between the steps of a draft, which stays as it is', async () => {
    const options = {
      topP: 1,
      topK: 40,
      seed: 3,
      stopIds: [],
      signal,
      temperatures: [0],
      maxTokens: 60,
    };
    const ids = prompt.slice(0, 50);
    const [alone] = await decoder.decode(ids, { ...options, onTokens: () => true });
    const order: string[] = [];
    const draft = decoder
      .decode(ids, {
        ...options,
        onTokens: () => {
          if (order.length === 0) {
            order.push('asked');
            void decoder.logProbabilities(ids, [[7]], signal).then(() => order.push('answered'));
          }
          return true;
        },
      })
      .then((rows) => {
        order.push('written');
        return rows;
      });
    const [row] = await draft;
    expect(row?.ids).toEqual(alone?.ids);
    expect(order).toEqual(['asked', 'answered', 'written']);
  });

  it('refuse what does not fit, and stop when asked to', async () => {
    await expect(decoder.logProbabilities([], [[1]], signal)).rejects.toMatchObject({
      code: 'prompt-too-long',
    });
    await expect(
      decoder.logProbabilities(
        Array.from({ length: engine.decoder.config.max_position_embeddings }, () => 1),
        [[1]],
        signal,
      ),
    ).rejects.toMatchObject({ code: 'prompt-too-long' });
    const controller = new AbortController();
    const asked = decoder.logProbabilities(prompt.toReversed(), continuations, controller.signal);
    controller.abort();
    await expect(asked).rejects.toMatchObject({ code: 'cancelled' });
    const message = { role: 'user', content: 'yes?' } as const;
    const empty = engine.logProbabilities({ kind: 'chat', messages: [message] }, [''], signal);
    await expect(empty).rejects.toMatchObject({ code: 'bad-request' });
  });
});
