import { describe, expect, it } from 'vitest';
import { quantiseBlock4, quantiseBlock8 } from './quantise-block.ts';

const block = (value: (index: number) => number): Float32Array =>
  Float32Array.from({ length: 32 }, (_, index) => value(index));
const read8 = (scale: number, bytes: Uint8Array): number[] =>
  Array.from(bytes, (byte) => Math.fround((byte - 128) * Math.fround(scale)));
const read4 = (scale: number, bytes: Uint8Array): number[] =>
  Array.from({ length: 32 }, (_, index) => {
    const pair = bytes[index >> 1] as number;
    return Math.fround((((index & 1) === 0 ? pair & 15 : pair >> 4) - 8) * Math.fround(scale));
  });

describe('blocks of 32', () => {
  // Scales of ggml's formats are half precision.
  it.each([0.000_976_562_5, 0.013_427_734_375, -0.3232421875])(
    'finds the numbers of Q8_0, Q5_0 and Q4_0 again to the bit (scale %s)',
    (scale) => {
      const bytes = new Uint8Array(32);
      for (const [most, read] of [
        [127, read8],
        [16, read8],
        [8, read4],
      ] as const) {
        const values = block((index) => Math.fround((((index * 37) % (2 * most)) - most) * scale));
        const to = read === read8 ? bytes : new Uint8Array(16);
        const found = read === read8 ? quantiseBlock8(values, to) : quantiseBlock4(values, to);
        expect(read(found, to).map((value) => value + 0)).toEqual(
          [...values].map((value) => value + 0),
        );
      }
    },
  );

  it('is near anything else, and zero stays zero', () => {
    const values = block((index) => Math.sin(index * index) * (index === 7 ? 3 : 1));
    const bytes = new Uint8Array(32);
    const scale8 = quantiseBlock8(values, bytes);
    read8(scale8, bytes).forEach((value, index) => {
      expect(Math.abs(value - (values[index] as number))).toBeLessThan(0.012);
    });
    const nibbles = new Uint8Array(16);
    const scale4 = quantiseBlock4(values, nibbles);
    const square = read4(scale4, nibbles).reduce(
      (sum, value, index) => sum + (value - (values[index] as number)) ** 2,
      0,
    );
    expect(Math.sqrt(square / 32)).toBeLessThan(0.15);
    const zeros = block(() => 0);
    expect(read8(quantiseBlock8(zeros, bytes), bytes)).toEqual([...zeros]);
    expect(read4(quantiseBlock4(zeros, nibbles), nibbles)).toEqual([...zeros]);
  });
});
