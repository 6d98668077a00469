import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { readStateDict } from './read-state-dict.ts';
import { TorchArchive } from './torch-archive.ts';

const folder = mkdtempSync(join(tmpdir(), 'footnote-torch-'));
const path = join(folder, 'pytorch_model.bin');
/** Written by torch itself, see golden/make-goldens.py. */
const good = readFileSync(new URL('../golden/chatglm3/pytorch_model.bin', import.meta.url));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** The code of the error that reading these bytes gives, or null. */
function codeOf(bytes: Uint8Array): string | null {
  writeFileSync(path, bytes);
  try {
    new TorchArchive(path).close();
    return null;
  } catch (error) {
    return (error as { code?: string }).code ?? `untyped: ${(error as Error).message}`;
  }
}

const bytesOf = (...parts: readonly (string | number)[]): Uint8Array =>
  Buffer.concat(
    parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.of(part))),
  );

describe('TorchArchive', () => {
  it('reads what torch wrote', () => {
    writeFileSync(path, good);
    const file = new TorchArchive(path);
    const fused = file.tensors.get(
      'transformer.encoder.layers.1.self_attention.query_key_value.weight',
    );
    expect(fused).toMatchObject({ rows: 128, columns: 16, bytes: 4096 });
    expect(file.tensors.size).toBe(17);
    file.close();
  });

  it('refuses every truncation', () => {
    for (let length = 0; length < good.length; length += 61) {
      expect(codeOf(good.subarray(0, length))).toBe('model-invalid');
    }
  });

  it('refuses an archive whose directory points elsewhere', () => {
    const end = good.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]));
    const entry = good.indexOf(Buffer.from([0x50, 0x4b, 0x01, 0x02]));
    for (const at of [end + 12, end + 16, entry + 20, entry + 24, entry + 42]) {
      const bytes = Buffer.from(good);
      bytes.writeUInt32LE(0xff_ff_ff_ff, at);
      // Where torch wrote a zip64 record too, that one has the say.
      expect([null, 'model-invalid']).toContain(codeOf(bytes));
    }
    const compressed = Buffer.from(good);
    compressed.writeUInt16LE(8, entry + 10);
    expect(codeOf(compressed)).toBe('model-invalid');
    const wide = good.lastIndexOf(Buffer.from([0x50, 0x4b, 0x06, 0x06]));
    for (const at of [wide + 32, wide + 40, wide + 48]) {
      const bytes = Buffer.from(good);
      bytes.writeBigUInt64LE(2n ** 60n, at);
      expect(codeOf(bytes)).toBe('model-invalid');
    }
  });

  it('never fails in another way, whatever the bytes', () => {
    // Changes in the pickle and in the directory, where they matter.
    const pickle = good.indexOf('data.pkl');
    const directory = good.indexOf(Buffer.from([0x50, 0x4b, 0x01, 0x02]));
    const place = fc.oneof(
      fc.integer({ min: pickle, max: pickle + 1500 }),
      fc.integer({ min: directory, max: good.length - 1 }),
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(place, fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 6 }),
        (changes) => {
          const bytes = Buffer.from(good);
          for (const [at, value] of changes) bytes[at] = value;
          expect([null, 'model-invalid']).toContain(codeOf(bytes));
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('readStateDict', () => {
  it('refuses pickles that would run code', () => {
    const call = (module: string, name: string): Uint8Array =>
      bytesOf(0x80, 2, `c${module}\n${name}\n`, 'X', 2, 0, 0, 0, 'ls', 0x85, 'R', '.');
    for (const [module, name] of [
      ['os', 'system'],
      ['posix', 'system'],
      ['builtins', 'eval'],
      ['torch', 'load'],
      ['torch.storage', '_load_from_bytes'],
      ['torch', 'x'.repeat(500)],
    ] as const) {
      expect(() => readStateDict(call(module, name))).toThrow(/not allowed|does not end/u);
    }
    // The same by STACK_GLOBAL, INST, OBJ, EXT1 and NEWOBJ.
    expect(() =>
      readStateDict(bytesOf(0x80, 4, 0x8c, 2, 'os', 0x8c, 6, 'system', 0x93, '.')),
    ).toThrow(/not allowed/u);
    for (const opcode of ['i', 'o', '\u0082', '\u0081', '\u0092', 'P', 'S', '0']) {
      expect(() => readStateDict(bytesOf(0x80, 2, '(', opcode, '.'))).toThrow(/not allowed/u);
    }
  });

  it('refuses lengths past the end, loops of the memo and values without end', () => {
    expect(() => readStateDict(bytesOf('X', 255, 255, 255, 255))).toThrow(/too early/u);
    expect(() => readStateDict(bytesOf('h', 7, '.'))).toThrow(/never kept/u);
    expect(() => readStateDict(Buffer.alloc(3_000_000, ']'))).toThrow(/too many/u);
    expect(() => readStateDict(bytesOf('N', '.'))).toThrow(/no dictionary/u);
    // A list that holds itself must not be followed.
    expect(
      readStateDict(bytesOf('}', 'X', 1, 0, 0, 0, 'a', ']', 'q', 0, 'h', 0, 'a', 's', '.')).size,
    ).toBe(0);
  });

  it('never fails in another way, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          readStateDict(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
          expect(error).not.toBeInstanceOf(RangeError);
        }
      }),
      { numRuns: 500 },
    );
  });
});
