/** How the support judge by features is trained and measured; see `train-support.ts`. */
import { round } from '../trees/round.ts';
import { evaluateTrees, sigmoid, type BoostedTrees } from '../../../src/core/boosted-trees.ts';
import { growTrees } from '../trees/grow-trees.ts';
import {
  profileReference,
  supportFacts,
  SUPPORT_FEATURES,
} from '../../../scorer/support/features.ts';
import { profileOf } from '../../../scorer/support/text-profile.ts';
import { claimText } from '../../../scorer/support/support.ts';
import type { LabelledClaim } from './support-data.ts';

export interface Example extends LabelledClaim {
  readonly features: readonly number[];
  readonly factMissing: boolean;
}

export function featurise(claims: readonly LabelledClaim[]): Example[] {
  return claims.map((claim) => {
    const facts = supportFacts(
      profileOf(claimText(claim.claim)),
      claim.references.map((reference) => profileReference(reference)),
    );
    return { ...claim, features: facts.features, factMissing: facts.factMissing };
  });
}

const RISING = new Set<string>([
  'bestSentence',
  'bestWindow',
  'whole',
  'topThree',
  'pairOrderWindow',
  'pairOrderWhole',
  'longestRun',
  'unweighted',
  'idfWindow',
  'idfWhole',
  'nounsAtEnd',
]);
const FALLING = new Set<string>([
  'quantitiesMissingWindow',
  'quantitiesMissingWhole',
  'namesMissingWindow',
  'namesMissingWhole',
  'negationClashes',
  'antonymClashes',
  'heaviestUncovered',
  'uncoveredRun',
]);
/** Corrupted sentences keep exact facts exact, in Chinese too; they are easy, and many. */
const SOURCE_WEIGHTS: Readonly<Record<string, number>> = { corrupted: 0.02 };

interface FitOptions {
  readonly rounds: number;
  readonly depth: number;
}
export const SHIPPED: FitOptions = { rounds: 160, depth: 4 };

export function fitSupport(
  examples: readonly Example[],
  { rounds, depth }: FitOptions,
): BoostedTrees {
  // Each source counts the same for and against, so that 0.5 is the even point everywhere.
  const counts = new Map<string, number>();
  const key = (example: Example): string => `${example.source}:${example.attributable}`;
  for (const example of examples) counts.set(key(example), (counts.get(key(example)) ?? 0) + 1);
  const size = (source: string): number =>
    (counts.get(`${source}:true`) ?? 0) + (counts.get(`${source}:false`) ?? 0);
  const weight = examples.map(
    (example) =>
      ((SOURCE_WEIGHTS[example.source] ?? 1) * size(example.source)) /
      2 /
      (counts.get(key(example)) ?? 1),
  );
  return growTrees(
    examples.map(({ features }) => features),
    (scores, g, h) => {
      examples.forEach((example, index) => {
        const p = sigmoid(scores[index] ?? 0);
        const w = weight[index] ?? 1;
        g[index] = w * (p - (example.attributable ? 1 : 0));
        h[index] = w * Math.max(p * (1 - p), 1e-6);
      });
    },
    {
      rounds,
      depth,
      rate: 0.04,
      l2: 5,
      minHessian: 4,
      featureShare: 0.4,
      rowShare: 0.7,
      seed: 7,
      base: 0,
      directions: SUPPORT_FEATURES.map((name) =>
        RISING.has(name) ? 1 : FALLING.has(name) ? -1 : 0,
      ),
    },
  );
}

export function balancedAccuracy(
  examples: readonly Example[],
  scores: readonly number[],
  threshold = 0.5,
): number {
  const rate = (attributable: boolean): number => {
    const some = examples
      .map((example, index) => ({ example, score: scores[index] ?? 0 }))
      .filter(({ example }) => example.attributable === attributable);
    return (
      some.filter(({ score }) => score >= threshold === attributable).length /
      Math.max(1, some.length)
    );
  };
  return (rate(true) + rate(false)) / 2;
}

export function bestThreshold(
  examples: readonly Example[],
  scores: readonly number[],
): { threshold: number; accuracy: number } {
  let best = { threshold: 0.5, accuracy: 0 };
  for (let threshold = 0; threshold <= 1; threshold += 0.01) {
    const accuracy = balancedAccuracy(examples, scores, threshold);
    if (accuracy > best.accuracy) best = { threshold, accuracy };
  }
  return best;
}

const foldOf = (group: string): number => {
  let hash = 7;
  for (const character of group)
    hash = (Math.imul(hash, 31) + (character.codePointAt(0) ?? 0)) >>> 0;
  return hash % 5;
};

/** Scores of `measured`, each by a model that saw nothing of its question. */
export function crossValidate(measured: readonly Example[], others: readonly Example[]): number[] {
  const scores = Array.from<number>({ length: measured.length }).fill(0);
  for (let fold = 0; fold < 5; fold += 1) {
    const model = fitSupport(
      [...measured, ...others].filter(({ group }) => foldOf(group) !== fold),
      SHIPPED,
    );
    measured.forEach((example, index) => {
      if (foldOf(example.group) === fold)
        scores[index] = sigmoid(evaluateTrees(model, example.features));
    });
  }
  return scores;
}

export function bySource(
  examples: readonly Example[],
  scores: readonly number[],
): Record<string, { n: number; balancedAccuracy: number }> {
  return Object.fromEntries(
    [...new Set(examples.map(({ source }) => source))].sort().map((source) => {
      const places = examples.flatMap((example, index) =>
        example.source === source ? [index] : [],
      );
      const some = places.map((place) => examples[place] as Example);
      return [
        source,
        {
          n: some.length,
          balancedAccuracy: round(
            balancedAccuracy(
              some,
              places.map((place) => scores[place] ?? 0),
            ),
          ),
        },
      ];
    }),
  );
}
