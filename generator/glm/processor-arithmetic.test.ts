/**
 * What the 8-bit products of other processors make of our weights, by emulating their arithmetic: AVX2's
 * `vpmaddubsw` adds two products of an unsigned and a signed byte in 16 bits that saturate; VNNI and AMX add
 * four in 32 bits; ARM's SDOT and i8mm multiply signed by signed, so activations lose their offset of 128.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { WeightsWriter } from './weights-writer.ts';
import { writeMatrix } from './write-matrix.ts';

const folder = mkdtempSync(join(tmpdir(), 'footnote-arithmetic-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const [outputs, inputs] = [24, 64];

/** A number in [0, 1) that looks random, always the same. */
function* numbers(): Generator<number, never> {
  let state = 12_345;
  for (;;) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    yield (state >>> 8) / 2 ** 24;
  }
}

/** Weights as the converter writes them, `[inputs, outputs]`: many at the end of their range. */
function weightsOf(form: 'int8' | 'int7'): Int8Array {
  const path = join(folder, `${form}.bin`);
  const random = numbers();
  const writer = new WeightsWriter(path, form);
  const matrix = { rows: outputs, columns: inputs, segments: [] };
  const source = {
    forEachRow: (_: unknown, visit: (row: number, values: Float32Array) => void): void => {
      for (let row = 0; row < outputs; row += 1) {
        const values = Float32Array.from({ length: inputs }, () =>
          random.next().value < 0.3 ? 2 : random.next().value * 4 - 2,
        );
        visit(row, values);
      }
    },
  };
  writeMatrix(writer, source, 'w', matrix, form);
  writer.close();
  return new Int8Array(readFileSync(path).subarray(0, inputs * outputs));
}

const activations = (() => {
  const random = numbers();
  return Uint8Array.from({ length: inputs }, () => Math.min(255, random.next().value * 400));
})();

const saturate = (value: number): number => Math.max(-32_768, Math.min(32_767, value));

function product(
  weights: Int8Array,
  output: number,
  by: 'exact' | 'avx2' | 'vnni' | 'sdot',
): number {
  const w = (input: number): number => weights[input * outputs + output] as number;
  const a = (input: number): number => activations[input] as number;
  let sum = 0;
  let offset = 0;
  for (let input = 0; input < inputs; input += 1) offset += 128 * w(input);
  const accumulator = new Int32Array(1);
  const add = (value: number): void => {
    accumulator[0] = (accumulator[0] as number) + value;
  };
  for (let input = 0; input < inputs; input += 4) {
    const four = [input, input + 1, input + 2, input + 3] as const;
    switch (by) {
      case 'exact':
        for (const each of four) sum += (a(each) - 128) * w(each);
        break;
      case 'avx2':
        add(saturate(a(four[0]) * w(four[0]) + a(four[1]) * w(four[1])));
        add(saturate(a(four[2]) * w(four[2]) + a(four[3]) * w(four[3])));
        break;
      case 'vnni':
        for (const each of four) add(a(each) * w(each));
        break;
      case 'sdot':
        // Bytes with the sign bit turned: `a - 128` as a signed byte.
        for (const each of four) add((((a(each) ^ 0x80) << 24) >> 24) * w(each));
    }
  }
  if (by === 'exact') return sum;
  return (accumulator[0] as number) - (by === 'sdot' ? 0 : offset);
}

const all = (weights: Int8Array, by: Parameters<typeof product>[2]): number[] =>
  Array.from({ length: outputs }, (_, output) => product(weights, output, by));

describe('8-bit products of other processors, emulated', () => {
  it.each(['int8', 'int7'] as const)('are exact on VNNI, AMX and ARM: %s', (form) => {
    const weights = weightsOf(form);
    expect(all(weights, 'vnni')).toEqual(all(weights, 'exact'));
    expect(all(weights, 'sdot')).toEqual(all(weights, 'exact'));
  });

  it('saturate on AVX2 with weights of 8 bits, and are exact with 7', () => {
    const eight = weightsOf('int8');
    expect(all(eight, 'avx2')).not.toEqual(all(eight, 'exact'));
    const seven = weightsOf('int7');
    expect(Math.max(...seven.map(Math.abs))).toBe(63);
    expect(all(seven, 'avx2')).toEqual(all(seven, 'exact'));
  });
});
