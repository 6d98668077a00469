/**
 * Grows boosted trees by Newton steps (Chen & Guestrin 2016, XGBoost's exact gain with L2) over
 * histograms of feature values, from whatever gradients the loss gives. Deterministic: no sampling
 * but what `seed` drives.
 */
import {
  evaluateTrees,
  type BoostedTrees,
  type TreeNode,
} from '../../../src/core/boosted-trees.ts';
import { seededRandom } from './seeded-random.ts';

export interface GrowOptions {
  readonly rounds: number;
  readonly depth: number;
  readonly rate: number;
  readonly l2: number;
  /** Least sum of second derivatives in a leaf. */
  readonly minHessian: number;
  /** Share of features tried in each tree. */
  readonly featureShare: number;
  /** Share of rows each tree is grown on; all by default. */
  readonly rowShare?: number;
  /** Features (by index) that may be split on; all by default. */
  readonly allowed?: (feature: number) => boolean;
  readonly seed: number;
  /** Every score before the first tree. */
  readonly base: number;
  /** Per feature +1 (the score never falls as it grows), -1, or 0; keeps what was learnt from a few sources sane on others. */
  readonly directions?: readonly number[];
}

const BINS = 48;

/**
 * @param rows feature vectors, N x F
 * @param gradients fills `g` and `h` (first and second derivative of the loss by the score) for scores
 */
export function growTrees(
  rows: readonly ArrayLike<number>[],
  gradients: (scores: Float64Array, g: Float64Array, h: Float64Array) => void,
  options: GrowOptions,
): BoostedTrees {
  const { rounds, depth, rate, l2, minHessian, featureShare, seed, base, directions } = options;
  const { rowShare = 1, allowed = () => true } = options;
  const features = Array.from({ length: rows[0]?.length ?? 0 }, (_, feature) => feature);
  const random = seededRandom(seed);
  const edges = features.map((feature) => binEdges(rows.map((row) => row[feature] ?? 0)));
  const bins = features.map((feature) => {
    const list = edges[feature] ?? [];
    return Uint8Array.from(rows, (row) => lowerBound(list, row[feature] ?? 0));
  });
  const scores = new Float64Array(rows.length).fill(base);
  const g = new Float64Array(rows.length);
  const h = new Float64Array(rows.length);
  const trees: TreeNode[] = [];
  const all = Int32Array.from(rows, (_, index) => index);
  for (let round = 0; round < rounds; round += 1) {
    gradients(scores, g, h);
    const sample = rowShare < 1 ? all.filter(() => random() < rowShare) : all;
    const tried = features.filter((feature) => allowed(feature) && random() < featureShare);
    const grow = (members: Int32Array, level: number, low: number, high: number): TreeNode => {
      let sumG = 0;
      let sumH = 0;
      for (const member of members) {
        sumG += g[member] ?? 0;
        sumH += h[member] ?? 0;
      }
      const leaf = (): number => {
        const value = rate * Math.min(high, Math.max(low, -sumG / (sumH + l2)));
        for (const member of members) scores[member] = (scores[member] ?? 0) + value;
        return Number(value.toPrecision(5));
      };
      if (level === depth || sumH < 2 * minHessian) return leaf();
      const parent = (sumG * sumG) / (sumH + l2);
      let best = { gain: 1e-3, feature: -1, bin: 0, middle: 0 };
      for (const feature of tried) {
        const binG = new Float64Array(BINS + 1);
        const binH = new Float64Array(BINS + 1);
        const column = bins[feature] as Uint8Array;
        for (const member of members) {
          const bin = column[member] ?? 0;
          binG[bin] = (binG[bin] ?? 0) + (g[member] ?? 0);
          binH[bin] = (binH[bin] ?? 0) + (h[member] ?? 0);
        }
        let leftG = 0;
        let leftH = 0;
        for (let bin = 0; bin < (edges[feature]?.length ?? 0); bin += 1) {
          leftG += binG[bin] ?? 0;
          leftH += binH[bin] ?? 0;
          const rightH = sumH - leftH;
          if (leftH < minHessian || rightH < minHessian) continue;
          const rightG = sumG - leftG;
          const gain = (leftG * leftG) / (leftH + l2) + (rightG * rightG) / (rightH + l2) - parent;
          if (gain <= best.gain) continue;
          const clamp = (value: number): number => Math.min(high, Math.max(low, value));
          const leftValue = clamp(-leftG / (leftH + l2));
          const rightValue = clamp(-rightG / (rightH + l2));
          const direction = directions?.[feature] ?? 0;
          if (direction * (rightValue - leftValue) < 0) continue;
          best = { gain, feature, bin, middle: (leftValue + rightValue) / 2 };
        }
      }
      if (best.feature < 0) return leaf();
      const column = bins[best.feature] as Uint8Array;
      const left = members.filter((member) => (column[member] ?? 0) <= best.bin);
      const right = members.filter((member) => (column[member] ?? 0) > best.bin);
      const direction = directions?.[best.feature] ?? 0;
      return {
        f: best.feature,
        t: edges[best.feature]?.[best.bin] ?? 0,
        l: grow(
          left,
          level + 1,
          direction < 0 ? best.middle : low,
          direction > 0 ? best.middle : high,
        ),
        r: grow(
          right,
          level + 1,
          direction > 0 ? best.middle : low,
          direction < 0 ? best.middle : high,
        ),
      };
    };
    const tree = grow(sample, 0, -Infinity, Infinity);
    trees.push(tree);
    if (sample.length === all.length) continue;
    // The leaves have moved the sampled rows; the others follow the finished tree.
    const single = { base: 0, trees: [tree] };
    const grown = new Set(sample);
    for (const index of all) {
      if (grown.has(index)) continue;
      scores[index] = (scores[index] ?? 0) + evaluateTrees(single, rows[index] ?? []);
    }
  }
  return { base, trees };
}

/** At most BINS thresholds, at quantiles, between distinct values. */
function binEdges(values: readonly number[]): number[] {
  const sorted = [...new Set(values)].sort((a, b) => a - b);
  const all = [...values].sort((a, b) => a - b);
  if (sorted.length <= BINS)
    return sorted.slice(0, -1).map((value) => Number(value.toPrecision(6)));
  const edges = new Set<number>();
  for (let bin = 1; bin < BINS; bin += 1) {
    edges.add(Number((all[Math.floor((bin * all.length) / BINS)] ?? 0).toPrecision(6)));
  }
  return [...edges].sort((a, b) => a - b);
}

/** Index of the first edge that is >= value: the bin, so that `bin <= i` means `value <= edges[i]`. */
function lowerBound(edges: readonly number[], value: number): number {
  let low = 0;
  let high = edges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((edges[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
