/** Reads SentencePiece's `tokenizer.model`: the protobuf of sentencepiece_model.proto. */
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { BinaryFile } from '../../src/runtime/binary-file.ts';
import type { SentencePieces } from './sentencepiece-bpe.ts';

const longestModel = 32 * 1024 * 1024;
const bpeModel = 2;

/** Calls `field` for each field of a message; what it does not read is skipped. */
function eachField(
  bytes: Uint8Array,
  field: (number: number, type: WireType, reader: BinaryReader) => boolean,
): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag();
    if (!field(number, type, reader)) reader.skip(type, number);
  }
}

/**
 * @throws FootnoteError `model-missing`, `model-invalid` (damaged, or not SentencePiece's BPE)
 */
export function readSentencePieceModel(path: string): SentencePieces {
  const file = new BinaryFile(path);
  try {
    if (file.size > longestModel) throw file.invalid('it is too long');
    const pieces: string[] = [];
    const scores: number[] = [];
    const kinds: number[] = [];
    let modelType = 1;
    let addDummyPrefix = true;
    let removeExtraSpaces = true;
    const bytes = file.read(0, file.size);
    try {
      eachField(bytes, (number, type, reader) => {
        if (type !== WireType.LengthDelimited) return false;
        if (number === 1) {
          const [piece, score, kind] = readPiece(reader.bytes());
          pieces.push(piece);
          scores.push(score);
          kinds.push(kind);
        } else if (number === 2) {
          eachField(reader.bytes(), (inner, innerType, trainer) => {
            if (inner !== 3 || innerType !== WireType.Varint) return false;
            modelType = trainer.int32();
            return true;
          });
        } else if (number === 3) {
          eachField(reader.bytes(), (inner, innerType, normaliser) => {
            if ((inner !== 3 && inner !== 4) || innerType !== WireType.Varint) return false;
            if (inner === 3) addDummyPrefix = normaliser.bool();
            else removeExtraSpaces = normaliser.bool();
            return true;
          });
        } else return false;
        return true;
      });
    } catch (error) {
      throw file.invalid(
        `it is no SentencePiece model: ${(error as Error).message.slice(0, 100)} (GLM-4's own tokenizer.model is another format: use its -hf repository)`,
      );
    }
    if (pieces.length === 0) throw file.invalid('it is no SentencePiece model: it has no pieces');
    if (modelType !== bpeModel) {
      throw file.invalid('only SentencePiece models of the kind BPE are supported');
    }
    return { pieces, scores, kinds, addDummyPrefix, removeExtraSpaces };
  } finally {
    file.close();
  }
}

function readPiece(bytes: Uint8Array): [piece: string, score: number, kind: number] {
  let piece = '';
  let score = 0;
  let kind = 1;
  eachField(bytes, (number, type, reader) => {
    if (number === 1 && type === WireType.LengthDelimited) piece = reader.string();
    else if (number === 2 && type === WireType.Bit32) score = reader.float();
    else if (number === 3 && type === WireType.Varint) kind = reader.int32();
    else return false;
    return true;
  });
  return [piece, score, kind];
}
