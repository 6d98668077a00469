/** Quantises the rows of a matrix into each form and writes them as onnxruntime multiplies them. */
import { FootnoteError } from '../../src/core/errors.ts';
import type { GlmMatrix, GlmWeights } from './glm-weights.ts';
import type { MatrixForm } from './matrix-form.ts';
import { quantiseBlock4, quantiseBlock8 } from './quantise-block.ts';
import type { WeightsWriter } from './weights-writer.ts';

/** Inputs that share a scale in the block forms. */
export const blockValues = 32;

/** Rows handled together, so that the transposed writes stay within a few cache lines. */
const tileRows = 64;

/** Where rows come from; `GlmWeights` is one. */
type RowSource = Pick<GlmWeights, 'forEachRow'>;

/** Writes a matrix of `rows` outputs by `columns` inputs under `name` (scales as `name.scale`). */
export function writeMatrix(
  writer: WeightsWriter,
  weights: RowSource,
  name: string,
  matrix: GlmMatrix,
  form: MatrixForm,
): void {
  switch (form) {
    case 'float32':
    case 'float16': {
      const values = transposed(weights, matrix);
      const { rows, columns } = matrix;
      if (form === 'float32') writer.add(name, 'float', [columns, rows], values);
      else writer.add(name, 'float16', [columns, rows], halvesOf(values));
      return;
    }
    case 'int8':
    case 'int8-tensor':
      writePerChannel(writer, weights, name, matrix, 127);
      return;
    case 'int7':
      writePerChannel(writer, weights, name, matrix, 63);
      return;
    case 'int8-block':
      writeBlocks(writer, weights, name, matrix, 8);
      return;
    case 'int4-block':
      writeBlocks(writer, weights, name, matrix, 4);
  }
}

/** Writes the embedding table row by row: it is looked up, not multiplied. */
export function writeEmbedding(
  writer: WeightsWriter,
  weights: RowSource,
  matrix: GlmMatrix,
  form: MatrixForm,
): void {
  const { rows, columns } = matrix;
  if (form === 'float32' || form === 'float16') {
    const table = new Float32Array(rows * columns);
    weights.forEachRow(matrix, (row, values) => {
      table.set(values, row * columns);
    });
    if (form === 'float32') writer.add('embedding', 'float', [rows, columns], table);
    else writer.add('embedding', 'float16', [rows, columns], halvesOf(table));
    return;
  }
  const table = new Int8Array(rows * columns);
  const scales = quantiseRows(weights, matrix, 127, (first, count, tile) => {
    table.set(tile.subarray(0, count * columns), first * columns);
  });
  writer.add('embedding', 'int8', [rows, columns], table);
  writer.add('embedding.scale', 'float', [rows, 1], scales);
}

function transposed(weights: RowSource, matrix: GlmMatrix): Float32Array {
  const { rows, columns } = matrix;
  const values = new Float32Array(rows * columns);
  weights.forEachRow(matrix, (row, source) => {
    for (let column = 0; column < columns; column += 1) {
      values[column * rows + row] = source[column] as number;
    }
  });
  return values;
}

/**
 * Quantises each row (an output channel) with its own scale: largest magnitude = `limit`.
 * @param visitTile gets `[rows, columns]` tiles of int8 in row order
 */
function quantiseRows(
  weights: RowSource,
  matrix: GlmMatrix,
  limit: number,
  visitTile: (firstRow: number, rows: number, tile: Int8Array) => void,
): Float32Array {
  const { rows, columns } = matrix;
  const scales = new Float32Array(rows);
  const tile = new Int8Array(tileRows * columns);
  weights.forEachRow(matrix, (row, values) => {
    const largest = largestOf(values);
    const scale = largest === 0 ? 1 : largest / limit;
    scales[row] = scale;
    const inverse = 1 / scale;
    const at = (row % tileRows) * columns;
    for (let column = 0; column < columns; column += 1) {
      const value = (values[column] as number) * inverse;
      // Storing truncates: half a step away from zero rounds, several times faster than Math.round.
      tile[at + column] = value < 0 ? value - 0.5 : value + 0.5;
    }
    if (row % tileRows === tileRows - 1 || row === rows - 1) {
      const inTile = (row % tileRows) + 1;
      visitTile(row + 1 - inTile, inTile, tile);
    }
  });
  return scales;
}

function largestOf(values: Float32Array): number {
  let largest = 0;
  for (let column = 0; column < values.length; column += 1) {
    const size = Math.abs(values[column] as number);
    // Written so that a NaN is kept and found below.
    if (!(size <= largest)) largest = size;
  }
  if (!Number.isFinite(largest)) {
    throw new FootnoteError('model-invalid', 'a weight is not a finite number');
  }
  return largest;
}

function writePerChannel(
  writer: WeightsWriter,
  weights: RowSource,
  name: string,
  matrix: GlmMatrix,
  limit: number,
): void {
  const { rows, columns } = matrix;
  const values = new Int8Array(rows * columns);
  const scales = quantiseRows(weights, matrix, limit, (first, count, tile) => {
    for (let column = 0; column < columns; column += 1) {
      const to = column * rows + first;
      for (let row = 0; row < count; row += 1) {
        values[to + row] = tile[row * columns + column] as number;
      }
    }
  });
  writer.add(name, 'int8', [columns, rows], values);
  writer.add(`${name}.scale`, 'float', [rows], scales);
}

/** As MatMulNBits lays it out: `[rows, blocks, bytes]`, the lower nibble first, zero point in the middle. */
function writeBlocks(
  writer: WeightsWriter,
  weights: RowSource,
  name: string,
  matrix: GlmMatrix,
  bits: 4 | 8,
): void {
  const { rows, columns } = matrix;
  const blocks = Math.ceil(columns / blockValues);
  const blockBytes = (blockValues * bits) / 8;
  const packed = new Uint8Array(rows * blocks * blockBytes);
  const scales = new Float32Array(rows * blocks);
  const padded = new Float32Array(blocks * blockValues);
  weights.forEachRow(matrix, (row, values) => {
    largestOf(values);
    padded.set(values);
    for (let block = 0; block < blocks; block += 1) {
      const from = padded.subarray(block * blockValues, (block + 1) * blockValues);
      const at = row * blocks + block;
      const to = packed.subarray(at * blockBytes, (at + 1) * blockBytes);
      scales[at] = bits === 8 ? quantiseBlock8(from, to) : quantiseBlock4(from, to);
    }
  });
  writer.add(name, 'uint8', [rows, blocks, blockBytes], packed);
  writer.add(`${name}.scale`, 'float', [rows * blocks], scales);
}

/** IEEE 754 binary16 bits, rounded to nearest even; too large becomes infinity. */
function halvesOf(values: Float32Array): Uint16Array {
  const halves = new Uint16Array(values.length);
  const float = new Float32Array(1);
  const bits = new Uint32Array(float.buffer);
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index] as number;
    float[0] = value;
    const whole = bits[0] as number;
    const sign = (whole >>> 16) & 0x8000;
    const size = Math.abs(value);
    if (!(size < 65_520)) halves[index] = sign | (Number.isNaN(value) ? 0x7e00 : 0x7c00);
    else if (size < 2 ** -14) {
      // Adding a half's smallest step times 2^23 lets the float unit round the subnormal.
      float[0] = size + 0.5;
      halves[index] = sign | ((bits[0] as number) & 0x7ff);
    } else {
      const even = (whole >>> 13) & 1;
      const rounded = (whole & 0x7fff_ffff) + 0xfff + even;
      halves[index] = sign | ((rounded - (112 << 23)) >>> 13);
    }
  }
  return halves;
}
