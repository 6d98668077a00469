/**
 * Reads `multilingual-e5-small` from the 4-bit `E5S1` file (all little endian): a header, the
 * SentencePiece unigram pieces and their scores, the normaliser's table, then named tensors, as f32 or
 * as Q4_0 blocks (32 weights: an f16 scale, 16 bytes whose low nibbles are weights 0-15 and high
 * nibbles 16-31, minus 8). Every length and offset is checked before it is used.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { FootnoteError } from '../../core/errors.ts';
import { halfValues } from '../half-float.ts';

export interface E5Shape {
  readonly hidden: number;
  readonly layers: number;
  readonly heads: number;
  readonly ffn: number;
  readonly vocab: number;
  readonly positions: number;
  readonly epsilon: number;
}

export interface E5Vocabulary {
  readonly pieces: readonly string[];
  readonly scores: readonly number[];
  readonly bos: number;
  readonly eos: number;
  readonly pad: number;
  readonly unk: number;
  /** Code point to its replacement, as the SentencePiece normaliser has it (close to NFKC). */
  readonly normaliser: ReadonlyMap<number, string>;
}

interface Tensor {
  readonly quantised: boolean;
  readonly count: number;
  readonly offset: number;
}

const BLOCK = 32;
const BLOCK_BYTES = 18;
const MAX_FILE_BYTES = 1 << 30;

const invalid = (message: string): FootnoteError =>
  new FootnoteError('model-invalid', `e5 weights: ${message}`, { stage: 'rank' });

/** Reads forward and refuses to step past the end. */
class Cursor {
  readonly #bytes: Buffer;
  offset = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  take(length: number): Buffer {
    const end = this.offset + length;
    if (!Number.isSafeInteger(end) || length < 0 || end > this.#bytes.length) {
      throw invalid(`cut short: ${length} bytes wanted at ${this.offset}`);
    }
    const part = this.#bytes.subarray(this.offset, end);
    this.offset = end;
    return part;
  }

  u8 = (): number => this.take(1).readUInt8();
  u16 = (): number => this.take(2).readUInt16LE();
  u32 = (): number => this.take(4).readUInt32LE();
  f32 = (): number => this.take(4).readFloatLE();
  u64 = (): number => Number(this.take(8).readBigUInt64LE());

  /** A signed integer within bounds. */
  i32(name: string, least: number, most: number): number {
    const value = this.take(4).readInt32LE();
    if (value < least || value > most) throw invalid(`${name} is ${value}`);
    return value;
  }
}

/** The file's contents, with tensors decoded on demand. */
export class E5Weights {
  readonly shape: E5Shape;
  readonly vocabulary: E5Vocabulary;
  readonly #bytes: Buffer;
  readonly #tensors: ReadonlyMap<string, Tensor>;
  #sha256: string | undefined;

  /** @throws FootnoteError `model-invalid` when any count, length or offset does not fit. */
  constructor(bytes: Buffer) {
    const cursor = new Cursor(bytes);
    if (cursor.take(4).toString('latin1') !== 'E5S1') throw invalid('the magic is not E5S1');
    const version = cursor.u32();
    if (version !== 1) throw invalid(`version ${version} is not known`);
    this.#bytes = bytes;
    this.shape = readShape(cursor);
    this.vocabulary = readVocabulary(cursor, this.shape.vocab);
    this.#tensors = readTensors(cursor, bytes.length);
    this.#checkTensors();
  }

  /** Hash of the whole file, hexadecimal; what conversions are keyed by. */
  sha256(): string {
    this.#sha256 ??= createHash('sha256').update(this.#bytes).digest('hex');
    return this.#sha256;
  }

  /** All values of a tensor as f32. @throws FootnoteError `model-invalid` when it is missing. */
  tensor(name: string): Float32Array {
    const { count } = this.#find(name);
    return this.slice(name, 0, count);
  }

  /** Values `start` to `start + length` of a tensor, as f32; whole blocks only for Q4_0. */
  slice(name: string, start: number, length: number): Float32Array {
    const tensor = this.#find(name);
    if (start < 0 || length < 0 || start + length > tensor.count) {
      throw invalid(`${name} has no values ${start} to ${start + length}`);
    }
    const values = new Float32Array(length);
    if (tensor.quantised) this.#dequantise(tensor, start, values);
    else {
      for (let index = 0; index < length; index += 1) {
        values[index] = this.#bytes.readFloatLE(tensor.offset + 4 * (start + index));
      }
    }
    return values;
  }

  #find(name: string): Tensor {
    const tensor = this.#tensors.get(name);
    if (tensor === undefined) throw invalid(`the tensor ${name} is missing`);
    return tensor;
  }

  #dequantise(tensor: Tensor, start: number, values: Float32Array): void {
    const bytes = this.#bytes;
    const half = halfValues();
    let at = tensor.offset + (start / BLOCK) * BLOCK_BYTES;
    for (let index = 0; index < values.length; index += BLOCK, at += BLOCK_BYTES) {
      const scale = half[(bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8)] ?? 0;
      for (let pair = 0; pair < 16; pair += 1) {
        const byte = bytes[at + 2 + pair] ?? 0;
        values[index + pair] = ((byte & 15) - 8) * scale;
        values[index + pair + 16] = ((byte >> 4) - 8) * scale;
      }
    }
  }

  #checkTensors(): void {
    const { hidden, layers, ffn, vocab, positions } = this.shape;
    const expect = (name: string, count: number): void => {
      const actual = this.#find(name).count;
      if (actual !== count) throw invalid(`${name} has ${actual} values, not ${count}`);
    };
    expect('emb.word', vocab * hidden);
    expect('emb.pos', positions * hidden);
    for (const name of ['emb.ln.w', 'emb.ln.b']) expect(name, hidden);
    if (this.#find('emb.type').count < hidden) throw invalid('emb.type is too short');
    for (let layer = 0; layer < layers; layer += 1) {
      for (const part of ['q', 'k', 'v', 'ao']) {
        expect(`l${layer}.${part}.w`, hidden * hidden);
        expect(`l${layer}.${part}.b`, hidden);
      }
      for (const part of ['fi', 'fo']) expect(`l${layer}.${part}.w`, hidden * ffn);
      expect(`l${layer}.fi.b`, ffn);
      for (const part of ['fo.b', 'aln.w', 'aln.b', 'oln.w', 'oln.b']) {
        expect(`l${layer}.${part}`, hidden);
      }
    }
  }
}

/** Reads and checks a file. @throws FootnoteError `model-missing` or `model-invalid`. */
export async function readE5Weights(path: string): Promise<E5Weights> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw new FootnoteError('model-missing', `e5 weights: ${(error as Error).message}`, {
      stage: 'rank',
      cause: error,
    });
  });
  if (bytes.length > MAX_FILE_BYTES) throw invalid(`the file has ${bytes.length} bytes`);
  return new E5Weights(bytes);
}

function readShape(cursor: Cursor): E5Shape {
  const shape = {
    hidden: cursor.i32('hidden', BLOCK, 4096),
    layers: cursor.i32('layers', 1, 96),
    heads: cursor.i32('heads', 1, 128),
    ffn: cursor.i32('ffn', BLOCK, 32768),
    vocab: cursor.i32('vocab', 1, 2_000_000),
    positions: cursor.i32('positions', 1, 32768),
  };
  cursor.i32('type vocab', 1, 64);
  const epsilon = cursor.f32();
  if (!(epsilon > 0 && epsilon < 1e-2)) throw invalid(`epsilon is ${epsilon}`);
  cursor.i32('block', BLOCK, BLOCK);
  if (shape.hidden % shape.heads !== 0 || shape.hidden % BLOCK !== 0 || shape.ffn % BLOCK !== 0) {
    throw invalid('hidden, heads and ffn do not fit together');
  }
  return { ...shape, epsilon };
}

function readVocabulary(cursor: Cursor, vocab: number): E5Vocabulary {
  const count = cursor.i32('pieces', 1, vocab);
  const [bos, eos, pad, unk] = ['bos', 'eos', 'pad', 'unk'].map((name) =>
    cursor.i32(name, 0, count - 1),
  ) as [number, number, number, number];
  const blobLength = cursor.u64();
  const offsetBytes = cursor.take(4 * (count + 1));
  const scoreBytes = cursor.take(4 * count);
  const blob = cursor.take(blobLength);
  const pieces: string[] = [];
  const scores: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const from = offsetBytes.readUInt32LE(4 * index);
    const to = offsetBytes.readUInt32LE(4 * index + 4);
    if (from > to || to > blob.length) throw invalid(`piece ${index} lies outside the blob`);
    pieces.push(blob.toString('utf8', from, to));
    const score = scoreBytes.readFloatLE(4 * index);
    if (!Number.isFinite(score)) throw invalid(`the score of piece ${index} is ${score}`);
    scores.push(score);
  }
  return { pieces, scores, bos, eos, pad, unk, normaliser: readNormaliser(cursor) };
}

function readNormaliser(cursor: Cursor): ReadonlyMap<number, string> {
  const count = cursor.i32('norm entries', 0, 1_200_000);
  const end = cursor.u32() + cursor.offset;
  const normaliser = new Map<number, string>();
  for (let index = 0; index < count; index += 1) {
    const codePoint = cursor.u32();
    const length = cursor.u8();
    let replacement = '';
    for (let part = 0; part < length; part += 1) {
      const value = cursor.u32();
      if (value > 0x10ffff) throw invalid(`norm entry ${index} holds no code point`);
      replacement += String.fromCodePoint(value);
    }
    normaliser.set(codePoint, replacement);
  }
  if (cursor.offset !== end) throw invalid("the normaliser's length is wrong");
  return normaliser;
}

function readTensors(cursor: Cursor, fileLength: number): ReadonlyMap<string, Tensor> {
  const count = cursor.i32('tensors', 1, 10_000);
  const tensors = new Map<string, Tensor>();
  for (let index = 0; index < count; index += 1) {
    const name = cursor.take(cursor.u16()).toString('utf8');
    const type = cursor.u8();
    const values = cursor.u32();
    const offset = cursor.u64();
    const bytes = cursor.u64();
    if (type > 1) throw invalid(`${name} has the unknown type ${type}`);
    if (type === 1 && values % BLOCK !== 0) throw invalid(`${name} has no whole blocks`);
    const expected = type === 1 ? (values / BLOCK) * BLOCK_BYTES : 4 * values;
    if (bytes !== expected) throw invalid(`${name} has ${bytes} bytes, not ${expected}`);
    if (!Number.isSafeInteger(offset) || offset + bytes > fileLength) {
      throw invalid(`${name} ends past the file`);
    }
    tensors.set(name, { quantised: type === 1, count: values, offset });
  }
  return tensors;
}
