/** Byte-level BPE (GPT-2's): printable stand-ins for bytes, and pre-tokenizers by their GGUF names. */
import { Tokenizer } from '@huggingface/tokenizers';

const contractions = String.raw`(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])`;
const wordsThen = (digits: string): string =>
  String.raw`${contractions}|[^\r\n\p{L}\p{N}]?\p{L}+|${digits}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`;
const gpt2Words = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`;

const split = (pattern: string): object => ({
  type: 'Split',
  pattern: { Regex: pattern },
  behavior: 'Isolated',
  invert: false,
});
const singleDigits = { type: 'Digits', individual_digits: true };

/** Pre-tokenizers by their GGUF names, as llama.cpp's table of the same names splits text. */
export const preTokenizers: Readonly<Record<string, readonly object[]>> = {
  qwen2: [split(wordsThen(String.raw`\p{N}`))],
  'chatglm-bpe': [split(wordsThen(String.raw`\p{N}{1,3}`))],
  glm4: [split(wordsThen(String.raw`\p{N}{1,3}`))],
  'llama-bpe': [split(wordsThen(String.raw`\p{N}{1,3}`))],
  smollm: [singleDigits, split(gpt2Words)],
  'gpt-2': [split(gpt2Words)],
};

/** GPT-2's reversible map from printable characters to bytes. */
export function byteCharacters(): ReadonlyMap<string, number> {
  const map = new Map<string, number>();
  let extra = 256;
  for (let byte = 0; byte < 256; byte += 1) {
    const printable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
    map.set(String.fromCharCode(printable ? byte : extra), byte);
    if (!printable) extra += 1;
  }
  return map;
}

const stage = {
  type: 'ByteLevel',
  add_prefix_space: false,
  trim_offsets: true,
  use_regex: false,
};

/** The encoder of a byte-level BPE's tables; control tokens in the text are spelled out. */
export function byteLevelEncoder(
  vocab: Readonly<Record<string, number>>,
  merges: readonly (readonly string[])[],
  preTokenizer: readonly object[],
): (text: string) => number[] {
  const tokenizer = new Tokenizer(
    {
      version: '1.0',
      added_tokens: [],
      normalizer: null,
      pre_tokenizer: { type: 'Sequence', pretokenizers: [...preTokenizer, stage] },
      post_processor: null,
      decoder: stage,
      model: { type: 'BPE', vocab, merges, byte_fallback: false, fuse_unk: false },
    },
    { clean_up_tokenization_spaces: false },
  );
  return (text) => tokenizer.encode(text, { add_special_tokens: false }).ids;
}

/** The bytes that each token of a byte-level BPE stands for. */
export function byteLevelBytes(token: string, characters: ReadonlyMap<string, number>): Uint8Array {
  const bytes: number[] = [];
  for (const character of token) {
    const byte = characters.get(character);
    if (byte === undefined) bytes.push(...new TextEncoder().encode(character));
    else bytes.push(byte);
  }
  return Uint8Array.from(bytes);
}
