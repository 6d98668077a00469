/** Joins cited sentences into an answer with marks, and counts the offsets. */
import { gapBetween } from '../../src/core/join-sentences.ts';
import type { Citation, CitedAnswer, CitedSentence, Draft } from '../../src/core/nouns.ts';

export interface LooseSentence {
  readonly text: string;
  readonly citations: readonly Citation[];
}

/**
 * `Sentence.[1][2] Next.[1]`; no space where both neighbours are of scripts without spaces. The
 * marks follow the full stop; `CitedSentence.end` is before them.
 */
export function assemble(draft: Draft, loose: readonly LooseSentence[]): CitedAnswer {
  let answer = '';
  let last = '';
  const sentences: CitedSentence[] = [];
  for (const { text, citations } of loose) {
    if (answer !== '') answer += gapBetween(last, text);
    const start = answer.length;
    answer += text;
    sentences.push({ text, start, end: answer.length, citations });
    for (const { reference } of citations) answer += `[${reference}]`;
    last = text;
  }
  const supports = sentences.map(({ citations }) =>
    citations.reduce((most, { support }) => Math.max(most, support), 0),
  );
  return {
    draft,
    answer,
    sentences,
    support: supports.length === 0 ? 0 : Math.min(...supports),
  };
}
