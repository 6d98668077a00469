/**
 * The human-preference model: a linear score of substance features, trained by pairwise logistic loss
 * (Bradley-Terry), so that which of two answers stands first cannot matter. Weights and report are made by
 * `eval/lab/preference/train-preference.ts`.
 */
import { z } from 'zod';
import { readFittedModel } from '../../src/runtime/fitted-model.ts';
import {
  readAnswer,
  READING_FEATURES,
  readingFeatures,
  type AnswerModels,
} from './answer-readings.ts';
import {
  PREFERENCE_FEATURES,
  preferenceFeatures,
  type PreferenceInput,
} from './preference-features.ts';

export type { PreferenceInput };

export interface PreferenceWeights {
  readonly features: readonly string[];
  readonly mean: readonly number[];
  readonly scale: readonly number[];
  readonly linear: readonly number[];
}

const files = {
  /** Features alone. */
  plain: { name: 'preference-weights.json', features: PREFERENCE_FEATURES },
  /** Features, and what cross-encoder and embedder say. */
  read: {
    name: 'read-preference-weights.json',
    features: [...PREFERENCE_FEATURES, ...READING_FEATURES],
  },
} as const;
const loaded: Partial<Record<keyof typeof files, PreferenceWeights>> = {};

const numbers = z.array(z.number());
const weightsSchema = z.strictObject({
  features: z.array(z.string()),
  mean: numbers,
  scale: numbers,
  linear: numbers,
});

/** @throws FootnoteError `model-invalid` when the weights are not of the features of this kind */
function readPreferenceWeights(path: string, kind: keyof typeof files): PreferenceWeights {
  return readFittedModel(path, weightsSchema, ({ features, mean, scale, linear }) => [
    { fitted: features, own: files[kind].features, weights: [mean, scale, linear] },
  ]);
}

function model(name: keyof typeof files): PreferenceWeights {
  loaded[name] ??= readPreferenceWeights(`scorer/preference/${files[name].name}`, name);
  return loaded[name];
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

/**
 * How much people would prefer this answer, by features alone (some 2 ms); higher is better, comparable for
 * one question only.
 */
export function preference(input: PreferenceInput): number {
  return scoreFeatures(preferenceFeatures(input), model('plain'));
}

/**
 * The same with what the cross-encoder and the embedder say of question and answer, some 50 ms more. Not to be
 * compared with `preference`.
 * @throws FootnoteError `cancelled`, `timeout`
 */
export async function preferenceWithModels(
  input: PreferenceInput,
  models: AnswerModels,
  options: { readonly signal: AbortSignal },
): Promise<number> {
  const readings = await readAnswer(input, models, options);
  const referenced = (input.references ?? []).length > 0;
  const features = [...preferenceFeatures(input), ...readingFeatures(readings, referenced)];
  return scoreFeatures(features, model('read'));
}
