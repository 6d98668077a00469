/**
 * What recent answers rested on, found again by their text: clients send a conversation as text alone.
 * Pages keep their numbers in it, and a follow-up reads the last answer's pages before it searches.
 */
import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Answer, AnswerReference, Document, Turn } from '../core/nouns.ts';

/** Upper bound of the pages kept, in characters of their texts. */
const PAGES_CHARACTERS = 32_000_000;

export class ConversationMemory {
  /** The numbers of the pages of recent answers. */
  readonly #numbers = new LRUCache<string, ReadonlyMap<string, number>>({ max: 5_000 });
  readonly #pages = new LRUCache<string, readonly Document[]>({
    max: 1_000,
    maxSize: PAGES_CHARACTERS,
    sizeCalculation: (pages) => pages.reduce((sum, { text }) => sum + text.length, 1),
  });

  /** @param read what was read for the answer; kept is what it refers to */
  keep(answer: Answer, read: Iterable<Document>): void {
    const key = keyOf(answer.answer);
    const numbers = numbersOf(answer.references);
    this.#numbers.set(key, numbers);
    const pages = [...read].filter(({ url }) => numbers.has(url));
    if (!answer.abstained && pages.length > 0) this.#pages.set(key, pages);
  }

  /** Numbers that pages have in the answers of a conversation, as far as they are remembered. */
  numbers(turns: readonly Turn[]): ReadonlyMap<string, number> {
    const numbers = new Map<string, number>();
    // The latest answer decides: its list is what the reader has before his eyes.
    for (const { role, content } of turns.toReversed()) {
      if (role !== 'assistant') continue;
      for (const [url, number] of this.#numbers.get(keyOf(content)) ?? []) {
        if (!numbers.has(url)) numbers.set(url, number);
      }
    }
    return numbers;
  }

  /** The page that has a number in the last answer of a conversation; null where it is forgotten. */
  page(turns: readonly Turn[], number: number): Document | null {
    const last = turns.findLast(({ role }) => role === 'assistant');
    if (last === undefined) return null;
    const key = keyOf(last.content);
    const urls = [...(this.#numbers.get(key) ?? [])].filter((entry) => entry[1] === number);
    return this.#pages.get(key)?.find(({ url }) => urls.some((entry) => entry[0] === url)) ?? null;
  }

  /** The pages that the last answer of a conversation refers to; none where it is forgotten. */
  lastPages(turns: readonly Turn[]): readonly Document[] {
    const last = turns.findLast(({ role }) => role === 'assistant');
    return last === undefined ? [] : (this.#pages.get(keyOf(last.content)) ?? []);
  }
}

function keyOf(text: string): string {
  return createHash('sha256').update(text.trim()).digest('base64url');
}

/** The smallest number of each page. */
function numbersOf(references: readonly AnswerReference[]): ReadonlyMap<string, number> {
  const numbers = new Map<string, number>();
  for (const { url, number } of references) if (!numbers.has(url)) numbers.set(url, number);
  return numbers;
}
