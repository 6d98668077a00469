import { describe, expect, it } from 'vitest';
import { dequantise } from './dequantise.ts';

/** Half precision by the definition of IEEE 754, for the few scales used here. */
function half(value: number): [number, number] {
  const exponent = Math.floor(Math.log2(Math.abs(value)));
  const fraction = Math.round((Math.abs(value) / 2 ** exponent - 1) * 1024);
  const bits = (value < 0 ? 0x8000 : 0) | ((exponent + 15) << 10) | fraction;
  return [bits & 255, bits >> 8];
}

/** Deterministic bytes, all values reached. */
const noise = (count: number, seed: number): number[] => {
  let state = seed;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 16) & 255;
  });
};

function run(
  type: Parameters<typeof dequantise>[0],
  bytes: readonly number[],
  count: number,
): number[] {
  const values = new Float32Array(count);
  // An odd offset: blocks need not be aligned.
  const padded = Uint8Array.from([0, ...bytes]);
  dequantise(type, padded.subarray(1), values);
  return [...values];
}

const near = (actual: readonly number[], expected: readonly number[]): void => {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((value, index) => {
    expect(value).toBeCloseTo(expected[index] as number, 4);
  });
};

describe('dequantise', () => {
  it('reads plain floats', () => {
    const floats = new Uint8Array(Float32Array.of(1.5, -2.25, 1e-20).buffer);
    expect(run('F32', [...floats], 3)).toEqual([1.5, -2.25, Math.fround(1e-20)]);
    expect(run('F16', [0x00, 0x3c, 0x00, 0xc0, 0x01, 0x00, 0xff, 0x7b, 0x00, 0x7c], 5)).toEqual([
      1,
      -2,
      2 ** -24,
      65_504,
      Infinity,
    ]);
    expect(run('BF16', [0x80, 0x3f, 0x00, 0xc0, 0x49, 0x40], 3)).toEqual([1, -2, 3.140625]);
  });

  it('reads the four- and five-bit blocks of 32', () => {
    const d = 0.25;
    const m = -1.5;
    const quants = noise(16, 1);
    const high = noise(4, 2);
    const bit = (index: number): number => ((high[index >> 3] as number) >> (index & 7)) & 1;
    const nibble = (index: number): number =>
      index < 16 ? (quants[index] as number) % 16 : Math.floor((quants[index - 16] as number) / 16);
    const expected = (of: (index: number) => number): number[] =>
      Array.from({ length: 32 }, (_, i) => of(i));
    near(
      run('Q4_0', [...half(d), ...quants], 32),
      expected((i) => (nibble(i) - 8) * d),
    );
    near(
      run('Q4_1', [...half(d), ...half(m), ...quants], 32),
      expected((i) => nibble(i) * d + m),
    );
    near(
      run('Q5_0', [...half(d), ...high, ...quants], 32),
      expected((i) => (nibble(i) + 16 * bit(i) - 16) * d),
    );
    near(
      run('Q5_1', [...half(d), ...half(m), ...high, ...quants], 32),
      expected((i) => (nibble(i) + 16 * bit(i)) * d + m),
    );
    near(
      run('Q8_0', [...half(d), ...noise(32, 3)], 32),
      noise(32, 3).map((byte) => (byte > 127 ? byte - 256 : byte) * d),
    );
  });

  /** The 6-bit scales and minima of a K-block, written out from packed pairs instead of unpacked. */
  const packed = (scales: readonly number[], minima: readonly number[]): number[] => {
    const bytes = Array.from({ length: 12 }, () => 0);
    for (let i = 0; i < 4; i += 1) {
      bytes[i] = (scales[i] as number) | (((scales[i + 4] as number) >> 4) << 6);
      bytes[i + 4] = (minima[i] as number) | (((minima[i + 4] as number) >> 4) << 6);
      bytes[i + 8] = ((scales[i + 4] as number) & 15) | (((minima[i + 4] as number) & 15) << 4);
    }
    return bytes;
  };
  const scales = [1, 63, 17, 32, 5, 48, 21, 62];
  const minima = [0, 9, 63, 33, 16, 1, 47, 30];

  it('reads Q4_K and Q5_K super-blocks', () => {
    const d = 0.03125;
    const dmin = 0.0625;
    const values = noise(256, 4).map((byte) => byte % 32);
    const four = values.map((value) => value % 16);
    // Values 64g..64g+31 are the low nibbles of 32 bytes, 64g+32..64g+63 the high ones.
    const nibbles = (of: readonly number[]): number[] =>
      Array.from({ length: 128 }, (_, i) => {
        const at = Math.floor(i / 32) * 64 + (i % 32);
        return (of[at] as number) | ((of[at + 32] as number) << 4);
      });
    const want = (of: readonly number[]): number[] =>
      of.map(
        (value, i) => d * (scales[i >> 5] as number) * value - dmin * (minima[i >> 5] as number),
      );
    near(
      run('Q4_K', [...half(d), ...half(dmin), ...packed(scales, minima), ...nibbles(four)], 256),
      want(four),
    );
    const high = Array.from({ length: 32 }, (_, column) =>
      Array.from(
        { length: 8 },
        (_unused, part) => ((values[part * 32 + column] as number) >> 4) << part,
      ).reduce((sum, value) => sum + value, 0),
    );
    near(
      run(
        'Q5_K',
        [...half(d), ...half(dmin), ...packed(scales, minima), ...high, ...nibbles(four)],
        256,
      ),
      want(values),
    );
  });

  it('reads Q6_K super-blocks', () => {
    const d = 0.015625;
    const values = noise(256, 5).map((byte) => byte % 64);
    const subScales = noise(16, 6).map((byte) => byte - 128);
    const low = Array.from({ length: 128 }, () => 0);
    const high = Array.from({ length: 64 }, () => 0);
    values.forEach((value, i) => {
      const [side, group, column] = [i >> 7, (i >> 5) & 3, i & 31];
      const lowAt = side * 64 + (group % 2) * 32 + column;
      low[lowAt] = (low[lowAt] as number) | ((value & 15) << (group < 2 ? 0 : 4));
      const highAt = side * 32 + column;
      high[highAt] = (high[highAt] as number) | ((value >> 4) << (2 * group));
    });
    near(
      run('Q6_K', [...low, ...high, ...subScales.map((scale) => scale & 255), ...half(d)], 256),
      values.map((value, i) => d * (subScales[i >> 4] as number) * (value - 32)),
    );
  });
});
