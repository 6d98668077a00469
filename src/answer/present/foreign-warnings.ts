import type { Question, Reference, Warning } from '../../core/nouns.ts';
import type { LooseSentence } from '../answer-body.ts';

/** Quotations are not translated: an answer in another language than was asked for says so. */
export function foreignWarnings(
  question: Question,
  sentences: readonly LooseSentence[],
  references: readonly Reference[],
): Warning[] {
  const used = new Set(
    sentences.flatMap(({ citations }) => citations.map(({ reference }) => reference)),
  );
  const languages = new Set(
    references.filter(({ number }) => used.has(number)).map(({ language }) => language),
  );
  if (languages.size === 0 || languages.has(question.language)) return [];
  const message = `the sources that hold the answer are in ${[...languages].join(', ')}, not in ${question.language}; they are quoted, not translated`;
  return [{ code: 'language-unsupported', message }];
}
