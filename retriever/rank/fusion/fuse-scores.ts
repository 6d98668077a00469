/**
 * What the words and the cross-encoder say of passages and sentences, put together: three small logistic models
 * over a handful of numbers each, fitted on pages that neither side was trained on
 * (`eval/lab/cross-encoder/fit-fusion.ts` writes `fusion-model.json`).
 */
import { z } from 'zod';
import { sigmoid } from '../../../src/core/boosted-trees.ts';
import { readFittedModel } from '../../../src/runtime/fitted-model.ts';

/** What the cross-encoder said of one passage (`PairScores` of the kernel, or the rows that training collected). */
interface PassageScores {
  readonly relevance: number;
  readonly answerable: number;
  readonly spanProbability: number;
  readonly nullProbability: number;
}

export interface FusedPassage {
  /** Score by words and sentences. */
  readonly base: number;
  /** null: not scored. */
  readonly pair: PassageScores | null;
}

export interface FusedSentence {
  readonly passage: number;
  /** Probability that it holds the answer, by words (and similarity). */
  readonly probability: number;
  /** Probability that the answer begins in it, as the span head says; 0 where its passage was not scored. */
  readonly mass: number;
}

export const PASSAGE_FEATURES = [
  'base',
  'baseGap',
  'relevanceGap',
  'answerableGap',
  'span',
  'held',
] as const;
export const SENTENCE_FEATURES = [
  'odds',
  'oddsGap',
  'mass',
  'relevanceGap',
  'answerable',
  'passageGap',
  'unread',
] as const;
export const ANSWERABLE_FEATURES = [
  'words',
  'answerable',
  'answerableBest',
  'massBest',
  'best',
  'size',
] as const;

/**
 * How far the fitted model of sentences is followed, the rest being what words and similarity say: it was
 * fitted on questions of the kind that the cross-encoder was trained on. One half keeps most of the gain there
 * (.864 of .882 first sentences in English, .891 of .900 in Chinese, .773 and .855 without the cross-encoder) and
 * loses less on questions of another kind.
 */
const TRUST = 0.5;

const logit = (p: number): number => {
  const safe = Math.min(1 - 1e-4, Math.max(1e-4, p));
  return Math.log(safe / (1 - safe));
};
const most = (values: readonly number[]): number => Math.max(...values, -1e9);

/** One row of `PASSAGE_FEATURES` for each passage that was read, in their order. */
export function passageFusionRows(passages: readonly FusedPassage[]): number[][] {
  const scored = passages.filter(({ pair }) => pair !== null);
  const base = most(scored.map((passage) => passage.base));
  const relevance = most(scored.map(({ pair }) => pair?.relevance ?? -1e9));
  const answerable = most(scored.map(({ pair }) => pair?.answerable ?? -1e9));
  return scored.map(({ base: own, pair }) => [
    own,
    own - base,
    (pair?.relevance ?? 0) - relevance,
    (pair?.answerable ?? 0) - answerable,
    Math.log(1e-3 + (pair?.spanProbability ?? 0)),
    Math.log(1e-3 + 1 - (pair?.nullProbability ?? 1)),
  ]);
}

/** One row of `SENTENCE_FEATURES` for each sentence. */
export function sentenceFusionRows(
  sentences: readonly FusedSentence[],
  passages: readonly FusedPassage[],
): number[][] {
  const best = most(sentences.map(({ probability }) => logit(probability)));
  const scored = passages.flatMap(({ pair }) => (pair === null ? [] : [pair]));
  const relevance = most(scored.map((pair) => pair.relevance));
  const least = Math.min(0, ...scored.map((pair) => pair.relevance - relevance));
  const base = most(passages.map((passage) => passage.base));
  return sentences.map(({ passage, probability, mass }) => {
    const pair = passages[passage]?.pair ?? null;
    const odds = logit(probability);
    return [
      odds,
      odds - best,
      Math.log(3e-3 + mass),
      pair === null ? least : pair.relevance - relevance,
      pair?.answerable ?? -4,
      Math.max(-6, (passages[passage]?.base ?? base) - base),
      pair === null ? 1 : 0,
    ];
  });
}

/**
 * The row of `ANSWERABLE_FEATURES` for a question.
 * @param words answerability by words and similarity alone, 0..1
 * @param probabilities of the sentences, fused
 */
export function answerableFusionRow(
  words: number,
  sentences: readonly FusedSentence[],
  probabilities: readonly number[],
  passages: readonly FusedPassage[],
): number[] {
  const best = probabilities.indexOf(most(probabilities));
  const sentence = sentences[best];
  const scored = passages.flatMap(({ pair }) => (pair === null ? [] : [pair.answerable]));
  return [
    logit(words),
    scored.length === 0 ? -4 : most(scored),
    passages[sentence?.passage ?? -1]?.pair?.answerable ?? -4,
    Math.log(3e-3 + (sentence?.mass ?? 0)),
    logit(probabilities[best] ?? 0),
    // The more passages, the likelier a chance match.
    Math.log2(1 + passages.length),
  ];
}

const logisticSchema = z.strictObject({
  features: z.array(z.string()),
  bias: z.number(),
  weights: z.array(z.number()),
});
const fileSchema = z.strictObject({
  passage: logisticSchema,
  sentence: logisticSchema,
  answerable: logisticSchema,
});

export class FusionModel {
  readonly #file: z.infer<typeof fileSchema>;

  /** @throws FootnoteError `model-invalid` when the file does not fit this program */
  constructor(path: string = 'retriever/rank/fusion-model.json') {
    this.#file = readFittedModel(path, fileSchema, ({ passage, sentence, answerable }) => [
      { fitted: passage.features, own: PASSAGE_FEATURES, weights: [passage.weights] },
      { fitted: sentence.features, own: SENTENCE_FEATURES, weights: [sentence.weights] },
      { fitted: answerable.features, own: ANSWERABLE_FEATURES, weights: [answerable.weights] },
    ]);
  }

  /**
   * One score a passage, in their order: log-odds that it is the right one. Those that were not read stand
   * below those that were, in the order of their base scores.
   */
  passages(passages: readonly FusedPassage[]): number[] {
    const scores = passageFusionRows(passages).map((row) => linear(this.#file.passage, row));
    const floor = Math.min(0, ...scores) - 1;
    const top = most(passages.map(({ base }) => base));
    let next = 0;
    return passages.map(({ base, pair }) => {
      if (pair === null) return floor + Math.min(0, base - top);
      next += 1;
      return scores[next - 1] ?? floor;
    });
  }

  /** Probability for each sentence that it holds the answer; `trust` 1: as the model was fitted. */
  sentences(
    sentences: readonly FusedSentence[],
    passages: readonly FusedPassage[],
    trust: number = TRUST,
  ): number[] {
    return sentenceFusionRows(sentences, passages).map((row) =>
      sigmoid(trust * linear(this.#file.sentence, row) + (1 - trust) * (row[0] ?? 0)),
    );
  }

  /** 0..1: do the passages hold an answer? Arguments as `answerableFusionRow`. */
  answerable(...of: Parameters<typeof answerableFusionRow>): number {
    return sigmoid(linear(this.#file.answerable, answerableFusionRow(...of)));
  }
}

function linear(
  model: { readonly bias: number; readonly weights: readonly number[] },
  row: readonly number[],
): number {
  return row.reduce((sum, value, at) => sum + value * (model.weights[at] ?? 0), model.bias);
}
