/**
 * Weights as onnxruntime's kernels want them, kept in the weights file, so that a session maps them instead
 * of packing a private copy: half the resident memory, and the pages are shared between processes.
 *
 * onnxruntime writes them itself (`session.save_external_prepacked_constant_initializers`); the file that
 * it writes is no model (constants of the loop's body stand in it twice), but its record of where each
 * packed weight stands is sound and goes into ours. On opening, onnxruntime packs each weight all the same
 * and compares a hash of the result with the record: where another processor packs otherwise, the record
 * is not used, and the session has its private copy as before.
 */
import { openSync, closeSync, readFileSync, readSync, rmSync, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { openSession } from '../../src/runtime/onnx-session.ts';
import type { GlmLayout } from './glm-graph.ts';
import type { GlmForm } from './matrix-form.ts';
import { isPerToken } from './smoothing.ts';
import { WeightsWriter, type StoredTensor } from './weights-writer.ts';

/** The kernel whose packed weights come back right; those of MatMulNBits at accuracy_level 4 do not. */
const soundKernel = 'MatMulIntegerToFloat+';

/** Files that exist while packing. */
const modelName = 'packed.onnx';
const weightsName = 'packed.bin';

/** Free space that packing takes for a while, as a share of the weights file. */
const spaceTaken = 3;

interface PackedRecord {
  /** The weight's name. */
  readonly name: string;
  /** Operator and hash of the bytes. */
  readonly kernel: string;
  readonly offset: number;
  readonly length: number;
}

/** Calls `visit` with each length-delimited field of a protobuf message. */
function forEachField(bytes: Uint8Array, visit: (field: number, value: Uint8Array) => void): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (type === WireType.LengthDelimited) visit(field, reader.bytes());
    else reader.skip(type, field);
  }
}

/** What onnxruntime recorded in a model that it saved: ModelProto.graph.initializer.external_data. */
function packedRecords(model: Uint8Array): PackedRecord[] {
  const records: PackedRecord[] = [];
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');
  const readTensor = (tensor: Uint8Array): void => {
    let name = '';
    let record = '';
    forEachField(tensor, (field, value) => {
      if (field === 8) name = text(value);
      if (field !== 13) return;
      const entry = ['', ''];
      forEachField(value, (part, each) => {
        entry[part - 1] = text(each);
      });
      if (entry[0] === 'prepacked_0') record = entry[1] as string;
    });
    const [, kernel, offset, length] = /^(.+)\|(\d+);(\d+);0$/u.exec(record) ?? [];
    if (kernel !== undefined)
      records.push({ name, kernel, offset: Number(offset), length: Number(length) });
  };
  forEachField(model, (field, graph) => {
    if (field !== 7) return;
    forEachField(graph, (part, tensor) => {
      if (part === 5) readTensor(tensor);
    });
  });
  return records;
}

/**
 * Adds packed weights to the weights file of the converted model in `folder`.
 * @returns the layout with them; the same as before where the form has none or the disk has no room
 */
export async function packWeights(
  folder: string,
  form: GlmForm,
  layout: GlmLayout,
): Promise<GlmLayout> {
  const [any] = Object.values(layout);
  if (any === undefined || !isPerToken(form)) return layout;
  const path = join(folder, any.location);
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize < spaceTaken * statSync(path).size) return layout;
  const saved = join(folder, modelName);
  const packed = join(folder, weightsName);
  const writer = new WeightsWriter(path, any.location, statSync(path).size);
  try {
    const session = await openSession(join(folder, 'model.onnx'), {
      threads: 1,
      savePacked: { path: saved, weightsName },
    });
    await session.release();
    const fd = openSync(packed, 'r');
    try {
      const extended: Record<string, StoredTensor> = { ...layout };
      for (const { name, kernel, offset, length } of packedRecords(readFileSync(saved))) {
        const stored = layout[name];
        if (stored === undefined || !kernel.startsWith(soundKernel)) continue;
        const bytes = new Uint8Array(length);
        readSync(fd, bytes, 0, length, offset);
        extended[name] = { ...stored, prepacked: `${kernel}|${writer.append(bytes)};${length};0` };
      }
      return extended;
    } finally {
      closeSync(fd);
    }
  } finally {
    writer.close();
    rmSync(saved, { force: true });
    rmSync(packed, { force: true });
  }
}
