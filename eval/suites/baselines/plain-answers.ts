/** Answers made without the scorer: what the baselines show. */
import { draftOf } from '../../../src/core/draft-of.ts';
import type {
  Citation,
  CitedSentence,
  Draft,
  Reference,
  ScoredAnswer,
} from '../../../src/core/nouns.ts';
import { splitSentences } from '../../../src/core/sentences.ts';
import { lexicalSupport } from '../../metrics/lexical-judge.ts';

interface Piece {
  readonly text: string;
  readonly citations: readonly Citation[];
}

function scored(draft: Draft, pieces: readonly Piece[]): ScoredAnswer {
  let answer = '';
  const sentences = pieces.map(({ text, citations }): CitedSentence => {
    if (answer !== '' && !/[。！？]\]?$|\p{Script=Han}\]?$/u.test(answer)) answer += ' ';
    const start = answer.length;
    answer += text;
    const end = answer.length;
    answer += citations.map(({ reference }) => `[${reference}]`).join('');
    return { text, start, end, citations };
  });
  return { cited: { draft, answer, sentences, support: 1 }, score: 0, preference: 0 };
}

const sentencesOf = (text: string): { start: number; end: number; text: string }[] =>
  splitSentences(text)
    .map(({ start, end }) => ({ start, end, text: text.slice(start, end) }))
    .filter((one) => one.text.trim() !== '');

/** The draft as it is; each sentence cites the best sentence of the reference with most of its words. */
export function uncheckedAnswer(draft: Draft, references: readonly Reference[]): ScoredAnswer {
  const plain = draft.text.replace(/\[\d+\]/gu, '').trim();
  const pieces = sentencesOf(plain).map(({ text }): Piece => {
    const [best] = references
      .map((reference) => ({ reference, score: lexicalSupport(reference.text, text) }))
      .toSorted((a, b) => b.score - a.score);
    if (best === undefined) return { text, citations: [] };
    const [quote] = sentencesOf(best.reference.text)
      .map((one) => ({ ...one, score: lexicalSupport(one.text, text) }))
      .toSorted((a, b) => b.score - a.score);
    if (quote === undefined) return { text, citations: [] };
    return { text, citations: [citationOf(best.reference, quote, best.score)] };
  });
  return scored(draft, pieces);
}

/** A reference word for word; every sentence cites itself. */
export function copiedPassage(reference: Reference): ScoredAnswer {
  return scored(
    draftOf(reference.text, 'extractive'),
    sentencesOf(reference.text).map((one) => ({
      text: one.text,
      citations: [citationOf(reference, one, 1)],
    })),
  );
}

/** The draft without any citation. */
export function uncitedAnswer(draft: Draft): ScoredAnswer {
  return scored(
    draft,
    sentencesOf(draft.text.replace(/\[\d+\]/gu, '').trim()).map(({ text }) => ({
      text,
      citations: [],
    })),
  );
}

function citationOf(
  { number, url, text }: Reference,
  { start, end }: { readonly start: number; readonly end: number },
  support: number,
): Citation {
  return { reference: number, quote: text.slice(start, end), start, end, url, support };
}
