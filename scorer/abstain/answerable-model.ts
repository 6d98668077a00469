/**
 * Whether to answer: one calibrated probability of what the ranking believes and of what the question's
 * own words say against the best evidence. Two small logistic models, fitted by
 * `eval/lab/answerable/fit-answerable.ts`: the first compares words and has seen thousands of near misses, the
 * second weighs it against the ranking on pages that the cross-encoder has not seen.
 */
import { z } from 'zod';
import { sigmoid } from '../../src/core/boosted-trees.ts';
import type { Reference } from '../../src/core/nouns.ts';
import { readFittedModel } from '../../src/runtime/fitted-model.ts';
import { isUnspaced, WORD_FEATURES, wordFeatures } from './answerable-features.ts';

export const DECISION_FEATURES = [
  'ranking',
  'words',
  'unspacedWords',
  'unspaced',
  'pages',
] as const;

const linearSchema = z.strictObject({
  features: z.array(z.string()),
  bias: z.number(),
  weights: z.array(z.number()),
});
const fileSchema = z.strictObject({
  words: linearSchema,
  decision: linearSchema,
  /** Least probability of an answer that is given: most scripts, and those without spaces. */
  threshold: z.number(),
  unspacedThreshold: z.number(),
});

export interface Linear {
  readonly bias: number;
  readonly weights: readonly number[];
}

export const linear = ({ bias, weights }: Linear, row: readonly number[]): number =>
  row.reduce((sum, value, at) => sum + value * (weights[at] ?? 0), bias);

/**
 * One row of `DECISION_FEATURES`.
 * @param words log-odds of the first model
 */
export function decisionRow(
  question: string,
  words: number,
  answerability: number,
  pages: number,
): number[] {
  const unspaced = isUnspaced(question);
  const safe = Math.min(1 - 1e-4, Math.max(1e-4, answerability));
  return [
    Math.log(safe / (1 - safe)),
    unspaced ? 0 : words,
    unspaced ? words : 0,
    unspaced ? 1 : 0,
    Math.log2(1 + pages),
  ];
}

export class AnswerableModel {
  readonly #file: z.infer<typeof fileSchema>;

  /** @throws FootnoteError `model-invalid` when the file does not fit this program */
  constructor(path: string = 'scorer/selection/answerable-weights.json') {
    this.#file = readFittedModel(path, fileSchema, ({ words, decision }) => [
      { fitted: words.features, own: WORD_FEATURES, weights: [words.weights] },
      { fitted: decision.features, own: DECISION_FEATURES, weights: [decision.weights] },
    ]);
  }

  /** Least probability at which a question is answered. */
  threshold(question: string): number {
    return isUnspaced(question) ? this.#file.unspacedThreshold : this.#file.threshold;
  }

  /**
   * 0..1: do the references hold an answer to the question?
   * @param answerability 0..1, of the ranking
   * @param pages how many were read
   */
  probability(
    question: string,
    references: readonly Reference[],
    answerability: number,
    pages: number,
  ): number {
    const words = linear(this.#file.words, wordFeatures(question, references));
    return sigmoid(linear(this.#file.decision, decisionRow(question, words, answerability, pages)));
  }
}
