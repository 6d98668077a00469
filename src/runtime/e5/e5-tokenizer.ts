/**
 * SentencePiece unigram tokens of the e5 vocabulary (Kudo 2018: the segmentation with the greatest sum
 * of piece scores, by Viterbi). `@huggingface/tokenizers` gives the same ids (a test compares them),
 * but takes seconds to load a vocabulary of 250,000 pieces; this takes a tenth of a second.
 */
import type { E5Vocabulary } from './e5-weights.ts';

/** Longest text that is tokenised at once, in code units: far more than the model can read. */
const MAX_LENGTH = 4_000;
const MAX_PIECE = 24;
const UNKNOWN_PENALTY = 10;

/** Tokens of a text; offsets are UTF-16 code units of it, half open. */
export interface TokensWithOffsets {
  readonly ids: number[];
  readonly starts: number[];
  readonly ends: number[];
}

/** Embedder and cross-encoder in one process share the index of 250,000 pieces. */
const made = new WeakMap<E5Vocabulary, E5Tokenizer>();

export class E5Tokenizer {
  readonly bos: number;
  readonly eos: number;
  readonly #unk: number;
  readonly #ids = new Map<string, number>();
  readonly #scores: readonly number[];
  readonly #unknownScore: number;
  readonly #normaliser: ReadonlyMap<number, string>;

  /** The one tokenizer of a vocabulary. */
  static of(vocabulary: E5Vocabulary): E5Tokenizer {
    const known = made.get(vocabulary) ?? new E5Tokenizer(vocabulary);
    made.set(vocabulary, known);
    return known;
  }

  constructor(vocabulary: E5Vocabulary) {
    this.bos = vocabulary.bos;
    this.eos = vocabulary.eos;
    this.#unk = vocabulary.unk;
    this.#scores = vocabulary.scores;
    this.#normaliser = vocabulary.normaliser;
    let least = 0;
    vocabulary.pieces.forEach((piece, id) => {
      least = Math.min(least, vocabulary.scores[id] ?? 0);
      if (!/^<.+>$/u.test(piece)) this.#ids.set(piece, id);
    });
    this.#unknownScore = least - UNKNOWN_PENALTY;
  }

  /** Token ids without `<s>` and `</s>`; only the first 4,000 code units of the text are read. */
  encode(text: string): number[] {
    const ids: number[] = [];
    for (const word of this.normalise(text.slice(0, MAX_LENGTH)).split(' ')) {
      if (word !== '') this.#encodeWord(`▁${word}`, ids);
    }
    return ids;
  }

  /**
   * Token ids with the code units of `text` that each token stands for: `starts[i]` to `ends[i]`. Same
   * ids as `encode`, but for the rare text whose composed form reaches across letters.
   */
  encodeWithOffsets(text: string): TokensWithOffsets {
    const result: TokensWithOffsets = { ids: [], starts: [], ends: [] };
    let word = '';
    let starts: number[] = [];
    let ends: number[] = [];
    const flush = (): void => {
      if (word === '') return;
      const lengths: number[] = [];
      const before = result.ids.length;
      this.#encodeWord(`▁${word}`, result.ids, lengths);
      let at = -1;
      for (let index = before; index < result.ids.length; index += 1) {
        const end = at + (lengths[index - before] ?? 0);
        result.starts.push(starts[Math.max(0, at)] ?? 0);
        result.ends.push(ends[Math.max(0, end - 1)] ?? 0);
        at = end;
      }
      word = '';
      starts = [];
      ends = [];
    };
    // A letter with its combining marks is composed as one.
    for (const { 0: cluster, index } of text.slice(0, MAX_LENGTH).matchAll(/\P{M}?\p{M}*/gsu)) {
      if (cluster === '') continue;
      for (const unit of this.#fold(cluster)) {
        if (/\s/u.test(unit)) {
          flush();
          continue;
        }
        word += unit;
        for (let part = 0; part < unit.length; part += 1) {
          starts.push(index);
          ends.push(index + cluster.length);
        }
      }
    }
    flush();
    return result;
  }

  /** The SentencePiece normaliser: characters composed and folded, runs of spaces joined. */
  normalise(text: string): string {
    return this.#fold(text).replace(/\s+/gu, ' ').trim();
  }

  #fold(text: string): string {
    let folded = '';
    for (const character of text.normalize('NFC').toWellFormed()) {
      folded += this.#normaliser.get(character.codePointAt(0) ?? 0) ?? character;
    }
    return folded;
  }

  /** @param lengths receives the code units of `word` that each token covers */
  #encodeWord(word: string, into: number[], lengths?: number[]): void {
    const whole = this.#ids.get(word);
    if (whole !== undefined) {
      into.push(whole);
      lengths?.push(word.length);
      return;
    }
    const length = word.length;
    const best = new Float64Array(length + 1).fill(-Infinity);
    const from = new Int32Array(length + 1);
    const piece = new Int32Array(length + 1);
    best[0] = 0;
    for (let start = 0; start < length;) {
      const base = best[start] ?? 0;
      const step = (word.codePointAt(start) ?? 0) > 0xffff ? 2 : 1;
      const relax = (end: number, id: number, score: number): void => {
        if (base + score <= (best[end] ?? -Infinity)) return;
        best[end] = base + score;
        from[end] = start;
        piece[end] = id;
      };
      relax(start + step, this.#unk, this.#unknownScore);
      const last = Math.min(length, start + MAX_PIECE);
      for (let end = start + step; end <= last; end += 1) {
        const id = this.#ids.get(word.slice(start, end));
        if (id !== undefined) relax(end, id, this.#scores[id] ?? 0);
      }
      start += step;
    }
    const reversed: number[] = [];
    const sizes: number[] = [];
    for (let at = length; at > 0; at = from[at] ?? 0) {
      const id = piece[at] ?? this.#unk;
      const size = at - (from[at] ?? 0);
      // Neighbouring unknown characters make one token.
      if (id === this.#unk && reversed.at(-1) === this.#unk) {
        sizes[sizes.length - 1] = (sizes.at(-1) ?? 0) + size;
        continue;
      }
      reversed.push(id);
      sizes.push(size);
    }
    for (let index = reversed.length - 1; index >= 0; index -= 1) {
      into.push(reversed[index] ?? 0);
      lengths?.push(sizes[index] ?? 0);
    }
  }
}
