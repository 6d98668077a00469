/**
 * The citation bench on the frozen web: for a question, its paragraph and four others of the same page
 * (or language) are the references; drafts are a gold sentence as it is, reworded a little, or made
 * false. `npx tsx eval/bench/scoring/citation-bench.ts [count]` prints the rates.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { draftOf } from '../../../src/core/draft-of.ts';
import type { CitedAnswer, Draft, Reference } from '../../../src/core/nouns.ts';
import { splitSentences } from '../../../src/core/sentences.ts';
import { cite } from '../../../scorer/citation/cite.ts';
import {
  changeName,
  changeNumber,
  frozenPages,
  negate,
  shorten,
  sourceNames,
  type FrozenPage,
} from '../../lab/support/corrupt-claims.ts';
import { seededRandom } from '../../lab/trees/seeded-random.ts';
import { dataFolder } from '../../lab/support/support-data.ts';

export const benchDataPresent = existsSync(join(dataFolder, 'frozen-web-dev', 'pages.jsonl.gz'));

export interface CitationCase {
  readonly kind: 'verbatim' | 'shortened' | 'number' | 'name' | 'negation' | 'foreign';
  readonly language: string;
  readonly draft: Draft;
  readonly references: readonly Reference[];
  /** Number of the reference the sentence came from; 0 for a foreign one. */
  readonly gold: number;
}

export function benchReference(
  number: number,
  title: string,
  text: string,
  language: string,
): Reference {
  return {
    number,
    url: `https://example.org/${number}`,
    title,
    site: 'example.org',
    language,
    publishedAt: null,
    fetchedAt: '2026-11-23T00:00:00Z',
    text,
    score: null,
    evidence: [],
  };
}

/** `count` paragraphs of both languages, up to five drafts each. Deterministic. */
export function citationCases(count: number, seed = 3): CitationCase[] {
  const random = seededRandom(seed);
  const pages = frozenPages();
  const pools = [
    pages.filter(({ lang }) => lang === 'en'),
    pages.filter(({ lang }) => lang !== 'en'),
  ];
  const cases: CitationCase[] = [];
  for (let index = 0; index < count; index += 1) {
    const pool = pools[index % 2] ?? pages;
    const pick = <Item>(list: readonly Item[]): Item =>
      list[Math.floor(random() * list.length)] as Item;
    const page = pick(pool);
    const language = page.lang === 'en' ? 'en' : 'zh';
    const gold = Math.floor(random() * 5) + 1;
    const paragraph = pick(page.paragraphs).text;
    const foreign = pick(pool.filter((other) => other !== page));
    const others = page.paragraphs
      .map(({ text }) => ({ text, title: page.title }))
      .filter(({ text }) => text !== paragraph);
    const references = Array.from({ length: 5 }, (_, place) => {
      if (place + 1 === gold) return benchReference(place + 1, page.title, paragraph, language);
      const other: FrozenPage = pick(pool.filter((candidate) => candidate !== foreign));
      const near = others.splice(Math.floor(random() * others.length), 1)[0];
      return near === undefined
        ? benchReference(place + 1, other.title, other.paragraphs[0]?.text ?? '', language)
        : benchReference(place + 1, near.title, near.text, language);
    });
    const span = pick(splitSentences(paragraph));
    const sentence = paragraph.slice(span.start, span.end);
    if (sentence.length < (language === 'zh' ? 12 : 30)) continue;
    const add = (kind: CitationCase['kind'], text: string | null, number = gold): void => {
      if (text !== null)
        cases.push({ kind, language, draft: draftOf(text), references, gold: number });
    };
    add('verbatim', sentence);
    add('shortened', shorten(sentence));
    add('number', changeNumber(sentence, random));
    add('name', changeName(sentence, sourceNames(foreign.paragraphs[0]?.text ?? ''), random));
    add('negation', negate(sentence));
    const far = foreign.paragraphs[0]?.text ?? '';
    const first = splitSentences(far)[0];
    add('foreign', first === undefined ? null : far.slice(first.start, first.end), 0);
  }
  return cases;
}

export interface CitationOutcome {
  readonly cited: CitedAnswer;
  /** The draft's own words stand in the answer (not a quotation in their place). */
  readonly kept: boolean;
  readonly rightReference: boolean;
  readonly exactQuotes: boolean;
}

export function runCitationCase(item: CitationCase): CitationOutcome {
  const cited = cite(item.draft, item.references, { question: '', language: item.language });
  const citations = cited.sentences.flatMap((sentence) => sentence.citations);
  const flat = (text: string): string => text.replace(/[\s.。:：]+/gu, '');
  return {
    cited,
    kept:
      flat(cited.sentences.map(({ text }) => text).join('')) ===
      flat(item.draft.text.replace(/\[\d+\]/gu, '')),
    rightReference: citations.some(({ reference }) => reference === item.gold),
    exactQuotes: citations.every(
      ({ reference, quote, start, end }) =>
        item.references[reference - 1]?.text.slice(start, end) === quote,
    ),
  };
}
