/**
 * The tokenizer that a GGUF file carries: byte-level BPE (`tokenizer.ggml.model` = `gpt2`) through
 * @huggingface/tokenizers, with the pre-tokenizer that `tokenizer.ggml.pre` names. Control tokens are
 * never recognised inside plain text: only the caller's own template parts may contain them.
 */
import { Tokenizer } from '@huggingface/tokenizers';
import type { GgufFile } from '../gguf/gguf-file.ts';

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
const preTokenizers: Readonly<Record<string, readonly object[]>> = {
  qwen2: [split(wordsThen(String.raw`\p{N}`))],
  'chatglm-bpe': [split(wordsThen(String.raw`\p{N}{1,3}`))],
  glm4: [split(wordsThen(String.raw`\p{N}{1,3}`))],
  'llama-bpe': [split(wordsThen(String.raw`\p{N}{1,3}`))],
  smollm: [singleDigits, split(gpt2Words)],
  'gpt-2': [split(gpt2Words)],
};

/** Tokens that end an answer, by name, besides those the metadata names. */
const endNames = [
  '<|im_end|>',
  '<|endoftext|>',
  '<|eot_id|>',
  '<|end_of_text|>',
  '</s>',
  // GLM's next turn: the model hands over to the user or to a tool.
  '<|user|>',
  '<|observation|>',
];

/** GPT-2's reversible map from bytes to printable characters. */
function byteCharacters(): ReadonlyMap<string, number> {
  const map = new Map<string, number>();
  let extra = 256;
  for (let byte = 0; byte < 256; byte += 1) {
    const printable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
    map.set(String.fromCharCode(printable ? byte : extra), byte);
    if (!printable) extra += 1;
  }
  return map;
}

/** A piece of a prompt: the template's own text, or text from elsewhere, which stays plain. */
export interface PromptPart {
  readonly text: string;
  readonly plain: boolean;
}

export class GgufTokenizer {
  readonly stopIds: readonly number[];
  /** The chat template (Jinja), or null where the file has none. */
  readonly chatTemplate: string | null;
  readonly bosToken: string;
  readonly eosToken: string;
  readonly architecture: string;
  readonly #tokens: readonly string[];
  readonly #types: readonly number[];
  readonly #tokenizer: Tokenizer;
  readonly #specials: ReadonlyMap<string, number>;
  readonly #special: RegExp | null;
  readonly #bytes = byteCharacters();
  readonly #bos: number | null;

  /** @throws FootnoteError `model-invalid` for another kind of tokenizer or damaged tables */
  constructor(file: GgufFile) {
    const model = file.text('tokenizer.ggml.model');
    if (model !== 'gpt2') throw file.invalid(`tokenizer '${model}' is not supported (gpt2 is)`);
    const tokens = file.list('tokenizer.ggml.tokens', 'string');
    const merges = file.list('tokenizer.ggml.merges', 'string');
    if (tokens === undefined || merges === undefined) throw file.invalid('no tokenizer tables');
    const types = file.list('tokenizer.ggml.token_type', 'number') ?? tokens.map(() => 1);
    if (types.length !== tokens.length) throw file.invalid('token types do not match the tokens');
    const pre = file.text('tokenizer.ggml.pre') ?? 'gpt-2';
    const preTokenizer = preTokenizers[pre];
    if (preTokenizer === undefined) {
      throw file.invalid(
        `pre-tokenizer '${pre}' is not supported (${Object.keys(preTokenizers).join(', ')} are)`,
      );
    }
    this.#tokens = tokens;
    this.#types = types;
    const vocab: Record<string, number> = Object.create(null) as Record<string, number>;
    const specials = new Map<string, number>();
    tokens.forEach((token, id) => {
      // 3: control, 4: user defined, 5: unused; the rest is ordinary.
      if (types[id] === 3 || types[id] === 4) {
        if (token !== '') specials.set(token, id);
      } else if (types[id] !== 5 && vocab[token] === undefined) vocab[token] = id;
    });
    const pairs = merges.map((merge) => merge.split(' '));
    if (pairs.some((pair) => pair.length !== 2)) throw file.invalid('a merge is not a pair');
    this.#specials = specials;
    const names = [...specials.keys()].sort((a, b) => b.length - a.length);
    this.#special =
      names.length === 0
        ? null
        : new RegExp(
            `(${names.map((name) => name.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|')})`,
            'u',
          );
    this.#tokenizer = new Tokenizer(
      {
        version: '1.0',
        added_tokens: [],
        normalizer: null,
        pre_tokenizer: {
          type: 'Sequence',
          pretokenizers: [
            ...preTokenizer,
            { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false },
          ],
        },
        post_processor: null,
        decoder: {
          type: 'ByteLevel',
          add_prefix_space: false,
          trim_offsets: true,
          use_regex: false,
        },
        model: { type: 'BPE', vocab, merges: pairs, byte_fallback: false, fuse_unk: false },
      },
      { clean_up_tokenization_spaces: false },
    );
    const id = (key: string): number | null => {
      const value = file.number(`tokenizer.ggml.${key}`);
      return value !== undefined && value >= 0 && value < tokens.length ? value : null;
    };
    const stops = new Set<number>();
    for (const key of ['eos_token_id', 'eot_token_id', 'eom_token_id']) {
      const value = id(key);
      if (value !== null) stops.add(value);
    }
    for (const name of endNames) {
      const special = specials.get(name);
      if (special !== undefined) stops.add(special);
    }
    this.stopIds = [...stops];
    this.architecture = file.text('general.architecture') ?? '';
    this.chatTemplate = file.text('tokenizer.chat_template') ?? null;
    const bos = id('bos_token_id');
    this.bosToken = bos === null ? '' : (tokens[bos] ?? '');
    const eos = id('eos_token_id');
    this.eosToken = eos === null ? '' : (tokens[eos] ?? '');
    this.#bos = file.metadata.get('tokenizer.ggml.add_bos_token') === true ? bos : null;
  }

  /** Ids of plain text: control tokens written in it are spelled out, never recognised. */
  encode(text: string): number[] {
    return text === '' ? [] : this.#tokenizer.encode(text, { add_special_tokens: false }).ids;
  }

  /** Ids of a prompt: control tokens count only in the parts that are not plain. */
  encodeParts(parts: readonly PromptPart[]): number[] {
    const ids: number[] = this.#bos === null ? [] : [this.#bos];
    let pending = '';
    const flush = (): void => {
      ids.push(...this.encode(pending));
      pending = '';
    };
    for (const { text, plain } of parts) {
      if (plain || this.#special === null) {
        pending += text;
        continue;
      }
      // A capturing split alternates text and control token.
      text.split(this.#special).forEach((piece, index) => {
        if (index % 2 === 0) {
          pending += piece;
          return;
        }
        flush();
        const special = this.#specials.get(piece) as number;
        // A template that writes the BOS itself must not get a second one.
        if (ids.length === 1 && special === this.#bos) return;
        ids.push(special);
      });
    }
    flush();
    return ids;
  }

  /** The id of a control token by its name, or undefined. */
  specialId(name: string): number | undefined {
    return this.#specials.get(name);
  }

  get size(): number {
    return this.#tokens.length;
  }

  /** The bytes a token stands for; control tokens stand for none. */
  bytesOf(id: number): Uint8Array {
    const token = this.#tokens[id];
    const type = this.#types[id];
    if (token === undefined || type === 3 || type === 5) return new Uint8Array(0);
    if (type === 4) return new TextEncoder().encode(token);
    const bytes: number[] = [];
    for (const character of token) {
      const byte = this.#bytes.get(character);
      if (byte === undefined) bytes.push(...new TextEncoder().encode(character));
      else bytes.push(byte);
    }
    return Uint8Array.from(bytes);
  }

  /** Text of tokens; bytes that are no UTF-8 become U+FFFD. */
  decode(ids: readonly number[]): string {
    const stream = this.decodeStream();
    return stream.push(ids) + stream.end();
  }

  /** Decodes as tokens come, holding back bytes of an unfinished character. */
  decodeStream(): { push(ids: readonly number[]): string; end(): string } {
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
    return {
      push: (ids) => {
        let text = '';
        for (const id of ids) text += decoder.decode(this.bytesOf(id), { stream: true });
        return text;
      },
      end: () => decoder.decode(),
    };
  }
}
