/**
 * Features that compare a sentence with the other candidates and with what stands around it: its
 * similarity together with the sentence before, that of its whole passage, and its overlap with the
 * question where "It" and "其" are read with the sentence before.
 */
import { foldHan } from '../../../src/core/tokens.ts';
import type { WantedAnswer } from '../../../src/core/wanted-answer.ts';
import type { Bm25fIndex } from '../words/bm25f.ts';
import type { CandidateSentence } from './candidate-sentence.ts';
import type { QuestionWords } from '../words/question-words.ts';

export const RELATIVE_FEATURES = [
  'contextSimilarityGap',
  'contextSimilarityZ',
  'blockSimilarityGap',
  'blockSimilarityZ',
  'coverageRank',
  'coverageZ',
  'coverageLed',
  'coverageLedZ',
  'newTokensZ',
] as const;

/** Vectors of unit length, as the embedder gives them. */
export interface EvidenceVectors {
  readonly question: Float32Array;
  /** In the candidates' order. */
  readonly sentences: readonly Float32Array[];
}

/** What the sentence before counts for a sentence that begins with a pronoun. */
const LED = 0.7;
const BEFORE = 0.6;

/**
 * One row of `RELATIVE_FEATURES` for each candidate.
 * @param known coverage (title included) and number of new tokens of each candidate
 */
export function relativeFeatures(
  candidates: readonly CandidateSentence[],
  question: QuestionWords,
  index: Bm25fIndex,
  wanted: WantedAnswer,
  vectors: EvidenceVectors | null,
  known: { readonly coverage: readonly number[]; readonly newTokens: readonly number[] },
): number[][] {
  const none = candidates.map(() => 0);
  const context = vectors === null ? none : contextSimilarities(candidates, vectors);
  const block = vectors === null ? none : blockSimilarities(candidates, vectors);
  const led = ledCoverage(candidates, question, index, wanted);
  const contextZ = standardised(context);
  const blockZ = standardised(block);
  const coverageZ = standardised(known.coverage);
  const ledZ = standardised(led);
  const newZ = standardised(known.newTokens);
  const bestContext = Math.max(...context);
  const bestBlock = Math.max(...block);
  return candidates.map((_, at) => {
    const own = known.coverage[at] ?? 0;
    const better = known.coverage.filter((other) => other > own + 1e-9).length;
    return [
      (context[at] ?? 0) - bestContext,
      contextZ[at] ?? 0,
      (block[at] ?? 0) - bestBlock,
      blockZ[at] ?? 0,
      Math.log2(1 + better),
      coverageZ[at] ?? 0,
      led[at] ?? 0,
      ledZ[at] ?? 0,
      newZ[at] ?? 0,
    ];
  });
}

/** z-scores; zeros where all are the same. */
export function standardised(values: readonly number[]): number[] {
  const mean = values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  const square = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const deviation = Math.sqrt(square / Math.max(1, values.length));
  return values.map((value) => (deviation < 1e-12 ? 0 : (value - mean) / deviation));
}

/** Similarity of the sentence and, with less weight, the candidate right before it. */
function contextSimilarities(
  candidates: readonly CandidateSentence[],
  { question, sentences }: EvidenceVectors,
): number[] {
  return candidates.map(({ passage, place }, at) => {
    const before = candidates[at - 1];
    const sum = Float64Array.from(sentences[at] ?? []);
    if (before?.passage === passage && before.place === place - 1) {
      sentences[at - 1]?.forEach((value, k) => {
        sum[k] = (sum[k] ?? 0) + BEFORE * value;
      });
    }
    return cosine(question, sum);
  });
}

/** Similarity of the passage, as the mean of its candidates. */
function blockSimilarities(
  candidates: readonly CandidateSentence[],
  { question, sentences }: EvidenceVectors,
): number[] {
  const sums = new Map<number, Float64Array>();
  candidates.forEach(({ passage }, at) => {
    const sum = sums.get(passage) ?? new Float64Array(question.length);
    sentences[at]?.forEach((value, k) => {
      sum[k] = (sum[k] ?? 0) + value;
    });
    sums.set(passage, sum);
  });
  const similar = new Map([...sums].map(([passage, sum]) => [passage, cosine(question, sum)]));
  return candidates.map(({ passage }) => similar.get(passage) ?? 0);
}

function ledCoverage(
  candidates: readonly CandidateSentence[],
  question: QuestionWords,
  index: Bm25fIndex,
  { measure }: WantedAnswer,
): number[] {
  // "How deep" is answered by "its depth is": the words of one quantity stand for each other.
  const weights = question.terms.map((term) => ({
    term,
    idf: index.idf(term),
    quantity: measure?.words.test(term) === true,
  }));
  const all = weights.reduce((sum, { idf }) => sum + idf, 0);
  return candidates.map(({ terms, ledBy, text }) => {
    if (all === 0) return 0;
    const own = new Set(terms);
    const measured = measure?.words.test(foldHan(text)) === true;
    let found = 0;
    for (const { term, idf, quantity } of weights) {
      if (own.has(term) || (quantity && measured)) found += idf;
      else if (ledBy.has(term)) found += LED * idf;
    }
    return found / all;
  });
}

/** @param question of unit length */
function cosine(question: Float32Array, other: Float64Array): number {
  let product = 0;
  let square = 0;
  for (let k = 0; k < question.length; k += 1) {
    const value = other[k] ?? 0;
    product += (question[k] ?? 0) * value;
    square += value * value;
  }
  return square === 0 ? 0 : product / Math.sqrt(square);
}
