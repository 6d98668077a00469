import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { FootnoteError } from '../../src/core/errors.ts';
import { GgufFile } from './gguf-file.ts';
import { ggufBytes } from './write-gguf.ts';

const folder = mkdtempSync(join(tmpdir(), 'footnote-gguf-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const path = join(folder, 'model.gguf');
const good = ggufBytes(
  {
    'general.architecture': 'llama',
    'a.number': 7,
    'a.half': 0.5,
    'a.list': ['x', '中文'],
    'a.flag': true,
  },
  [
    {
      name: 'one',
      dims: [4, 2],
      typeId: 0,
      data: new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8).buffer),
    },
    { name: 'two', dims: [32], typeId: 8, data: new Uint8Array(34) },
  ],
);

/** Opens bytes as a file; returns the error's code, or null where it opened. */
function codeOf(bytes: Uint8Array): string | null {
  writeFileSync(path, bytes);
  try {
    new GgufFile(path).close();
    return null;
  } catch (error) {
    if (error instanceof FootnoteError) return error.code;
    throw error;
  }
}

/** A copy with an unsigned 64-bit number put at the first place after `name`, plus `skip` bytes. */
function with64(name: string, skip: number, value: bigint): Buffer {
  const bytes = Buffer.from(good);
  bytes.writeBigUInt64LE(value, bytes.indexOf(name) + name.length + skip);
  return bytes;
}

describe('GgufFile', () => {
  it('reads metadata, shapes and bytes', () => {
    writeFileSync(path, good);
    const file = new GgufFile(path);
    expect(file.text('general.architecture')).toBe('llama');
    expect(file.number('a.number')).toBe(7);
    expect(file.number('a.half')).toBe(0.5);
    expect(file.list('a.list', 'string')).toEqual(['x', '中文']);
    const one = file.tensors.get('one');
    expect(one).toMatchObject({ rows: 2, columns: 4, bytes: 32 });
    const bytes = file.read(one?.offset ?? 0, 32);
    expect([...new Float32Array(bytes.buffer)]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    file.close();
  });

  it('refuses lengths that overflow, impossible shapes and offsets past the end', () => {
    const huge = 2n ** 60n;
    // After the name: rank (4 bytes), dimensions (8 each), type (4), offset (8).
    expect(codeOf(with64('one', 4, huge))).toBe('model-invalid');
    expect(codeOf(with64('one', 4, 0n))).toBe('model-invalid');
    expect(codeOf(with64('one', 12, 2n ** 31n))).toBe('model-invalid');
    expect(codeOf(with64('one', 24, huge))).toBe('model-invalid');
    expect(codeOf(with64('one', 24, BigInt(good.length)))).toBe('model-invalid');
    // After the key: type (4), item type (4), count (8).
    expect(codeOf(with64('a.list', 8, huge))).toBe('model-invalid');
    expect(codeOf(with64('a.list', 8, 3_000_000n))).toBe('model-invalid');
    const counts = Buffer.from(good);
    counts.writeBigUInt64LE(2n ** 63n, 8);
    expect(codeOf(counts)).toBe('model-invalid');
  });

  it('refuses every truncation', () => {
    for (let length = 0; length < good.length - 32; length += 7) {
      expect(codeOf(good.subarray(0, length))).toBe('model-invalid');
    }
  });

  it('never fails in another way, whatever the bytes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(good.length - 1), fc.integer({ min: 0, max: 255 })), {
          minLength: 1,
          maxLength: 12,
        }),
        (changes) => {
          const bytes = Buffer.from(good);
          for (const [at, value] of changes) bytes[at] = value;
          expect([null, 'model-invalid']).toContain(codeOf(bytes));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('names a file that is not there', () => {
    expect(() => new GgufFile(join(folder, 'none.gguf'))).toThrow(
      expect.objectContaining({ code: 'model-missing' }),
    );
  });
});
