/** How the preference model is fitted and measured; see `train-preference.ts`. */
import { sigmoid } from '../../../src/core/boosted-trees.ts';
import { round } from '../trees/round.ts';
import { stableHash } from '../trees/stable-hash.ts';
import { scoreFeatures, type PreferenceWeights } from '../../../scorer/preference/preference.ts';
import type { Pair } from './preference-data.ts';

export interface FitOptions {
  /** Ridge on the weights of scaled features. */
  readonly penalty: number;
  /** 0 to 1; see `weightsOf`. */
  readonly balance: number;
}

const family = (source: string): string => source.split('/')[0]?.replace(/\(.*/u, '') ?? source;

/**
 * A family of sources weighs by the root of its size, or the largest would decide alone. `balance` 0 to 1:
 * how far pairs whose better answer is the longer one are brought down to half of the weight, so that
 * length by itself tells nothing.
 */
function weightsOf(data: readonly Pair[], balance: number): number[] {
  const sizes = new Map<string, number>();
  for (const { source } of data) sizes.set(family(source), (sizes.get(family(source)) ?? 0) + 1);
  const longer = data.filter((pair) => pair.longer > 0).length / data.length;
  const raw = data.map((pair) => {
    const half = 0.5 / (pair.longer > 0 ? longer : 1 - longer);
    return (1 - balance + balance * half) / Math.sqrt(sizes.get(family(pair.source)) ?? 1);
  });
  const mean = raw.reduce((sum, value) => sum + value, 0) / raw.length;
  return raw.map((value) => value / mean);
}

/** Pairwise logistic regression (Bradley-Terry) with a ridge; gradient steps with momentum. */
export function fitLinear(
  data: readonly Pair[],
  names: readonly string[],
  { penalty: l2, balance }: FitOptions,
): PreferenceWeights {
  const size = names.length;
  const rows = data.flatMap(({ better, worse }) => [better, worse]);
  const mean = names.map((_, f) => rows.reduce((sum, row) => sum + (row[f] ?? 0), 0) / rows.length);
  // The spread between two answers of one question: what differs between questions only cannot count.
  const scale = names.map(
    (_, f) =>
      Math.sqrt(
        data.reduce(
          (sum, { better, worse }) => sum + ((better[f] ?? 0) - (worse[f] ?? 0)) ** 2,
          0,
        ) / data.length,
      ) || 1,
  );
  const deltas = data.map(({ better, worse }) =>
    Float64Array.from(names, (_, f) => ((better[f] ?? 0) - (worse[f] ?? 0)) / (scale[f] ?? 1)),
  );
  const weight = weightsOf(data, balance);
  const linear = new Float64Array(size);
  const velocity = new Float64Array(size);
  for (let step = 0; step < 300; step += 1) {
    const gradient = new Float64Array(size);
    deltas.forEach((delta, index) => {
      let z = 0;
      for (let f = 0; f < size; f += 1) z += (linear[f] ?? 0) * (delta[f] ?? 0);
      const pull = (weight[index] ?? 1) * (sigmoid(z) - 1);
      for (let f = 0; f < size; f += 1) gradient[f] = (gradient[f] ?? 0) + pull * (delta[f] ?? 0);
    });
    for (let f = 0; f < size; f += 1) {
      const g = (gradient[f] ?? 0) / data.length + l2 * (linear[f] ?? 0);
      velocity[f] = 0.9 * (velocity[f] ?? 0) - 0.15 * g;
      linear[f] = (linear[f] ?? 0) + (velocity[f] ?? 0);
    }
  }
  return {
    features: names,
    mean: mean.map((value) => Number(value.toPrecision(6))),
    scale: scale.map((value) => Number(value.toPrecision(6))),
    linear: Array.from(linear, (value) => Number(value.toPrecision(5))),
  };
}

export const margin = (model: PreferenceWeights, { better, worse }: Pair): number =>
  scoreFeatures(better, model) - scoreFeatures(worse, model);

export function accuracy(
  model: PreferenceWeights,
  data: readonly Pair[],
): { n: number; accuracy: number; longerWins: number } {
  const half = (value: number): number => (value > 0 ? 1 : value === 0 ? 0.5 : 0);
  const mean = (value: (pair: Pair) => number): number =>
    round(data.reduce((sum, pair) => sum + value(pair), 0) / Math.max(1, data.length));
  return {
    n: data.length,
    accuracy: mean((pair) => half(margin(model, pair))),
    longerWins: mean(({ longer }) => half(longer)),
  };
}

export function grouped(
  model: PreferenceWeights,
  data: readonly Pair[],
  key: (pair: Pair) => string,
): Record<string, unknown> {
  return Object.fromEntries(
    [...new Set(data.map(key))].sort().map((name) => [
      name,
      accuracy(
        model,
        data.filter((pair) => key(pair) === name),
      ),
    ]),
  );
}

const FOLDS = 4;

/** Margins of each pair by a model that saw nothing of its prompt. */
export function crossValidate(
  data: readonly Pair[],
  names: readonly string[],
  options: FitOptions,
): number[] {
  const fold = ({ group }: Pair): number => stableHash(`preference ${group}`) % FOLDS;
  const models = Array.from({ length: FOLDS }, (_, at) =>
    fitLinear(
      data.filter((pair) => fold(pair) !== at),
      names,
      options,
    ),
  );
  return data.map((pair) => margin(models[fold(pair)] as PreferenceWeights, pair));
}

/** The factor that makes unseen margins log-odds (least log-loss): a strong penalty shrinks them. */
export function temperature(margins: readonly number[]): number {
  const loss = (factor: number): number =>
    margins.reduce((sum, value) => sum + Math.log(1 + Math.exp(-factor * value)), 0);
  const factors = Array.from({ length: 60 }, (_, step) => 0.2 * 1.08 ** step);
  return factors.reduce((best, factor) => (loss(factor) < loss(best) ? factor : best));
}
