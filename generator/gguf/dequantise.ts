/**
 * ggml's block formats to float32, as the reference `dequantize_row_*` of ggml-quants define them.
 * A block is little endian; `d` is its scale, `m` or `dmin` its minimum.
 */
import { halfValues } from '../../src/runtime/half-float.ts';
import type { GgmlTypeName } from './ggml-type.ts';

type Dequantiser = (source: DataView, values: Float32Array) => void;

/** Runs over the blocks of a row; `at` is the block's byte, `to` its first value. */
function blocks(
  blockBytes: number,
  blockValues: number,
  block: (
    source: DataView,
    at: number,
    values: Float32Array,
    to: number,
    half: Float32Array,
  ) => void,
): Dequantiser {
  return (source, values) => {
    const half = halfValues();
    for (let at = 0, to = 0; to < values.length; at += blockBytes, to += blockValues) {
      block(source, at, values, to, half);
    }
  };
}

const h = (half: Float32Array, source: DataView, at: number): number =>
  half[source.getUint16(at, true)] as number;

/** 6-bit scale and minimum of sub-block `index` of a K-quant's 12 packed bytes at `at`. */
function kScale(source: DataView, at: number, index: number): number {
  return index < 4
    ? source.getUint8(at + index) & 63
    : (source.getUint8(at + index + 4) & 15) | ((source.getUint8(at + index - 4) >> 6) << 4);
}
function kMinimum(source: DataView, at: number, index: number): number {
  return index < 4
    ? source.getUint8(at + index + 4) & 63
    : (source.getUint8(at + index + 4) >> 4) | ((source.getUint8(at + index) >> 6) << 4);
}

const dequantisers: Readonly<Record<GgmlTypeName, Dequantiser>> = {
  F32: (source, values) => {
    for (let i = 0; i < values.length; i += 1) values[i] = source.getFloat32(i * 4, true);
  },
  F16: (source, values) => {
    const half = halfValues();
    for (let i = 0; i < values.length; i += 1) values[i] = h(half, source, i * 2);
  },
  BF16: (source, values) => {
    const bits = new Uint32Array(1);
    const float = new Float32Array(bits.buffer);
    for (let i = 0; i < values.length; i += 1) {
      bits[0] = source.getUint16(i * 2, true) << 16;
      values[i] = float[0] as number;
    }
  },
  Q4_0: blocks(18, 32, (source, at, values, to, half) => {
    const d = h(half, source, at);
    for (let i = 0; i < 16; i += 1) {
      const pair = source.getUint8(at + 2 + i);
      values[to + i] = ((pair & 15) - 8) * d;
      values[to + i + 16] = ((pair >> 4) - 8) * d;
    }
  }),
  Q4_1: blocks(20, 32, (source, at, values, to, half) => {
    const d = h(half, source, at);
    const m = h(half, source, at + 2);
    for (let i = 0; i < 16; i += 1) {
      const pair = source.getUint8(at + 4 + i);
      values[to + i] = (pair & 15) * d + m;
      values[to + i + 16] = (pair >> 4) * d + m;
    }
  }),
  Q5_0: blocks(22, 32, (source, at, values, to, half) => {
    const d = h(half, source, at);
    const high = source.getUint32(at + 2, true);
    for (let i = 0; i < 16; i += 1) {
      const pair = source.getUint8(at + 6 + i);
      values[to + i] = (((pair & 15) | (((high >>> i) & 1) << 4)) - 16) * d;
      values[to + i + 16] = (((pair >> 4) | (((high >>> (i + 16)) & 1) << 4)) - 16) * d;
    }
  }),
  Q5_1: blocks(24, 32, (source, at, values, to, half) => {
    const d = h(half, source, at);
    const m = h(half, source, at + 2);
    const high = source.getUint32(at + 4, true);
    for (let i = 0; i < 16; i += 1) {
      const pair = source.getUint8(at + 8 + i);
      values[to + i] = ((pair & 15) | (((high >>> i) & 1) << 4)) * d + m;
      values[to + i + 16] = ((pair >> 4) | (((high >>> (i + 16)) & 1) << 4)) * d + m;
    }
  }),
  Q8_0: blocks(34, 32, (source, at, values, to, half) => {
    const d = h(half, source, at);
    for (let i = 0; i < 32; i += 1) values[to + i] = source.getInt8(at + 2 + i) * d;
  }),
  Q4_K: blocks(144, 256, (source, at, values, to, half) => {
    const d = h(half, source, at);
    const dmin = h(half, source, at + 2);
    for (let part = 0; part < 8; part += 1) {
      const scale = d * kScale(source, at + 4, part);
      const minimum = dmin * kMinimum(source, at + 4, part);
      const from = at + 16 + (part >> 1) * 32;
      const shift = (part & 1) * 4;
      for (let i = 0; i < 32; i += 1) {
        values[to + part * 32 + i] = scale * ((source.getUint8(from + i) >> shift) & 15) - minimum;
      }
    }
  }),
  Q5_K: blocks(176, 256, (source, at, values, to, half) => {
    const d = h(half, source, at);
    const dmin = h(half, source, at + 2);
    for (let part = 0; part < 8; part += 1) {
      const scale = d * kScale(source, at + 4, part);
      const minimum = dmin * kMinimum(source, at + 4, part);
      const from = at + 48 + (part >> 1) * 32;
      const shift = (part & 1) * 4;
      for (let i = 0; i < 32; i += 1) {
        const low = (source.getUint8(from + i) >> shift) & 15;
        const high = (source.getUint8(at + 16 + i) >> part) & 1;
        values[to + part * 32 + i] = scale * (low | (high << 4)) - minimum;
      }
    }
  }),
  Q6_K: blocks(210, 256, (source, at, values, to, half) => {
    const d = h(half, source, at + 208);
    for (let part = 0; part < 8; part += 1) {
      // Two halves of 128 values; in each, four groups of 32 share 64 low and 32 high bytes.
      const group = part & 3;
      const low = at + (part >> 2) * 64 + (group & 1) * 32;
      const high = at + 128 + (part >> 2) * 32;
      for (let i = 0; i < 32; i += 1) {
        const nibble = (source.getUint8(low + i) >> ((group >> 1) * 4)) & 15;
        const bits = (source.getUint8(high + i) >> (group * 2)) & 3;
        const scale = source.getInt8(at + 192 + part * 2 + (i >> 4));
        values[to + part * 32 + i] = d * scale * ((nibble | (bits << 4)) - 32);
      }
    }
  }),
};

/**
 * Dequantises `values.length` values.
 * @param bytes whole blocks, exactly those of the values
 */
export function dequantise(type: GgmlTypeName, bytes: Uint8Array, values: Float32Array): void {
  dequantisers[type](new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), values);
}
