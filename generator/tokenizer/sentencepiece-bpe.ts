/**
 * SentencePiece's BPE: spaces become `▁`, the adjacent pair whose union has the highest score is merged
 * first (the left one on a tie), and what is no piece is spelled in bytes. As the sentencepiece library
 * describes its BPE model; other normalisation than spaces is not done.
 */

/** Kinds of pieces, as sentencepiece's protobuf and GGUF number them. */
export const pieceKind = {
  normal: 1,
  unknown: 2,
  control: 3,
  user: 4,
  unused: 5,
  byte: 6,
} as const;

export interface SentencePieces {
  readonly pieces: readonly string[];
  readonly scores: readonly number[];
  readonly kinds: readonly number[];
  /** A space before the text, so that its first word reads like one in the middle. */
  readonly addDummyPrefix: boolean;
  /** Runs of spaces count as one, and none stand at the ends. */
  readonly removeExtraSpaces: boolean;
}

interface Pair {
  readonly left: number;
  readonly right: number;
  readonly score: number;
  /** Length of the two texts when the pair was seen: tells pairs that are out of date. */
  readonly length: number;
}

/** Which of two pairs is merged first. */
const before = (a: Pair, b: Pair): boolean =>
  a.score > b.score || (a.score === b.score && a.left < b.left);

/** A binary heap of pairs, best first. */
class PairHeap {
  readonly #items: Pair[] = [];

  push(pair: Pair): void {
    const items = this.#items;
    let at = items.length;
    items.push(pair);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(pair, items[parent] as Pair)) break;
      items[at] = items[parent] as Pair;
      at = parent;
    }
    items[at] = pair;
  }

  pop(): Pair | undefined {
    const items = this.#items;
    const [best] = items;
    const last = items.pop();
    if (best === undefined || last === undefined || items.length === 0) return best;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && before(items[child + 1] as Pair, items[child] as Pair)) {
        child += 1;
      }
      if (!before(items[child] as Pair, last)) break;
      items[at] = items[child] as Pair;
      at = child;
    }
    items[at] = last;
    return best;
  }
}

export class SentencePieceBpe {
  readonly #tables: SentencePieces;
  readonly #ids = new Map<string, number>();
  readonly #bytes = new Map<number, number>();
  readonly #user: RegExp | null;
  readonly #unknown: number;

  constructor(tables: SentencePieces) {
    this.#tables = tables;
    const user: string[] = [];
    tables.pieces.forEach((piece, id) => {
      const kind = tables.kinds[id];
      if (kind === pieceKind.normal || kind === pieceKind.user) this.#ids.set(piece, id);
      if (kind === pieceKind.user && piece !== '') user.push(piece);
      const byte = kind === pieceKind.byte ? byteOf(piece) : null;
      if (byte !== null) this.#bytes.set(byte, id);
    });
    user.sort((a, b) => b.length - a.length);
    this.#user =
      user.length === 0
        ? null
        : new RegExp(
            `(${user.map((piece) => piece.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|')})`,
            'u',
          );
    this.#unknown = Math.max(0, tables.kinds.indexOf(pieceKind.unknown));
  }

  /** Ids of plain text. */
  encode(text: string): number[] {
    const plain = this.#tables.removeExtraSpaces ? text.replace(/ +/gu, ' ').trim() : text;
    if (plain === '') return [];
    const spaced = (this.#tables.addDummyPrefix ? ` ${plain}` : plain).replaceAll(' ', '▁');
    if (this.#user === null) return this.#merge(spaced);
    // A capturing split alternates text and user-defined piece.
    return spaced
      .split(this.#user)
      .flatMap((part, index) =>
        index % 2 === 0 ? this.#merge(part) : [this.#ids.get(part) as number],
      );
  }

  #merge(text: string): number[] {
    const symbols = Array.from(text);
    const next = symbols.map((_, index) => index + 1);
    const previous = symbols.map((_, index) => index - 1);
    const heap = new PairHeap();
    const offer = (left: number, right: number): void => {
      const a = symbols[left];
      const b = symbols[right];
      if (a === undefined || b === undefined) return;
      const id = this.#ids.get(a + b);
      if (id === undefined) return;
      heap.push({
        left,
        right,
        score: this.#tables.scores[id] ?? 0,
        length: a.length + b.length,
      });
    };
    for (let index = 0; index + 1 < symbols.length; index += 1) offer(index, index + 1);
    for (let pair = heap.pop(); pair !== undefined; pair = heap.pop()) {
      const { left, right, length } = pair;
      const a = symbols[left] as string;
      const b = symbols[right] as string;
      // One of the two was merged meanwhile: an emptied or longer symbol.
      if (a === '' || b === '' || next[left] !== right || a.length + b.length !== length) continue;
      symbols[left] = a + b;
      symbols[right] = '';
      const after = next[right] as number;
      next[left] = after;
      if (after < symbols.length) previous[after] = left;
      offer(previous[left] as number, left);
      offer(left, after);
    }
    return symbols.filter((symbol) => symbol !== '').flatMap((symbol) => this.#idsOf(symbol));
  }

  #idsOf(symbol: string): number[] {
    const id = this.#ids.get(symbol);
    if (id !== undefined) return [id];
    const bytes = [...new TextEncoder().encode(symbol)];
    return this.#bytes.size === 256
      ? bytes.map((byte) => this.#bytes.get(byte) as number)
      : [this.#unknown];
  }
}

/** The byte of a piece like `<0x0A>`, or null. */
function byteOf(piece: string): number | null {
  const [, hex] = /^<0x([0-9A-Fa-f]{2})>$/u.exec(piece) ?? [];
  return hex === undefined ? null : Number.parseInt(hex, 16);
}

/** The bytes that a piece stands for. */
export function pieceBytes(piece: string): Uint8Array {
  const byte = byteOf(piece);
  return byte === null ? new TextEncoder().encode(piece.replaceAll('▁', ' ')) : Uint8Array.of(byte);
}
