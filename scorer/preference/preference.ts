/**
 * The human-preference model: a linear score of substance features, trained by pairwise logistic loss
 * (Bradley-Terry), so that which of two answers stands first cannot matter. Weights and report are made by
 * `npx tsx scorer/training/train-preference.ts`.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/core/package-root.ts';
import { preferenceFeatures, type PreferenceInput } from './preference-features.ts';

export type { PreferenceInput };

export interface PreferenceWeights {
  readonly features: readonly string[];
  readonly mean: readonly number[];
  readonly scale: readonly number[];
  readonly linear: readonly number[];
}

let weights: PreferenceWeights | undefined;

function model(): PreferenceWeights {
  weights ??= JSON.parse(
    readFileSync(join(packageRoot, 'scorer', 'preference', 'preference-weights.json'), 'utf8'),
  ) as PreferenceWeights;
  return weights;
}

/** Score of a feature vector in log-odds: the difference of two gives P(first preferred) by sigmoid. */
export function scoreFeatures(features: readonly number[], weights: PreferenceWeights): number {
  let sum = 0;
  weights.linear.forEach((weight, index) => {
    sum +=
      (weight * ((features[index] ?? 0) - (weights.mean[index] ?? 0))) /
      (weights.scale[index] ?? 1);
  });
  return sum;
}

/** How much people would prefer this answer; higher is better, comparable for one question only. */
export function preference(input: PreferenceInput): number {
  return scoreFeatures(preferenceFeatures(input), model());
}
