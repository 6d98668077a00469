/**
 * What ranking needs of a page and no question changes: its passages, and the counted terms of each. It
 * is made as a page arrives, while others are still on their way, and kept for the next question.
 */
import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Document } from '../../../src/core/nouns.ts';
import { segmentDocument } from '../../segment/segment-document.ts';
import { countTerms, type CountMemo, type Counted } from '../words/bm25f.ts';

/** A passage of one text, its document left out. */
interface PreparedPassage {
  /** Offsets into the document's text. */
  readonly start: number;
  readonly end: number;
  /** Verbatim, without the headings it began with. */
  readonly text: string;
  readonly headingPath: readonly string[];
  /** Where the passage began before its headings were left out; tells it from all others. */
  readonly key: number;
}

/** Characters of the texts whose passages are kept: some two hundred pages. */
const KEPT_CHARS = 8_000_000;
/** Passages, titles and headings whose terms are kept; a passage costs some 4 kB. */
const KEPT_COUNTS = 5_000;

export class PreparedDocuments {
  readonly #passages = new LRUCache<string, readonly PreparedPassage[]>({
    maxSize: KEPT_CHARS,
    sizeCalculation: (passages) =>
      passages.reduce((sum, { start, end }) => sum + end - start, passages.length + 1),
  });
  readonly #counts = new LRUCache<string, Counted>({ max: KEPT_COUNTS });

  /** Terms that were counted before; for `Bm25fIndex`. */
  get counts(): CountMemo {
    return this.#counts;
  }

  passages(document: Document): readonly PreparedPassage[] {
    const key = createHash('sha256')
      .update(JSON.stringify(document.headings))
      .update(document.text)
      .digest('base64');
    const known = this.#passages.get(key);
    if (known !== undefined) return known;
    const made = segmentDocument(document, 0).map(({ start, end, headingPath }) => ({
      ...withoutHeadings(document, start, end),
      headingPath,
      key: start,
    }));
    this.#passages.set(key, made);
    return made;
  }

  /** Does now what `passages` and the index would have to do later. */
  prepare(document: Document): void {
    for (const { text, headingPath } of this.passages(document)) {
      countTerms(text, this.#counts);
      countTerms(headingPath.join(' '), this.#counts);
    }
    countTerms(document.title, this.#counts);
  }
}

/** The passage without the headings it begins with, unless it is nothing else. */
function withoutHeadings(
  document: Document,
  start: number,
  end: number,
): { readonly start: number; readonly end: number; readonly text: string } {
  let from = start;
  for (const heading of document.headings) {
    if (heading.start <= from && heading.end > from && heading.end < end) {
      from = heading.end;
      while (from < end && document.text.charAt(from).trim() === '') from += 1;
    }
  }
  return from >= end
    ? { start, end, text: document.text.slice(start, end) }
    : { start: from, end, text: document.text.slice(from, end) };
}
