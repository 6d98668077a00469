/**
 * The safetensors format as it is published: a 64-bit header length, a JSON header that names each
 * tensor's type, shape and place, then the bytes without gap or overlap; all little endian. Everything is
 * checked against the file before it is used: a damaged or hostile file gives `model-invalid`.
 */
import type { BinaryFile } from './binary-file.ts';
import { halfToFloat } from './half-float.ts';

/** Headers of real models stay below 2 MB; the format itself allows 100 MB. */
const longestHeader = 32 * 1024 * 1024;
const mostTensors = 200_000;
const largestDimension = 2 ** 40;

/** Bits of one value. */
const bitsOf: Readonly<Record<string, number>> = {
  F64: 64,
  F32: 32,
  F16: 16,
  BF16: 16,
  I64: 64,
  U64: 64,
  I32: 32,
  U32: 32,
  I16: 16,
  U16: 16,
  I8: 8,
  U8: 8,
  BOOL: 8,
  F8_E4M3: 8,
  F8_E5M2: 8,
  F8_E8M0: 8,
  C64: 64,
};

export interface SafetensorsPlace {
  /** The format's name of the type: `F32`, `F16`, `BF16`, `I8`, … */
  readonly dtype: string;
  /** Slowest dimension first. */
  readonly shape: readonly number[];
  /** Product of the shape. */
  readonly count: number;
  /** From the start of the file, in bytes. */
  readonly offset: number;
  readonly bytes: number;
}

interface SafetensorsHeader {
  /** Bytes of the length field and the header. */
  readonly headBytes: number;
  readonly places: ReadonlyMap<string, SafetensorsPlace>;
}

const isCount = (value: unknown, most: number): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most;

/** Where each tensor of the file is. @throws FootnoteError `model-invalid` (anything wrong in it) */
export function readSafetensorsHeader(file: BinaryFile): SafetensorsHeader {
  const length = Buffer.from(file.read(0, 8)).readBigUInt64LE();
  if (length > BigInt(Math.min(longestHeader, file.size - 8))) {
    throw file.invalid(`a header of ${length} bytes is too large`);
  }
  const headBytes = 8 + Number(length);
  let header: unknown;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(file.read(8, Number(length)));
    header = JSON.parse(text);
  } catch (error) {
    throw file.invalid(`the header is not JSON: ${(error as Error).message.slice(0, 100)}`);
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header)) {
    throw file.invalid('the header is not an object');
  }
  const entries = Object.entries(header).filter(([name]) => name !== '__metadata__');
  if (entries.length > mostTensors) throw file.invalid(`${entries.length} tensors are too many`);
  const places = new Map(
    entries.map(([name, value]) => [name, placeOf(file, headBytes, name.slice(0, 200), value)]),
  );
  let at = headBytes;
  const inOrder = [...places.values()].sort((a, b) => a.offset - b.offset || a.bytes - b.bytes);
  for (const { offset, bytes } of inOrder) {
    if (offset !== at) throw file.invalid('its tensors overlap or leave gaps');
    at = offset + bytes;
  }
  if (at !== file.size) throw file.invalid('the file is not as long as its tensors (truncated?)');
  return { headBytes, places };
}

function placeOf(
  file: BinaryFile,
  headBytes: number,
  name: string,
  value: unknown,
): SafetensorsPlace {
  const entry = (typeof value === 'object' && value !== null ? value : {}) as {
    readonly dtype?: unknown;
    readonly shape?: unknown;
    readonly data_offsets?: unknown;
  };
  const { dtype, shape, data_offsets: offsets } = entry;
  if (typeof dtype !== 'string' || !Array.isArray(shape) || !Array.isArray(offsets)) {
    throw file.invalid(`${name}: its entry is incomplete`);
  }
  const dims = shape as readonly unknown[];
  const [begin, end, more] = offsets as readonly unknown[];
  const room = file.size - headBytes;
  if (!isCount(begin, room) || !isCount(end, room) || end < begin || more !== undefined) {
    throw file.invalid(`${name}: it reaches past the end of the file (truncated?)`);
  }
  if (dims.length > 8 || !dims.every((dim): dim is number => isCount(dim, largestDimension))) {
    throw file.invalid(`${name}: its shape is impossible`);
  }
  const bits = Object.hasOwn(bitsOf, dtype) ? bitsOf[dtype] : undefined;
  if (bits === undefined) throw file.invalid(`${name}: type ${dtype.slice(0, 20)} is unknown`);
  const count = dims.reduce((product, dim) => product * dim, 1);
  if ((count * bits) / 8 !== end - begin) {
    throw file.invalid(`${name}: its shape does not fit its bytes`);
  }
  return { dtype, shape: dims, count, offset: headBytes + begin, bytes: end - begin };
}

export interface SafeTensor {
  readonly shape: readonly number[];
  /** Values as f32, in row-major order. */
  readonly values: Float32Array;
}

/**
 * All tensors of a small file as f32 values in row-major order, by name.
 * @throws FootnoteError `model-invalid` for a damaged file or a type other than F32, F16 and I8
 */
export function readSafetensors(file: BinaryFile): ReadonlyMap<string, SafeTensor> {
  const tensors = new Map<string, SafeTensor>();
  for (const [name, { dtype, shape, count, offset, bytes }] of readSafetensorsHeader(file).places) {
    const { buffer } = file.read(offset, bytes);
    const values = new Float32Array(count);
    if (dtype === 'F32') values.set(new Float32Array(buffer));
    else if (dtype === 'F16') halfToFloat(new Uint16Array(buffer), values);
    else if (dtype === 'I8') values.set(new Int8Array(buffer));
    else throw file.invalid(`${name.slice(0, 200)}: type ${dtype} is not read here`);
    tensors.set(name, { shape, values });
  }
  return tensors;
}
