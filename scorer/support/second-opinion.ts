/**
 * What the reader says of a claim and its evidence, joined with the judge by features. A pass over an
 * answer notes the pairs on which the reader could change the verdict; the reader is asked about those
 * nearest to the threshold; a second pass uses what it said. Without a reader the first pass stands.
 */
import { z } from 'zod';
import { sigmoid } from '../../src/core/boosted-trees.ts';
import { readFittedModel } from '../../src/runtime/fitted-model.ts';

/** Log-odds = features × logit(features' probability) + reader × logit(reader's) + bias. */
export interface OpinionWeights {
  readonly features: number;
  readonly reader: number;
  readonly bias: number;
}

const weightsSchema = z.strictObject({
  features: z.number(),
  reader: z.number(),
  bias: z.number(),
});
let weights: OpinionWeights | undefined;

/** As `eval/bench/scoring/measure-cross-encoder-support.ts --write` wrote them; read once. */
function model(): OpinionWeights {
  // Its weights are named one by one: the schema is the check.
  weights ??= readFittedModel('scorer/support/second-opinion.json', weightsSchema, () => []);
  return weights;
}

/** Neither judge is ever surer than this. */
const SUREST = 0.98;

/** Log-odds of a probability, bounded so that one judge alone cannot decide whatever the other says. */
export function boundedLogit(probability: number): number {
  const bounded = Math.min(SUREST, Math.max(1 - SUREST, probability));
  return Math.log(bounded / (1 - bounded));
}

/** 0..1, calibrated: both opinions together. */
export function joinOpinions(features: number, reader: number, given = model()): number {
  return sigmoid(
    given.features * boundedLogit(features) + given.reader * boundedLogit(reader) + given.bias,
  );
}

export interface Pair {
  readonly claim: string;
  readonly text: string;
}

const keyOf = ({ claim, text }: Pair): string => `${claim}\u0000${text}`;

/** The reader's opinions on the pairs of one answer. */
export class SecondOpinions {
  readonly #known = new Map<string, number>();
  readonly #wanted = new Map<string, { readonly pair: Pair; readonly doubt: number }>();

  /**
   * The probability with the reader's opinion where it is known; else `features`, and the pair is noted
   * when the opinion could bring it to the other side of one half.
   */
  join(pair: Pair, features: number): number {
    const key = keyOf(pair);
    const reader = this.#known.get(key);
    if (reader !== undefined) return joinOpinions(features, reader);
    const least = joinOpinions(features, 0);
    const most = joinOpinions(features, 1);
    if (least < 0.5 && most >= 0.5) {
      this.#wanted.set(key, { pair, doubt: Math.abs(least + most - 1) });
    }
    return features;
  }

  /** Has the reader been heard on this pair? */
  knows(pair: Pair): boolean {
    return this.#known.has(keyOf(pair));
  }

  /** The pairs that were noted and are not known yet, the most doubtful first. */
  wanted(limit: number): readonly Pair[] {
    return [...this.#wanted.entries()]
      .filter(([key]) => !this.#known.has(key))
      .map(([, one]) => one)
      .sort((a, b) => a.doubt - b.doubt)
      .slice(0, limit)
      .map(({ pair }) => pair);
  }

  /** @param reader the reader's probability, 0..1 */
  learn(pair: Pair, reader: number): void {
    this.#known.set(keyOf(pair), reader);
  }
}
