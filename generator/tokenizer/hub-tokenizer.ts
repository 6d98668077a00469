/**
 * The tokenizer of a folder in the hub's layout: `tokenizer.json` (any model that
 * @huggingface/tokenizers knows), `vocab.json` with `merges.txt` (the original GLM's GPT-2 tables), or
 * SentencePiece's `tokenizer.model` (ChatGLM2, ChatGLM3); the chat template of
 * `tokenizer_config.json` or `chat_template.jinja`.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import { FootnoteError } from '../../src/core/errors.ts';
import { BinaryFile } from '../../src/runtime/binary-file.ts';
import { readJsonFile } from '../weights/read-json-file.ts';
import { byteCharacters, byteLevelBytes, byteLevelEncoder, preTokenizers } from './byte-level.ts';
import { ModelTokenizer, type TokenTables } from './model-tokenizer.ts';
import { pieceBytes, pieceKind, SentencePieceBpe } from './sentencepiece-bpe.ts';
import { readSentencePieceModel } from './sentencepiece-model.ts';

type Json = Readonly<Record<string, unknown>>;

const longestTable = 64 * 1024 * 1024;
const longestSettings = 4 * 1024 * 1024;
const mostTokens = 2 ** 24;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const textOr = (value: unknown, other: string): string =>
  typeof value === 'string' ? value : other;

/** What the settings beside the tables say. */
interface Settings {
  readonly invalid: (what: string) => FootnoteError;
  readonly tokenizerConfig: Json;
  /** Ids that `generation_config.json` or `config.json` names as the end. */
  readonly endIds: readonly number[];
  readonly chatTemplate: string | null;
  readonly bosToken: string;
  readonly eosToken: string;
}

/**
 * @param folder holds the files
 * @param config its parsed `config.json`
 * @throws FootnoteError `model-missing` (no tables), `model-invalid` (damaged, or of an unknown kind)
 */
export function hubTokenizer(folder: string, config: Json): ModelTokenizer {
  const settings = readSettings(folder, config);
  const has = (name: string): boolean => existsSync(join(folder, name));
  let tables: TokenTables;
  if (has('tokenizer.json')) tables = fromTokenizerJson(folder, settings);
  else if (has('vocab.json') && has('merges.txt')) tables = fromGpt2(folder, settings);
  else if (has('tokenizer.model')) tables = fromSentencePiece(folder, config, settings);
  else {
    throw new FootnoteError(
      'model-missing',
      `${folder} has no tokenizer: tokenizer.json, vocab.json with merges.txt, or tokenizer.model is needed`,
      { stage: 'generate' },
    );
  }
  return new ModelTokenizer(tables);
}

function readSettings(folder: string, config: Json): Settings {
  const optional = (name: string): Json =>
    existsSync(join(folder, name)) ? readJsonFile(join(folder, name), longestSettings) : {};
  const tokenizerConfig = optional('tokenizer_config.json');
  const specialMap = optional('special_tokens_map.json');
  const generation = optional('generation_config.json');
  const nameOf = (key: string): string => {
    const value = tokenizerConfig[key] ?? specialMap[key];
    return textOr(isObject(value) ? value['content'] : value, '');
  };
  const ends = generation['eos_token_id'] ?? config['eos_token_id'];
  return {
    invalid: (what) =>
      new FootnoteError('model-invalid', `${folder}: ${what}`, { stage: 'generate' }),
    tokenizerConfig,
    endIds: (Array.isArray(ends) ? (ends as readonly unknown[]) : [ends]).filter(
      (id): id is number => typeof id === 'number' && Number.isInteger(id) && id >= 0,
    ),
    chatTemplate: chatTemplate(folder, tokenizerConfig),
    bosToken: nameOf('bos_token'),
    eosToken: nameOf('eos_token'),
  };
}

function chatTemplate(folder: string, tokenizerConfig: Json): string | null {
  const apart = join(folder, 'chat_template.jinja');
  if (existsSync(apart)) {
    const file = new BinaryFile(apart);
    try {
      if (file.size > longestSettings) throw file.invalid('it is too long');
      return new TextDecoder().decode(file.read(0, file.size));
    } finally {
      file.close();
    }
  }
  const { chat_template: value } = tokenizerConfig;
  if (!Array.isArray(value)) return typeof value === 'string' ? value : null;
  const named = (value as readonly unknown[]).filter(isObject);
  const chosen = named.find(({ name }) => name === 'default') ?? named[0];
  return typeof chosen?.['template'] === 'string' ? chosen['template'] : null;
}

/** Ids of special names, the stop tokens among them, and what all kinds have in common. */
function common(
  settings: Settings,
  specials: ReadonlyMap<string, number>,
): Pick<TokenTables, 'specials' | 'stopIds' | 'chatTemplate' | 'bosToken' | 'eosToken'> {
  const eos = specials.get(settings.eosToken);
  return {
    specials,
    stopIds: [...settings.endIds, ...(eos === undefined ? [] : [eos])],
    chatTemplate: settings.chatTemplate,
    bosToken: settings.bosToken,
    eosToken: settings.eosToken,
  };
}

/** An added token's name, id and whether it is a control token; null for an entry that is none. */
function addedToken(
  value: unknown,
): { readonly name: string; readonly id: number; readonly control: boolean } | null {
  if (!isObject(value)) return null;
  const { id, content, special } = value;
  const usable =
    typeof id === 'number' && Number.isInteger(id) && id >= 0 && id < mostTokens && content !== '';
  return usable && typeof content === 'string'
    ? { name: content, id, control: special === true }
    : null;
}

function fromTokenizerJson(folder: string, settings: Settings): TokenTables {
  const json = readJsonFile(join(folder, 'tokenizer.json'), longestTable);
  const { model } = json;
  const vocab: unknown = isObject(model) ? model['vocab'] : undefined;
  const tokens: string[] = [];
  const note = (token: unknown, id: unknown): void => {
    const usable =
      typeof token === 'string' && typeof id === 'number' && Number.isInteger(id) && id >= 0;
    if (!usable || id >= mostTokens) throw settings.invalid('a token of tokenizer.json is odd');
    tokens[id] = token;
  };
  if (Array.isArray(vocab)) {
    (vocab as readonly unknown[]).forEach((pair, id) => {
      note(Array.isArray(pair) ? pair[0] : undefined, id);
    });
  } else if (isObject(vocab)) {
    for (const [token, id] of Object.entries(vocab)) note(token, id);
  } else throw settings.invalid('tokenizer.json has no vocabulary');
  const added = (Array.isArray(json['added_tokens']) ? (json['added_tokens'] as unknown[]) : [])
    .map(addedToken)
    .filter((token) => token !== null);
  const controls = new Set(added.filter(({ control }) => control).map(({ id }) => id));
  const plainAdded = new Set(added.filter(({ control }) => !control).map(({ id }) => id));
  for (const { name, id } of added) tokens[id] = name;
  let tokenizer: Tokenizer;
  try {
    tokenizer = new Tokenizer(
      {
        // What a file may leave out.
        normalizer: null,
        pre_tokenizer: null,
        decoder: null,
        ...json,
        added_tokens: [],
        post_processor: null,
        truncation: null,
        padding: null,
      },
      { clean_up_tokenization_spaces: false },
    );
  } catch (error) {
    throw settings.invalid(`tokenizer.json: ${(error as Error).message.slice(0, 200)}`);
  }
  const stages = JSON.stringify([json['decoder'], json['pre_tokenizer']]);
  const byteLevel = stages.includes('"ByteLevel"');
  const characters = byteCharacters();
  const specials = new Map(added.map(({ name, id }) => [name, id]));
  const bos = specials.get(settings.bosToken);
  return {
    ...common(settings, specials),
    size: tokens.length,
    encode: (text) => tokenizer.encode(text, { add_special_tokens: false }).ids,
    bytesOf: (id) => {
      const token = tokens[id];
      if (token === undefined || controls.has(id)) return new Uint8Array(0);
      if (plainAdded.has(id)) return new TextEncoder().encode(token);
      return byteLevel ? byteLevelBytes(token, characters) : pieceBytes(token);
    },
    prefixIds: bos !== undefined && writesBos(json, settings) ? [bos] : [],
    family: 'hub',
    leadingSpace: !byteLevel,
  };
}

/** Whether the tokenizer's own frame begins with its BOS. */
function writesBos(json: Json, settings: Settings): boolean {
  const { add_bos_token: flag } = settings.tokenizerConfig;
  if (typeof flag === 'boolean') return flag;
  const frame = JSON.stringify(json['post_processor'] ?? null);
  return settings.bosToken !== '' && frame.includes(JSON.stringify(settings.bosToken));
}

/** GPT-2's tables with the control tokens of `added_tokens.json`: the original GLM. */
function fromGpt2(folder: string, settings: Settings): TokenTables {
  const vocab = Object.create(null) as Record<string, number>;
  const tokens: string[] = [];
  for (const [token, id] of Object.entries(
    readJsonFile(join(folder, 'vocab.json'), longestTable),
  )) {
    if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id >= mostTokens) {
      throw settings.invalid('vocab.json: an id is not usable');
    }
    vocab[token] = id;
    tokens[id] = token;
  }
  const file = new BinaryFile(join(folder, 'merges.txt'));
  let lines: string[];
  try {
    if (file.size > longestTable) throw file.invalid('it is too long');
    lines = new TextDecoder().decode(file.read(0, file.size)).split('\n');
  } finally {
    file.close();
  }
  const merges = lines
    .map((line) => line.replace(/\r$/u, ''))
    .filter((line) => line !== '' && !line.startsWith('#version'))
    .map((line) => line.split(' '));
  if (merges.some((pair) => pair.length !== 2)) {
    throw settings.invalid('merges.txt: a merge is not a pair');
  }
  const specials = new Map<string, number>();
  const addedPath = join(folder, 'added_tokens.json');
  const added = existsSync(addedPath) ? readJsonFile(addedPath, longestSettings) : {};
  for (const [name, id] of Object.entries(added)) {
    const token = addedToken({ id, content: name });
    if (token === null) throw settings.invalid('added_tokens.json: an entry is not usable');
    specials.set(name, token.id);
    tokens[token.id] = name;
  }
  const end = vocab['<|endoftext|>'];
  if (end !== undefined) specials.set('<|endoftext|>', end);
  const controls = new Set(specials.values());
  const characters = byteCharacters();
  const glm = specials.has('<|startofpiece|>');
  const idsOf = (...names: readonly string[]): number[] =>
    glm ? names.flatMap((name) => specials.get(name) ?? []) : [];
  return {
    ...common(settings, specials),
    size: tokens.length,
    encode: byteLevelEncoder(vocab, merges, preTokenizers['gpt-2'] ?? []),
    bytesOf: (id) => {
      const token = tokens[id];
      return token === undefined || controls.has(id)
        ? new Uint8Array(0)
        : byteLevelBytes(token, characters);
    },
    // `[CLS] text [gMASK] <|endoftext|> <|startofpiece|>`, as GLM's own tokenizer builds its input.
    prefixIds: idsOf('[CLS]'),
    suffixIds: idsOf('<|endoftext|>', '<|startofpiece|>'),
    family: glm ? 'glm' : 'hub',
    trimmed: glm,
  };
}

/** Names that ChatGLM's own tokenizer adds behind SentencePiece's vocabulary, in order. */
const chatGlmNames = ['[MASK]', '[gMASK]', '[sMASK]', 'sop', 'eop'];
const chatGlm3Names = ['<|system|>', '<|user|>', '<|assistant|>', '<|observation|>'];

function fromSentencePiece(folder: string, config: Json, settings: Settings): TokenTables {
  const pieces = readSentencePieceModel(join(folder, 'tokenizer.model'));
  const specials = new Map<string, number>();
  pieces.kinds.forEach((kind, id) => {
    if (kind === pieceKind.control) specials.set(pieces.pieces[id] as string, id);
  });
  const chatglm = config['model_type'] === 'chatglm';
  const named = `${textOr(config['_name_or_path'], '')} ${settings.chatTemplate ?? ''} ${JSON.stringify(settings.tokenizerConfig['added_tokens_decoder'] ?? null)}`;
  const third = /chatglm3|<\|user\|>/u.test(named);
  const names = chatglm ? [...chatGlmNames, ...(third ? chatGlm3Names : [])] : [];
  names.forEach((name, index) => {
    specials.set(name, pieces.pieces.length + index);
  });
  const bpe = new SentencePieceBpe(pieces);
  const idsOf = (...list: readonly string[]): number[] =>
    list.flatMap((name) => specials.get(name) ?? []);
  return {
    ...common(settings, specials),
    size: pieces.pieces.length + names.length,
    encode: (text) => bpe.encode(text),
    bytesOf: (id) => {
      const kind = pieces.kinds[id];
      return kind === pieceKind.normal || kind === pieceKind.byte || kind === pieceKind.user
        ? pieceBytes(pieces.pieces[id] as string)
        : new Uint8Array(0);
    },
    prefixIds: chatglm ? idsOf('[gMASK]', 'sop') : idsOf(settings.bosToken || '<s>'),
    family: chatglm ? (third ? 'chatglm3' : 'chatglm2') : 'hub',
    leadingSpace: true,
  };
}
