/**
 * Long references in windows of whole sentences, found by the words of a claim: a page of 100 kB cannot
 * be aligned with each of five hundred sentences. Ranked by BM25 (Robertson and Zaragoza, 2009).
 */
import { splitSentences } from '../../src/core/sentences.ts';
import { terms } from '../../src/core/tokens.ts';

export interface ReferenceWindow {
  /** 0-based index into the given references. */
  readonly reference: number;
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Characters of a window, about. Longer sentences are a window of their own. */
const WINDOW = 1_500;
/** References up to this length are one window. */
const SHORT = 3_000;
const K1 = 1.2;
const B = 0.75;

interface Posting {
  readonly window: number;
  readonly count: number;
}

export class ReferenceWindows {
  readonly #windows: readonly ReferenceWindow[];
  readonly #postings = new Map<string, Posting[]>();
  readonly #lengths: readonly number[];
  readonly #meanLength: number;

  /** Time is linear in the texts. */
  constructor(references: readonly { readonly text: string }[]) {
    this.#windows = references.flatMap(({ text }, reference) =>
      windowsOf(text).map(({ start, end }) => ({
        reference,
        start,
        end,
        text: text.slice(start, end),
      })),
    );
    const lengths: number[] = [];
    for (const [window, { text }] of this.#windows.entries()) {
      const counts = new Map<string, number>();
      const words = terms(text);
      for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
      for (const [word, count] of counts) {
        const known = this.#postings.get(word);
        if (known === undefined) this.#postings.set(word, [{ window, count }]);
        else known.push({ window, count });
      }
      lengths.push(words.length);
    }
    this.#lengths = lengths;
    this.#meanLength = lengths.reduce((sum, one) => sum + one, 0) / Math.max(1, lengths.length);
  }

  /** The windows that share most with the claim, best first; `only` limits them to some references. */
  find(claim: string, most: number, only: ReadonlySet<number> | null): ReferenceWindow[] {
    const allowed = (window: number): boolean =>
      only === null || only.has((this.#windows[window] as ReferenceWindow).reference);
    const all = this.#windows.length;
    if (all <= most) return this.#windows.filter((_, window) => allowed(window));
    const scores = new Map<number, number>();
    for (const word of new Set(terms(claim))) {
      const postings = this.#postings.get(word) ?? [];
      const idf = Math.log(1 + (all - postings.length + 0.5) / (postings.length + 0.5));
      for (const { window, count } of postings) {
        if (!allowed(window)) continue;
        const length = (this.#lengths[window] as number) / this.#meanLength;
        const weight = (count * (K1 + 1)) / (count + K1 * (1 - B + B * length));
        scores.set(window, (scores.get(window) ?? 0) + idf * weight);
      }
    }
    return [...scores]
      .sort(([a, x], [b, y]) => y - x || a - b)
      .slice(0, most)
      .map(([window]) => this.#windows[window] as ReferenceWindow);
  }
}

function windowsOf(text: string): { readonly start: number; readonly end: number }[] {
  if (text.length <= SHORT) return text.trim() === '' ? [] : [{ start: 0, end: text.length }];
  const windows: { start: number; end: number }[] = [];
  let current: { start: number; end: number } | null = null;
  for (const { start, end } of splitSentences(text)) {
    if (current !== null && end - current.start <= WINDOW) current.end = end;
    else {
      current = { start, end };
      windows.push(current);
    }
  }
  return windows;
}
