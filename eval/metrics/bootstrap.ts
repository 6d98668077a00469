/** Paired bootstrap (Efron and Tibshirani 1993; Koehn 2004 for comparing systems on the same items). */
import { seededRandom } from '../lab/trees/seeded-random.ts';

export interface PairedDifference {
  readonly pairs: number;
  readonly a: number;
  readonly b: number;
  /** Mean of b - a, and its 95 % percentile interval. */
  readonly difference: number;
  readonly low: number;
  readonly high: number;
  /** Two-sided: twice the share of resamples on the other side of 0. */
  readonly p: number;
}

const RESAMPLES = 2_000;

/** @param pairs values of one metric on the same questions: run A's and run B's */
export function pairedBootstrap(
  pairs: readonly (readonly [number, number])[],
  seed = 1,
): PairedDifference {
  const mean = (values: readonly number[]): number =>
    values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
  const differences = pairs.map(([a, b]) => b - a);
  const random = seededRandom(seed);
  const resampled = Array.from({ length: RESAMPLES }, () => {
    let sum = 0;
    for (let index = 0; index < differences.length; index += 1) {
      sum += differences[Math.floor(random() * differences.length)] ?? 0;
    }
    return differences.length === 0 ? 0 : sum / differences.length;
  }).toSorted((a, b) => a - b);
  const at = (share: number): number =>
    resampled[Math.min(RESAMPLES - 1, Math.floor(share * RESAMPLES))] ?? 0;
  const below = resampled.filter((value) => value <= 0).length / RESAMPLES;
  const above = resampled.filter((value) => value >= 0).length / RESAMPLES;
  return {
    pairs: pairs.length,
    a: mean(pairs.map(([a]) => a)),
    b: mean(pairs.map(([, b]) => b)),
    difference: mean(differences),
    low: at(0.025),
    high: at(0.975),
    p: Math.min(1, 2 * Math.min(below, above)),
  };
}
