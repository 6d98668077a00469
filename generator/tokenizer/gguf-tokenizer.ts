/**
 * The tokenizer that a GGUF file carries: byte-level BPE (`tokenizer.ggml.model` = `gpt2`) with the
 * pre-tokenizer that `tokenizer.ggml.pre` names, or SentencePiece's BPE (`llama`: ChatGLM2, ChatGLM3,
 * Llama 2).
 */
import type { GgufFile } from '../gguf/gguf-file.ts';
import { byteCharacters, byteLevelBytes, byteLevelEncoder, preTokenizers } from './byte-level.ts';
import { ModelTokenizer, type TokenTables } from './model-tokenizer.ts';
import { pieceBytes, pieceKind, SentencePieceBpe } from './sentencepiece-bpe.ts';

/** @throws FootnoteError `model-invalid` for another kind of tokenizer or damaged tables */
export function ggufTokenizer(file: GgufFile): ModelTokenizer {
  const model = file.text('tokenizer.ggml.model');
  const tokens = file.list('tokenizer.ggml.tokens', 'string');
  if (tokens === undefined) throw file.invalid('no tokenizer tables');
  const types = file.list('tokenizer.ggml.token_type', 'number') ?? tokens.map(() => 1);
  if (types.length !== tokens.length) throw file.invalid('token types do not match the tokens');
  const specials = new Map<string, number>();
  tokens.forEach((token, id) => {
    const special = types[id] === pieceKind.control || types[id] === pieceKind.user;
    if (special && token !== '') specials.set(token, id);
  });
  const id = (key: string): number | null => {
    const value = file.number(`tokenizer.ggml.${key}`);
    return value !== undefined && value >= 0 && value < tokens.length ? value : null;
  };
  const nameOf = (key: string): string => tokens[id(key) ?? -1] ?? '';
  const bos = id('bos_token_id');
  const common = {
    size: tokens.length,
    specials,
    stopIds: ['eos_token_id', 'eot_token_id', 'eom_token_id'].flatMap((key) => id(key) ?? []),
    chatTemplate: file.text('tokenizer.chat_template') ?? null,
    bosToken: nameOf('bos_token_id'),
    eosToken: nameOf('eos_token_id'),
  };
  const addBos = file.metadata.get('tokenizer.ggml.add_bos_token');
  const architecture = file.text('general.architecture') ?? '';
  switch (model) {
    case 'gpt2':
      return new ModelTokenizer({
        ...common,
        ...byteLevel(file, tokens, types),
        prefixIds: addBos === true && bos !== null ? [bos] : [],
        family: architecture,
      });
    case 'llama': {
      const scores = file.list('tokenizer.ggml.scores', 'number');
      if (scores?.length !== tokens.length) throw file.invalid('scores do not match the tokens');
      // ChatGLM3 and ChatGLM2 begin each text with these two, which no key of the file says.
      const frame = ['[gMASK]', 'sop'].flatMap((name) => specials.get(name) ?? []);
      const chatglm = frame.length === 2;
      return new ModelTokenizer({
        ...common,
        encode: sentencePieces(file, tokens, scores, types),
        bytesOf: (token) => {
          const kind = types[token];
          return kind === pieceKind.normal || kind === pieceKind.byte || kind === pieceKind.user
            ? pieceBytes(tokens[token] ?? '')
            : new Uint8Array(0);
        },
        prefixIds: chatglm ? frame : addBos !== false && bos !== null ? [bos] : [],
        family: chatglm ? (specials.has('<|user|>') ? 'chatglm3' : 'chatglm2') : architecture,
        leadingSpace: true,
      });
    }
    default:
      throw file.invalid(
        `tokenizer '${(model ?? '').slice(0, 40)}' is not supported (gpt2 and llama are)`,
      );
  }
}

function byteLevel(
  file: GgufFile,
  tokens: readonly string[],
  types: readonly number[],
): Pick<TokenTables, 'encode' | 'bytesOf'> {
  const merges = file.list('tokenizer.ggml.merges', 'string');
  if (merges === undefined) throw file.invalid('no tokenizer tables');
  const pre = file.text('tokenizer.ggml.pre') ?? 'gpt-2';
  const preTokenizer = Object.hasOwn(preTokenizers, pre) ? preTokenizers[pre] : undefined;
  if (preTokenizer === undefined) {
    throw file.invalid(
      `pre-tokenizer '${pre.slice(0, 40)}' is not supported (${Object.keys(preTokenizers).join(', ')} are)`,
    );
  }
  const vocab = Object.create(null) as Record<string, number>;
  const apart: readonly (number | undefined)[] = [
    pieceKind.control,
    pieceKind.user,
    pieceKind.unused,
  ];
  tokens.forEach((token, id) => {
    if (!apart.includes(types[id]) && vocab[token] === undefined) vocab[token] = id;
  });
  const pairs = merges.map((merge) => merge.split(' '));
  if (pairs.some((pair) => pair.length !== 2)) throw file.invalid('a merge is not a pair');
  const characters = byteCharacters();
  return {
    encode: byteLevelEncoder(vocab, pairs, preTokenizer),
    bytesOf: (id) => {
      const token = tokens[id];
      const type = types[id];
      if (token === undefined || type === pieceKind.control || type === pieceKind.unused) {
        return new Uint8Array(0);
      }
      if (type === pieceKind.user) return new TextEncoder().encode(token);
      return byteLevelBytes(token, characters);
    },
  };
}

function sentencePieces(
  file: GgufFile,
  tokens: readonly string[],
  scores: readonly number[],
  types: readonly number[],
): (text: string) => number[] {
  const bpe = new SentencePieceBpe({
    pieces: tokens,
    scores,
    kinds: types,
    addDummyPrefix: file.metadata.get('tokenizer.ggml.add_space_prefix') !== false,
    removeExtraSpaces: file.metadata.get('tokenizer.ggml.remove_extra_whitespaces') === true,
  });
  return (text) => bpe.encode(text);
}
