import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { BinaryFile } from './binary-file.ts';
import { readSafetensors } from './safetensors.ts';

const folder = mkdtempSync(join(tmpdir(), 'footnote-safetensors-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function read(bytes: Uint8Array): ReturnType<typeof readSafetensors> {
  const path = join(folder, 'one.safetensors');
  writeFileSync(path, bytes);
  const file = new BinaryFile(path);
  try {
    return readSafetensors(file);
  } finally {
    file.close();
  }
}

describe('safetensors on hostile files', () => {
  const file = (header: string, data = 0): Buffer => {
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(header.length));
    return Buffer.concat([length, Buffer.from(header), Buffer.alloc(data)]);
  };
  test.each([
    ['empty', Buffer.alloc(0)],
    ['a header longer than the file', Buffer.alloc(8, 0xff)],
    ['no JSON', file('{{{{')],
    ['an unknown type', file('{"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}}', 8)],
    ['too few bytes', file('{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}}', 8)],
    ['a range backwards', file('{"a":{"dtype":"I8","shape":[2],"data_offsets":[4,2]}}', 8)],
  ])('%s', (_, bytes) => {
    expect(() => read(bytes)).toThrow(expect.objectContaining({ code: 'model-invalid' }));
  });

  test('values of each type', () => {
    const header = JSON.stringify({
      __metadata__: { made: 'by hand' },
      a: { dtype: 'F32', shape: [1], data_offsets: [0, 4] },
      b: { dtype: 'F16', shape: [2], data_offsets: [4, 8] },
      c: { dtype: 'I8', shape: [1, 1], data_offsets: [8, 9] },
    });
    const bytes = file(header, 9);
    const base = 8 + header.length;
    bytes.writeFloatLE(0.75, base);
    bytes.writeUInt16LE(0x3c00, base + 4);
    bytes.writeUInt16LE(0xc100, base + 6);
    bytes.writeInt8(-128, base + 8);
    const tensors = read(bytes);
    expect([...(tensors.get('a')?.values ?? [])]).toEqual([0.75]);
    expect([...(tensors.get('b')?.values ?? [])]).toEqual([1, -2.5]);
    expect([...(tensors.get('c')?.values ?? [])]).toEqual([-128]);
  });
});
