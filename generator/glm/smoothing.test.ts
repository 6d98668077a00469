import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { weights } from '../../test/weights.ts';
import { ModelEngine } from '../model-engine.ts';
import { openModel } from '../open-model.ts';
import { writeTinyModel } from '../tiny-model.ts';
import { GlmWeights } from './glm-weights.ts';
import { smoothingFactors } from './smoothing.ts';
import { writeGlmWeights } from './convert-glm.ts';
import { GlmDecoder } from './glm-decoder.ts';
import { glmModel } from './glm-model.ts';
import { writeFileSync } from 'node:fs';
import type { GlmForm } from './matrix-form.ts';

const folder = mkdtempSync(join(tmpdir(), 'footnote-smooth-'));
const { signal } = new AbortController();
const ids = [5, 200, 33, 17, 90, 256, 64, 1, 1, 120, 257, 48];

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Logits of a model written from weights with these factors. */
async function logitsWith(
  path: string,
  form: GlmForm,
  factors: ReadonlyMap<string, Float32Array>,
  read: readonly number[],
): Promise<Float32Array[]> {
  const model = openModel(path);
  if (model.kind !== 'glm') throw new Error(model.kind);
  const { source } = model;
  const { config } = source;
  const made = mkdtempSync(join(folder, 'model-'));
  const layout = writeGlmWeights(
    new GlmWeights(source.weights, config, source.halfSplit, factors),
    form,
    made,
  );
  model.close();
  writeFileSync(join(made, 'model.onnx'), glmModel(config, form, layout));
  const decoder = await GlmDecoder.open(join(made, 'model.onnx'), config, { threads: 1 });
  const rows: Float32Array[] = [];
  await decoder.forEachLogits(read, signal, (_, logits) => {
    rows.push(Float32Array.from(logits));
  });
  await decoder.close();
  return rows;
}

describe('smoothing', () => {
  it.each(['qwen2', 'chatglm', 'glm4'] as const)(
    'leaves the products of %s as they were',
    async (architecture) => {
      const path = join(folder, `${architecture}.gguf`);
      writeTinyModel(path, architecture);
      const model = openModel(path);
      if (model.kind !== 'glm') throw new Error(model.kind);
      const { config } = model.source;
      model.close();
      const odd = (length: number): Float32Array =>
        Float32Array.from({ length }, (_, index) => 0.25 + ((index * 7) % 11) / 3);
      const factors = new Map([['head', odd(config.hidden_size)]]);
      for (let layer = 0; layer < config.num_hidden_layers; layer += 1) {
        factors.set(`layers.${layer}.qkv`, odd(config.hidden_size));
        factors.set(`layers.${layer}.gate_up`, odd(config.hidden_size));
        factors.set(`layers.${layer}.down`, odd(config.intermediate_size));
      }
      const expected = (await logitsWith(path, 'float32', new Map(), ids)).flatMap((row) => [
        ...row,
      ]);
      const actual = (await logitsWith(path, 'float32', factors, ids)).flatMap((row) => [...row]);
      actual.forEach((value, at) => {
        expect(Math.abs(value - (expected[at] as number))).toBeLessThan(1e-4);
      });
    },
  );

  it('divides where activations are large, with a mean of 1, and trusts no silence', () => {
    const activations = new Map([['range.head', Float32Array.of(100, 1, 1, 0)]]);
    const factors = smoothingFactors(activations, new Map([['head', Float32Array.of(1, 1, 1, 1)]]));
    const [loud = 0, ...rest] = factors.get('head') ?? [];
    expect(loud / (rest[0] as number)).toBeCloseTo(10, 4);
    expect((rest[0] as number) / (rest[2] as number)).toBeCloseTo(Math.sqrt(8), 4);
    expect(loud * rest.reduce((product, value) => product * value, 1)).toBeCloseTo(1, 4);
    expect(smoothingFactors(new Map([['range.head', Float32Array.of(NaN)]]), new Map()).size).toBe(
      0,
    );
  });
});

const smollm = weights('smollm2-135m');
describe.skipIf(smollm === null)('smoothing smollm2-135m (skipped where it is absent)', () => {
  it('brings int8 nearer to float32', async () => {
    const path = smollm as string;
    const engine = await ModelEngine.open({
      weightsPath: path,
      cacheDir: join(folder, 'cache'),
      threads: 0,
      device: 'cpu',
      form: 'int8',
    });
    const text =
      'Tea spread from China to Japan in the 9th century and reached Europe by 1610. Its leaves hold ' +
      'between 1.4 % and 4.5 % caffeine, and a cup is drunk more often than anything but water.';
    const read = engine.tokenizer.encode(text);
    const smoothed: Float32Array[] = [];
    await engine.decoder.forEachLogits(read, signal, (_, logits) => {
      smoothed.push(Float32Array.from(logits));
    });
    await engine.close();
    const exact = await logitsWith(path, 'float32', new Map(), read);
    const plain = await logitsWith(path, 'int8', new Map(), read);
    expect(divergence(exact, smoothed)).toBeLessThan(0.7 * divergence(exact, plain));
  }, 180_000);
});

/** Mean KL divergence in nats. */
function divergence(exact: readonly Float32Array[], other: readonly Float32Array[]): number {
  const normalised = (logits: Float32Array): Float32Array => {
    const largest = logits.reduce((most, value) => Math.max(most, value), -Infinity);
    const total = Math.log(logits.reduce((sum, value) => sum + Math.exp(value - largest), 0));
    return logits.map((value) => value - largest - total);
  };
  const sum = exact.reduce((total, row, at) => {
    const theirs = normalised(other[at] as Float32Array);
    return (
      total +
      normalised(row).reduce(
        (kl, value, id) => kl + Math.exp(value) * (value - (theirs[id] as number)),
        0,
      )
    );
  }, 0);
  return sum / exact.length;
}
