/** Writes GGUF files (version 3), for tests and for models made on the spot. */
import { writeFileSync } from 'node:fs';

export type WritableValue = number | boolean | string | readonly string[] | readonly number[];

export interface WritableTensor {
  readonly name: string;
  /** Fastest dimension first, as GGUF stores them. */
  readonly dims: readonly number[];
  readonly typeId: number;
  readonly data: Uint8Array;
}

const alignment = 32;

const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
const u64 = (value: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
};
const text = (value: string): Buffer => {
  const bytes = Buffer.from(value, 'utf8');
  return Buffer.concat([u64(bytes.length), bytes]);
};
const f32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return bytes;
};

/** Whole numbers become u32, others f32; lists of numbers are i32. */
function valueBytes(value: WritableValue): Buffer {
  if (typeof value === 'string') return Buffer.concat([u32(8), text(value)]);
  if (typeof value === 'boolean') return Buffer.concat([u32(7), Buffer.of(Number(value))]);
  if (typeof value === 'number') {
    return Number.isInteger(value)
      ? Buffer.concat([u32(4), u32(value)])
      : Buffer.concat([u32(6), f32(value)]);
  }
  const isText = typeof value[0] === 'string';
  const items = value.map((item) => (typeof item === 'string' ? text(item) : u32(item)));
  return Buffer.concat([u32(9), u32(isText ? 8 : 5), u64(value.length), ...items]);
}

/** The bytes of a GGUF file. */
export function ggufBytes(
  metadata: Readonly<Record<string, WritableValue>>,
  tensors: readonly WritableTensor[],
): Buffer {
  const entries = Object.entries(metadata);
  const parts: Buffer[] = [Buffer.from('GGUF'), u32(3), u64(tensors.length), u64(entries.length)];
  for (const [key, value] of entries) parts.push(text(key), valueBytes(value));
  let offset = 0;
  for (const { name, dims, typeId, data } of tensors) {
    parts.push(text(name), u32(dims.length), ...dims.map(u64), u32(typeId), u64(offset));
    offset = Math.ceil((offset + data.length) / alignment) * alignment;
  }
  const pad = (bytes: Buffer): Buffer =>
    Buffer.concat([bytes, Buffer.alloc((alignment - (bytes.length % alignment)) % alignment)]);
  return Buffer.concat([
    pad(Buffer.concat(parts)),
    ...tensors.map(({ data }) => pad(Buffer.from(data.buffer, data.byteOffset, data.byteLength))),
  ]);
}

/** Writes a GGUF file. */
export function writeGguf(
  path: string,
  metadata: Readonly<Record<string, WritableValue>>,
  tensors: readonly WritableTensor[],
): void {
  writeFileSync(path, ggufBytes(metadata, tensors));
}
