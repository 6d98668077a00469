/**
 * Gradient boosting of small regression trees for a weighted logistic loss, with features cut into 48
 * bins (Friedman 2001; histogram splits as in LightGBM). Deterministic: the only randomness is a
 * seeded sample of rows and features per tree.
 */
import type { BoostedTrees } from '../block-model.ts';

export interface BoostOptions {
  readonly rounds: number;
  readonly depth: number;
  readonly rate: number;
  readonly lambda: number;
  readonly minHessian: number;
  readonly rowShare: number;
  readonly featureShare: number;
  readonly seed: number;
}

const BINS = 48;

function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function edgesOf(rows: readonly Float32Array[], feature: number): number[] {
  const step = Math.max(1, Math.floor(rows.length / 5_000));
  const values: number[] = [];
  for (let index = 0; index < rows.length; index += step) values.push(rows[index]![feature]!);
  values.sort((a, b) => a - b);
  const edges: number[] = [];
  for (let bin = 1; bin < BINS; bin += 1) {
    const edge = values[Math.floor((bin * values.length) / BINS)]!;
    if (edges.length === 0 || edge > edges[edges.length - 1]!) edges.push(edge);
  }
  return edges;
}

const rounded = (value: number): number => Number(value.toPrecision(4));

interface Growing {
  readonly rows: Int32Array;
  readonly depth: number;
  readonly node: number;
}

/** Fits `rounds` trees. `labels` are 0..1 (soft labels are fine), `weights` >= 0. */
export function fitBoostedTrees(
  rows: readonly Float32Array[],
  labels: Float32Array,
  weights: Float32Array,
  options: BoostOptions,
): BoostedTrees {
  const count = rows.length;
  const width = rows[0]?.length ?? 0;
  const random = randomFrom(options.seed);
  const edges = Array.from({ length: width }, (_, feature) => edgesOf(rows, feature).map(rounded));
  const bins = edges.map((cuts, feature) => {
    const column = new Uint8Array(count);
    for (let index = 0; index < count; index += 1) {
      const value = rows[index]![feature]!;
      let low = 0;
      let high = cuts.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (value <= cuts[middle]!) high = middle;
        else low = middle + 1;
      }
      column[index] = low;
    }
    return column;
  });
  let positive = 0;
  let total = 0;
  for (let index = 0; index < count; index += 1) {
    positive += weights[index]! * labels[index]!;
    total += weights[index]!;
  }
  const bias = rounded(Math.log((positive + 1e-6) / (total - positive + 1e-6)));
  const scores = new Float64Array(count).fill(bias);
  const gradient = new Float64Array(count);
  const hessian = new Float64Array(count);
  const trees: number[][] = [];
  const sumG = new Float64Array(BINS);
  const sumH = new Float64Array(BINS);

  for (let round = 0; round < options.rounds; round += 1) {
    const sample: number[] = [];
    for (let index = 0; index < count; index += 1) {
      const p = 1 / (1 + Math.exp(-scores[index]!));
      gradient[index] = weights[index]! * (p - labels[index]!);
      hessian[index] = weights[index]! * Math.max(1e-6, p * (1 - p));
      if (random() < options.rowShare) sample.push(index);
    }
    const features: number[] = [];
    for (let feature = 0; feature < width; feature += 1) {
      if (edges[feature]!.length > 0 && random() < options.featureShare) features.push(feature);
    }
    const tree: number[] = [0, 0, 0, 0];
    const queue: Growing[] = [{ rows: Int32Array.from(sample), depth: 0, node: 0 }];
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
      let g = 0;
      let h = 0;
      for (const row of item.rows) {
        g += gradient[row]!;
        h += hessian[row]!;
      }
      const leaf = (): void => {
        tree[item.node * 4] = -1;
        tree[item.node * 4 + 1] = rounded((-g / (h + options.lambda)) * options.rate);
      };
      if (item.depth >= options.depth || h < 2 * options.minHessian) {
        leaf();
        continue;
      }
      const base = (g * g) / (h + options.lambda);
      let best = 1e-4;
      let bestFeature = -1;
      let bestBin = 0;
      for (const feature of features) {
        const column = bins[feature]!;
        sumG.fill(0);
        sumH.fill(0);
        for (const row of item.rows) {
          const bin = column[row]!;
          sumG[bin]! += gradient[row]!;
          sumH[bin]! += hessian[row]!;
        }
        let leftG = 0;
        let leftH = 0;
        for (let bin = 0; bin < edges[feature]!.length; bin += 1) {
          leftG += sumG[bin]!;
          leftH += sumH[bin]!;
          const rightH = h - leftH;
          if (leftH < options.minHessian || rightH < options.minHessian) continue;
          const rightG = g - leftG;
          const gain =
            (leftG * leftG) / (leftH + options.lambda) +
            (rightG * rightG) / (rightH + options.lambda) -
            base;
          if (gain > best) {
            best = gain;
            bestFeature = feature;
            bestBin = bin;
          }
        }
      }
      if (bestFeature < 0) {
        leaf();
        continue;
      }
      const column = bins[bestFeature]!;
      const left = tree.length / 4;
      tree.push(0, 0, 0, 0, 0, 0, 0, 0);
      tree[item.node * 4] = bestFeature;
      tree[item.node * 4 + 1] = edges[bestFeature]![bestBin]!;
      tree[item.node * 4 + 2] = left;
      tree[item.node * 4 + 3] = left + 1;
      queue.push(
        {
          rows: item.rows.filter((row) => column[row]! <= bestBin),
          depth: item.depth + 1,
          node: left,
        },
        {
          rows: item.rows.filter((row) => column[row]! > bestBin),
          depth: item.depth + 1,
          node: left + 1,
        },
      );
    }
    trees.push(tree);
    for (let index = 0; index < count; index += 1) {
      const row = rows[index]!;
      let node = 0;
      while (tree[node] !== -1)
        node = (row[tree[node]!]! <= tree[node + 1]! ? tree[node + 2]! : tree[node + 3]!) * 4;
      scores[index]! += tree[node + 1]!;
    }
  }
  return { bias, trees };
}
