/** Low-rank updates: logits of `transformers` with the same update, tensors that hold several modules. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { FootnoteError } from '../../src/core/errors.ts';
import { ggmlType, type GgmlType } from '../gguf/ggml-type.ts';
import { convertGlm } from '../glm/convert-glm.ts';
import { GlmDecoder } from '../glm/glm-decoder.ts';
import { withLora } from '../glm/with-lora.ts';
import { openModel } from '../open-model.ts';
import { safetensorsBytes } from '../safetensors/write-safetensors.ts';
import { LoraWeights } from './lora-weights.ts';
import type { WeightSource, WeightTensor } from './weight-source.ts';

const root = mkdtempSync(join(tmpdir(), 'footnote-lora-'));
const goldens = new URL('../golden/', import.meta.url).pathname;
const { signal } = new AbortController();
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

describe.each(['qwen2', 'llama', 'glm-edge'])('%s', (name) => {
  it('with an update gives the logits of transformers with it, within 1e-3', async () => {
    const folder = join(goldens, 'lora', name);
    const expected = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as {
      ids: number[];
      logits: number[][];
    };
    const plain = JSON.parse(readFileSync(join(goldens, name, 'expected.json'), 'utf8')) as {
      logits: number[][];
    };
    const model = openModel(join(goldens, name));
    if (model.kind !== 'glm') throw new Error(model.kind);
    const source = withLora(model.source, folder);
    const { config, modelPath, converted } = await convertGlm(source, 'float32', root, []);
    model.close();
    expect(converted).toBe(true);
    const decoder = await GlmDecoder.open(modelPath, config, { threads: 1 });
    let worst = 0;
    let moved = 0;
    await decoder.forEachLogits(expected.ids, signal, (position, logits) => {
      expected.logits[position]?.forEach((value, id) => {
        const own = logits[id] ?? Number.NaN;
        const error = Math.abs(value - own);
        worst = Math.max(worst, Number.isNaN(error) ? Infinity : error);
        moved = Math.max(moved, Math.abs((plain.logits[position]?.[id] ?? 0) - own));
      });
    });
    await decoder.close();
    expect(worst).toBeLessThan(1e-3);
    expect(moved).toBeGreaterThan(0.1);
  });
});

/** Weights of zeros under GGUF's names. */
class Zeros implements WeightSource {
  readonly path = 'zeros';
  readonly tensors: ReadonlyMap<string, WeightTensor>;
  constructor(shapes: Readonly<Record<string, readonly [rows: number, columns: number]>>) {
    const type = ggmlType(0) as GgmlType;
    this.tensors = new Map(
      Object.entries(shapes).map(([name, [rows, columns]]) => [
        name,
        { name, type, rows, columns, bytes: 4 * rows * columns },
      ]),
    );
  }
  readTensor(_: WeightTensor, __: number, count: number): Uint8Array {
    return new Uint8Array(count);
  }
  addFingerprint(): void {}
  invalid(what: string): FootnoteError {
    return new FootnoteError('model-invalid', what);
  }
  close(): void {}
}

let made = 0;
/** An adapter of rank 1: A all ones, B as given, times alpha 2. */
function adapter(modules: Readonly<Record<string, readonly number[]>>, columns: number): string {
  const folder = join(root, `adapter-${(made += 1)}`);
  mkdirSync(folder);
  const entry = (shape: readonly number[], values: readonly number[]) => ({
    dtype: 'F32' as const,
    shape,
    data: new Uint8Array(Float32Array.from(values).buffer),
  });
  const tensors = Object.fromEntries(
    Object.entries(modules).flatMap(([module, up]) => [
      [
        `base_model.model.model.layers.0.${module}.lora_A.weight`,
        entry(
          [1, columns],
          Array.from({ length: columns }, () => 1),
        ),
      ],
      [`base_model.model.model.layers.0.${module}.lora_B.weight`, entry([up.length, 1], up)],
    ]),
  );
  writeFileSync(join(folder, 'adapter_model.safetensors'), safetensorsBytes(tensors));
  writeFileSync(
    join(folder, 'adapter_config.json'),
    JSON.stringify({ peft_type: 'LORA', r: 1, lora_alpha: 2 }),
  );
  return folder;
}

function rowsOf(weights: WeightSource, name: string): number[] {
  const tensor = weights.tensors.get(name);
  if (tensor === undefined) throw new Error(name);
  const bytes = weights.readTensor(tensor, 0, tensor.bytes);
  const values = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  return Array.from(
    { length: tensor.rows },
    (_, row) => values[row * tensor.columns] ?? Number.NaN,
  );
}

describe('LoraWeights', () => {
  it('finds q, k and v in a fused matrix, and gate and up', () => {
    const source = new Zeros({ 'blk.0.attn_qkv.weight': [8, 2], 'blk.0.ffn_up.weight': [4, 2] });
    const folder = adapter(
      {
        'self_attn.q_proj': [1, 2, 3, 4],
        'self_attn.k_proj': [5, 6],
        'self_attn.v_proj': [7, 8],
        'mlp.gate_proj': [1, 2],
        'mlp.up_proj': [3, 4],
      },
      2,
    );
    const weights = new LoraWeights(source, folder);
    expect(rowsOf(weights, 'blk.0.attn_qkv.weight')).toEqual([2, 4, 6, 8, 10, 12, 14, 16]);
    expect(rowsOf(weights, 'blk.0.ffn_up.weight')).toEqual([2, 4, 6, 8]);
  });

  it("follows the order in which llama.cpp's converter writes a Llama's heads", () => {
    const source = new Zeros({ 'blk.0.attn_q.weight': [4, 2], 'blk.0.attn_v.weight': [4, 2] });
    const folder = adapter(
      { 'self_attn.q_proj': [1, 2, 3, 4], 'self_attn.v_proj': [1, 2, 3, 4] },
      2,
    );
    const weights = new LoraWeights(source, folder, { rotated: () => [0, 2, 1, 3] });
    expect(rowsOf(weights, 'blk.0.attn_q.weight')).toEqual([2, 6, 4, 8]);
    expect(rowsOf(weights, 'blk.0.attn_v.weight')).toEqual([2, 4, 6, 8]);
  });

  it('refuses what belongs to another model, and what it cannot merge', () => {
    const source = new Zeros({ 'blk.0.attn_q.weight': [4, 2] });
    const refused = (folder: string, why: RegExp): void => {
      expect(() => new LoraWeights(source, folder)).toThrow(why);
      expect(() => new LoraWeights(source, folder)).toThrow(FootnoteError);
    };
    refused(adapter({ 'self_attn.q_proj': [1, 2] }, 2), /2x2, the model's 2x4/u);
    refused(adapter({ 'self_attn.k_proj': [1, 2] }, 2), /no self_attn\.k_proj/u);
    refused(adapter({ 'mlp.experts': [1] }, 2), /no update of a matrix/u);
    const dora = adapter({ 'self_attn.q_proj': [1, 2, 3, 4] }, 2);
    writeFileSync(
      join(dora, 'adapter_config.json'),
      JSON.stringify({ peft_type: 'LORA', r: 1, lora_alpha: 2, use_dora: true }),
    );
    refused(dora, /use_dora/u);
    refused(join(root, 'nowhere'), /nowhere/u);
  });
});
