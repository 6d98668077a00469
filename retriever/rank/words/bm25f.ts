/**
 * BM25F (Zaragoza et al. 2004, in Robertson & Zaragoza 2009's simple form): the fields' term
 * frequencies are weighted and length-normalised before the one saturation.
 */
import { terms } from '../../../src/core/tokens.ts';

export interface Fields {
  readonly title: string;
  readonly headings: string;
  readonly text: string;
}

const FIELD_WEIGHT = { title: 1.2, headings: 1, text: 1 } as const;
const FIELD_B = { title: 0.3, headings: 0.3, text: 0.6 } as const;
const K1 = 1.4;

/** Terms of a text. */
export interface Counted {
  readonly counts: ReadonlyMap<string, number>;
  readonly length: number;
}

type Entry = Readonly<Record<keyof Fields, Counted>>;

/** Keeps the counted terms of texts that are indexed again and again. */
export interface CountMemo {
  get(text: string): Counted | undefined;
  set(text: string, counted: Counted): unknown;
}

const FIELDS = ['title', 'headings', 'text'] as const;

/** An index over the passages of one question; built in linear time, thrown away afterwards. */
export class Bm25fIndex {
  readonly #entries: readonly Entry[];
  readonly #mean = { title: 0, headings: 0, text: 0 };
  readonly #idf = new Map<string, number>();

  constructor(passages: readonly Fields[], memo: CountMemo = new Map<string, Counted>()) {
    this.#entries = passages.map((passage) => ({
      title: countTerms(passage.title, memo),
      headings: countTerms(passage.headings, memo),
      text: countTerms(passage.text, memo),
    }));
    for (const entry of this.#entries) {
      for (const field of FIELDS) this.#mean[field] += entry[field].length / this.size;
    }
  }

  get size(): number {
    return this.#entries.length;
  }

  /** Inverse document frequency among these passages; greatest for a term none of them has. */
  idf(term: string): number {
    const known = this.#idf.get(term);
    if (known !== undefined) return known;
    const frequency = this.#entries.filter((entry) => has(entry, term)).length;
    const idf = Math.log(1 + (this.size - frequency + 0.5) / (frequency + 0.5));
    this.#idf.set(term, idf);
    return idf;
  }

  /** One score a passage, in their order; 0 where no term occurs. */
  scores(query: readonly string[]): number[] {
    const weighted = query.map((term) => ({ term, idf: this.idf(term) }));
    return this.#entries.map((entry) => {
      let score = 0;
      for (const { term, idf } of weighted) {
        const frequency = this.#weight(entry, term);
        score += (idf * frequency * (K1 + 1)) / (frequency + K1);
      }
      return score;
    });
  }

  /** Share of the query's idf mass found in passage `index`; title and headings count when `anywhere`. */
  coverage(query: readonly string[], index: number, anywhere: boolean): number {
    const entry = this.#entries[index];
    let found = 0;
    let all = 0;
    for (const term of query) {
      const idf = this.idf(term);
      all += idf;
      if (entry === undefined) continue;
      if (anywhere ? has(entry, term) : entry.text.counts.has(term)) found += idf;
    }
    return all === 0 ? 0 : found / all;
  }

  #weight(entry: Entry, term: string): number {
    let weight = 0;
    for (const field of FIELDS) {
      const frequency = entry[field].counts.get(term);
      if (frequency === undefined) continue;
      const b = FIELD_B[field];
      const norm = 1 - b + (b * entry[field].length) / Math.max(1, this.#mean[field]);
      weight += (FIELD_WEIGHT[field] * frequency) / norm;
    }
    return weight;
  }
}

const has = (entry: Entry, term: string): boolean =>
  FIELDS.some((field) => entry[field].counts.has(term));

/** The stemmed terms of a text, out of `memo` where it has them. */
export function countTerms(text: string, memo: CountMemo): Counted {
  const known = memo.get(text);
  if (known !== undefined) return known;
  const counts = new Map<string, number>();
  const all = terms(text, { stem: true });
  for (const term of all) counts.set(term, (counts.get(term) ?? 0) + 1);
  const counted = { counts, length: all.length };
  memo.set(text, counted);
  return counted;
}
