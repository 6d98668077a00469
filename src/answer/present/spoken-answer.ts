/** What is said and shown at the end: of a cited answer, or of an abstention. */
import type {
  AnswerReference,
  CitedAnswer,
  Question,
  Reference,
  Warning,
} from '../../core/nouns.ts';

/** Evidence sentences shown of one reference. */
const SHOWN_EVIDENCE = 3;

/** A text and its sentences. */
export type SpokenAnswer = Pick<CitedAnswer, 'answer' | 'sentences'>;

/** Quotations are not translated: an answer in another language than was asked for says so. */
export function foreignWarnings(
  question: Question,
  cited: SpokenAnswer,
  references: readonly Reference[],
): Warning[] {
  const used = new Set(
    cited.sentences.flatMap(({ citations }) => citations.map(({ reference }) => reference)),
  );
  const languages = new Set(
    references.filter(({ number }) => used.has(number)).map(({ language }) => language),
  );
  if (languages.size === 0 || languages.has(question.language)) return [];
  const message = `the sources that hold the answer are in ${[...languages].join(', ')}, not in ${question.language}; they are quoted, not translated`;
  return [{ code: 'language-unsupported', message }];
}

/** The answer cut after each sentence's marks; concatenated, the pieces are the answer again. */
export function sentenceDeltas(cited: SpokenAnswer): string[] {
  const starts = cited.sentences.slice(1).map((sentence) => sentence.start);
  const cuts = [0, ...starts, cited.answer.length];
  return cuts.slice(1).flatMap((end, index) => {
    const piece = cited.answer.slice(cuts[index], end);
    return piece === '' ? [] : [piece];
  });
}

/** A reference in the contract's field names. */
export function publicReference(reference: Reference): AnswerReference {
  return {
    number: reference.number,
    url: reference.url,
    title: reference.title,
    site: reference.site,
    published_at: reference.publishedAt,
    fetched_at: reference.fetchedAt,
    text: reference.text,
    score: reference.score,
    evidence: reference.evidence.slice(0, SHOWN_EVIDENCE).map(({ start, end }) => ({ start, end })),
  };
}
