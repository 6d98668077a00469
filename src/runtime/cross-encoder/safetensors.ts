/**
 * Reads the safetensors format (a u64 header length, a JSON header of names, types, shapes and byte
 * ranges, then the bytes; all little endian) for the few types that our own small files hold.
 */
import { z } from 'zod';
import { FootnoteError } from '../../core/errors.ts';

const BYTES = { F32: 4, F16: 2, I8: 1 } as const;
const MOST_HEADER_BYTES = 1 << 20;
const entrySchema = z.object({
  dtype: z.enum(['F32', 'F16', 'I8']),
  shape: z.array(z.int().min(0)),
  data_offsets: z.tuple([z.int().min(0), z.int().min(0)]),
});

export interface SafeTensor {
  readonly shape: readonly number[];
  /** Values as f32, in row-major order. */
  readonly values: Float32Array;
}

const invalid = (message: string): FootnoteError =>
  new FootnoteError('model-invalid', `safetensors: ${message}`, { stage: 'rank' });

/** All tensors by name. @throws FootnoteError `model-invalid` where lengths, types or offsets do not fit. */
export function readSafetensors(bytes: Buffer): ReadonlyMap<string, SafeTensor> {
  if (bytes.length < 8) throw invalid('no header');
  const length = Number(bytes.readBigUInt64LE(0));
  if (length > MOST_HEADER_BYTES || 8 + length > bytes.length) throw invalid('the header is cut');
  const base = 8 + length;
  let header: Record<string, unknown>;
  try {
    header = z
      .record(z.string(), z.unknown())
      .parse(JSON.parse(bytes.toString('utf8', 8, base)) as unknown);
  } catch (error) {
    throw invalid(`header: ${(error as Error).message}`);
  }
  const tensors = new Map<string, SafeTensor>();
  for (const [name, value] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const entry = entrySchema.safeParse(value);
    if (!entry.success) throw invalid(`${name}: ${entry.error.message}`);
    const { dtype, shape, data_offsets: range } = entry.data;
    const [from, to] = range;
    const count = shape.reduce((product, size) => product * size, 1);
    if (to - from !== count * BYTES[dtype] || base + to > bytes.length) {
      throw invalid(`${name} does not fit its bytes`);
    }
    const part = bytes.subarray(base + from, base + to);
    const values = new Float32Array(count);
    for (let index = 0; index < count; index += 1) {
      if (dtype === 'F32') values[index] = part.readFloatLE(4 * index);
      else if (dtype === 'I8') values[index] = part.readInt8(index);
      else values[index] = halfToFloat(part.readUInt16LE(2 * index));
    }
    tensors.set(name, { shape, values });
  }
  return tensors;
}

/** IEEE 754 half to a number. */
export function halfToFloat(half: number): number {
  const sign = (half & 0x8000) === 0 ? 1 : -1;
  const exponent = (half >> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
