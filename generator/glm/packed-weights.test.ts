import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ModelEngine } from '../model-engine.ts';
import { writeTinyModel } from '../tiny-model.ts';
import type { GlmConfig } from './glm-config.ts';
import { GlmDecoder } from './glm-decoder.ts';

const folder = mkdtempSync(join(tmpdir(), 'footnote-packed-'));
const { signal } = new AbortController();
const ids = [5, 200, 33, 17, 90, 256, 64, 1, 1, 120, 257, 48];
/** What a record says: operator and hash, then place and length. */
const record = /(MatMulIntegerToFloat\+)(\d+)\|(\d+);(\d+);0/gu;

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('packWeights', () => {
  let modelFolder: string;
  let config: GlmConfig;
  let expected: number[];

  const logits = async (from: string): Promise<number[]> => {
    const decoder = await GlmDecoder.open(join(from, 'model.onnx'), config, { threads: 1 });
    const all: number[] = [];
    await decoder.forEachLogits(ids, signal, (_, row) => {
      all.push(...row);
    });
    await decoder.close();
    return all;
  };
  /** A copy whose model has other records. */
  const changed = (name: string, change: (model: string) => string): string => {
    const copy = join(folder, name);
    cpSync(modelFolder, copy, { recursive: true });
    const path = join(copy, 'model.onnx');
    writeFileSync(path, Buffer.from(change(readFileSync(path, 'latin1')), 'latin1'));
    return copy;
  };
  /** Zeros where the packed weights stand. */
  const spoil = (copy: string): void => {
    const path = join(copy, 'weights.bin');
    const bytes = readFileSync(path);
    for (const [, , , offset, length] of readFileSync(join(copy, 'model.onnx'), 'latin1').matchAll(
      record,
    )) {
      bytes.fill(0, Number(offset), Number(offset) + Number(length));
    }
    writeFileSync(path, bytes);
  };

  beforeAll(async () => {
    const path = join(folder, 'tiny.gguf');
    writeTinyModel(path, 'glm4');
    const engine = await ModelEngine.open({
      weightsPath: path,
      cacheDir: join(folder, 'cache'),
      threads: 1,
      device: 'cpu',
      form: 'int8',
    });
    modelFolder = dirname(engine.modelPath);
    config = engine.decoder.config as GlmConfig;
    await engine.close();
    expected = await logits(modelFolder);
  });

  it('records each weight that is multiplied', () => {
    const model = readFileSync(join(modelFolder, 'model.onnx'), 'latin1');
    expect([...model.matchAll(record)]).toHaveLength(5 * config.num_hidden_layers + 1);
  });

  it('is what the session multiplies with, not a copy of its own', async () => {
    const spoilt = changed('spoilt', (model) => model);
    spoil(spoilt);
    expect(await logits(spoilt)).not.toEqual(expected);
  });

  it('is passed over where this processor packs otherwise: the same logits', async () => {
    const foreign = changed('foreign', (model) =>
      model.replace(record, (_, kernel: string, hash: string, offset: string, length: string) => {
        const other = `${hash.startsWith('1') ? '2' : '1'}${hash.slice(1)}`;
        return `${kernel}${other}|${offset};${length};0`;
      }),
    );
    spoil(foreign);
    expect(await logits(foreign)).toEqual(expected);
  });
});
