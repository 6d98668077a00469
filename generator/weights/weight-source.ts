/**
 * What the converter needs of a model's weights, whatever files hold them: named tensors of the types
 * of ggml (F32, F16 and BF16 stand in safetensors and torch files too), read in pieces.
 */
import type { Hash } from 'node:crypto';
import type { FootnoteError } from '../../src/core/errors.ts';
import type { GgmlType } from '../gguf/ggml-type.ts';

export interface WeightTensor {
  readonly name: string;
  readonly type: GgmlType;
  /** Length of a row: the fastest dimension, the input size of a matrix. */
  readonly columns: number;
  /** Product of the other dimensions, the output size of a matrix; 1 for a vector. */
  readonly rows: number;
  readonly bytes: number;
}

export interface WeightSource {
  /** File or folder, for messages. */
  readonly path: string;
  readonly tensors: ReadonlyMap<string, WeightTensor>;
  /** `count` bytes of a tensor from its byte `from`. */
  readTensor(tensor: WeightTensor, from: number, count: number): Uint8Array;
  /** Adds what tells these contents from others. */
  addFingerprint(hash: Hash): void;
  /** An error about these weights. */
  invalid(what: string): FootnoteError;
  close(): void;
}
