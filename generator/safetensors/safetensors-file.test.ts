import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { dequantise } from '../gguf/dequantise.ts';
import { ShardedWeights } from '../weights/sharded-weights.ts';
import { SafetensorsFile } from './safetensors-file.ts';
import { safetensorsBytes } from './write-safetensors.ts';

const folder = mkdtempSync(join(tmpdir(), 'footnote-safetensors-'));
const path = join(folder, 'model.safetensors');
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const floats = (...values: number[]): Uint8Array =>
  new Uint8Array(Float32Array.from(values).buffer);
const good = safetensorsBytes({
  a: { dtype: 'F32', shape: [2, 3], data: floats(1, 2, 3, 4, 5, 6) },
  b: { dtype: 'BF16', shape: [2], data: Uint8Array.of(0x80, 0x3f, 0, 0xc0) },
  positions: { dtype: 'I64', shape: [1], data: new Uint8Array(8) },
});

/** The code of the error that reading these bytes gives, or null. */
function codeOf(bytes: Uint8Array): string | null {
  writeFileSync(path, bytes);
  try {
    new SafetensorsFile(path).close();
    return null;
  } catch (error) {
    return (error as { code?: string }).code ?? 'untyped';
  }
}

/** A file with this header and `data` zero bytes behind it. */
function withHeader(header: unknown, data = 0): Buffer {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, Buffer.alloc(data)]);
}
const entry = (dtype: unknown, shape: unknown, begin: unknown, end: unknown): object => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

describe('SafetensorsFile', () => {
  it('reads shapes and values in place, and passes over what is no weight', () => {
    writeFileSync(path, good);
    const file = new SafetensorsFile(path);
    expect([...file.tensors.keys()]).toEqual(['a', 'b']);
    const a = file.tensors.get('a');
    const b = file.tensors.get('b');
    if (a === undefined || b === undefined) throw new Error('missing');
    expect(a).toMatchObject({ rows: 2, columns: 3 });
    expect([...new Float32Array(file.readTensor(a, 12, 12).buffer)]).toEqual([4, 5, 6]);
    const values = new Float32Array(2);
    dequantise(b.type.name, file.readTensor(b, 0, b.bytes), values);
    expect([...values]).toEqual([1, -2]);
    file.close();
  });

  it('refuses lengths that overflow, impossible shapes and places outside the file', () => {
    const hostile: readonly [unknown, number][] = [
      [{ a: entry('F32', [2 ** 60], 0, 4) }, 4],
      [{ a: entry('F32', [2 ** 40, 2 ** 40, 2 ** 40], 0, 4) }, 4],
      [{ a: entry('F32', [1e308, 1e308], 0, 4) }, 4],
      [{ a: entry('F32', [1], 0, 2 ** 60) }, 4],
      [{ a: entry('F32', [1], 4, 8) }, 8],
      [{ a: entry('F32', [1], 8, 4) }, 8],
      [{ a: entry('F32', [-1], 0, 4) }, 4],
      [{ a: entry('F32', [0.5], 0, 2) }, 2],
      [{ a: entry('F32', [1], 0, 4), b: entry('F32', [1], 0, 4) }, 4],
      [{ a: entry('F32', [1], 0, 4), b: entry('F32', [1], 8, 12) }, 12],
      [{ a: entry('F32', [1], 0, 4) }, 8],
      [{ a: entry('Q9', [1], 0, 4) }, 4],
      [{ a: entry('constructor', [1], 0, 4) }, 4],
      [{ a: entry('F32', 'x', 0, 4) }, 4],
      [{ a: null }, 0],
      [[1], 0],
      ['{"a":', 0],
      ['['.repeat(100_000), 0],
      ['\u0000', 0],
    ];
    for (const [header, data] of hostile) {
      expect([JSON.stringify(header).slice(0, 80), codeOf(withHeader(header, data))]).toEqual([
        JSON.stringify(header).slice(0, 80),
        'model-invalid',
      ]);
    }
    const long = Buffer.from(good);
    long.writeBigUInt64LE(2n ** 63n);
    expect(codeOf(long)).toBe('model-invalid');
    expect(() => new SafetensorsFile(join(folder, 'none'))).toThrow(
      expect.objectContaining({ code: 'model-missing' }),
    );
  });

  it('refuses every truncation', () => {
    for (let length = 0; length < good.length; length += 1) {
      expect(codeOf(good.subarray(0, length))).toBe('model-invalid');
    }
  });

  it('never fails in another way, whatever the bytes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(good.length - 1), fc.integer({ min: 0, max: 255 })), {
          minLength: 1,
          maxLength: 8,
        }),
        (changes) => {
          const bytes = Buffer.from(good);
          for (const [at, value] of changes) bytes[at] = value;
          expect([null, 'model-invalid']).toContain(codeOf(bytes));
        },
      ),
      { numRuns: 300 },
    );
    fc.assert(
      fc.property(fc.json(), fc.nat(16), (header, data) => {
        expect([null, 'model-invalid']).toContain(codeOf(withHeader(header, data)));
      }),
      { numRuns: 200 },
    );
  });
});

describe('ShardedWeights', () => {
  const open = (file: string): SafetensorsFile => new SafetensorsFile(file);
  const index = join(folder, 'model.safetensors.index.json');
  const codeOfIndex = (value: unknown): string | null => {
    writeFileSync(index, JSON.stringify(value));
    try {
      new ShardedWeights(index, open).close();
      return null;
    } catch (error) {
      return (error as { code?: string }).code ?? 'untyped';
    }
  };

  it('finds each tensor in its file', () => {
    writeFileSync(path, good);
    const other = safetensorsBytes({ c: { dtype: 'F32', shape: [1], data: floats(7) } });
    writeFileSync(join(folder, 'other.safetensors'), other);
    const weight_map = { a: 'model.safetensors', c: 'other.safetensors' };
    expect(codeOfIndex({ weight_map })).toBe(null);
    const weights = new ShardedWeights(index, open);
    const c = weights.tensors.get('c');
    if (c === undefined) throw new Error('missing');
    expect([...new Float32Array(weights.readTensor(c, 0, 4).buffer)]).toEqual([7]);
    weights.close();
  });

  it('refuses an index that is damaged, points elsewhere, or names a file that is not there', () => {
    writeFileSync(path, good);
    for (const file of ['../model.safetensors', '/etc/passwd', '..', '', 'a\\b', 7, null]) {
      expect(codeOfIndex({ weight_map: { a: file } })).toBe('model-invalid');
    }
    expect(codeOfIndex({})).toBe('model-invalid');
    expect(codeOfIndex([])).toBe('model-invalid');
    expect(codeOfIndex({ weight_map: { a: 'none.safetensors' } })).toBe('model-missing');
  });
});
