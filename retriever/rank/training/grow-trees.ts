/** Growing boosted trees by histograms of feature values, deterministic. */
import type { BoostedTrees, Tree } from '../boosted-trees.ts';
import { evaluateTrees, sigmoid } from '../boosted-trees.ts';

export interface TrainingSet {
  readonly rows: readonly Float64Array[];
  /** 0 or 1. */
  readonly labels: Float64Array;
  readonly weights: Float64Array;
  /** Rows of one question have the same number and stand together; for the listwise loss. */
  readonly groups: Int32Array;
}

export interface GrowOptions {
  readonly features: readonly string[];
  readonly trees: number;
  readonly depth: number;
  readonly rate: number;
  readonly minWeight: number;
  readonly lambda: number;
  /** Features that may be split on; all by default. */
  readonly allowed?: (feature: string) => boolean;
  /** Share of the listwise softmax gradient mixed with the logistic one, 0..1. */
  readonly listwise: number;
}

const BINS = 48;

/** Trains with the logistic loss, mixed with a listwise softmax loss within each question. */
export function growTrees(data: TrainingSet, options: GrowOptions): BoostedTrees {
  const { features } = options;
  const n = data.rows.length;
  const edges = features.map((_, feature) => binEdges(data.rows, feature));
  const bins = features.map((_, feature) => {
    const column = new Uint8Array(n);
    const limits = edges[feature] ?? [];
    for (let row = 0; row < n; row += 1) {
      column[row] = lowerBound(limits, data.rows[row]?.[feature] ?? 0);
    }
    return column;
  });
  const positive = sum(data.labels, data.weights) / Math.max(1e-9, total(data.weights));
  const model: BoostedTrees = {
    features: [...features],
    base: Math.log(Math.max(1e-6, positive) / Math.max(1e-6, 1 - positive)),
    trees: [],
  };
  const scores = new Float64Array(n).fill(model.base);
  const gradient = new Float64Array(n);
  const hessian = new Float64Array(n);
  const usable = features.flatMap((name, feature) =>
    options.allowed?.(name) === false ? [] : [feature],
  );
  for (let round = 0; round < options.trees; round += 1) {
    computeGradients(data, scores, options.listwise, gradient, hessian);
    const tree = growTree(bins, edges, gradient, hessian, usable, options);
    model.trees.push(tree);
    const single: BoostedTrees = { features: model.features, base: 0, trees: [tree] };
    for (let row = 0; row < n; row += 1) {
      scores[row] = (scores[row] ?? 0) + evaluateTrees(single, data.rows[row] ?? []);
    }
  }
  return model;
}

function computeGradients(
  data: TrainingSet,
  scores: Float64Array,
  listwise: number,
  gradient: Float64Array,
  hessian: Float64Array,
): void {
  const n = scores.length;
  for (let start = 0; start < n;) {
    let end = start;
    let most = -Infinity;
    let positives = 0;
    while (end < n && data.groups[end] === data.groups[start]) {
      most = Math.max(most, scores[end] ?? 0);
      positives += data.labels[end] ?? 0;
      end += 1;
    }
    let normal = 0;
    for (let row = start; row < end; row += 1) normal += Math.exp((scores[row] ?? 0) - most);
    for (let row = start; row < end; row += 1) {
      const score = scores[row] ?? 0;
      const label = data.labels[row] ?? 0;
      const weight = data.weights[row] ?? 1;
      const p = sigmoid(score);
      let g = (1 - listwise) * (p - label);
      let h = (1 - listwise) * p * (1 - p);
      if (listwise > 0 && positives > 0) {
        const q = Math.exp(score - most) / normal;
        g += listwise * (q - label / positives);
        h += listwise * q * (1 - q);
      }
      gradient[row] = weight * g;
      hessian[row] = weight * Math.max(1e-6, h);
    }
    start = end;
  }
}

function growTree(
  bins: readonly Uint8Array[],
  edges: readonly (readonly number[])[],
  gradient: Float64Array,
  hessian: Float64Array,
  usable: readonly number[],
  options: GrowOptions,
): Tree {
  const tree: Tree = { feature: [], threshold: [], left: [], right: [], leaf: [] };
  const build = (rows: Int32Array, depth: number): number => {
    const split = depth === 0 ? null : bestSplit(rows, bins, gradient, hessian, usable, options);
    if (split === null) {
      let g = 0;
      let h = 0;
      for (const row of rows) {
        g += gradient[row] ?? 0;
        h += hessian[row] ?? 0;
      }
      tree.leaf.push(Number(((-g / (h + options.lambda)) * options.rate).toFixed(5)));
      return -tree.leaf.length;
    }
    const node = tree.feature.length;
    tree.feature.push(split.feature);
    tree.threshold.push(edges[split.feature]?.[split.bin] ?? 0);
    tree.left.push(0);
    tree.right.push(0);
    const column = bins[split.feature] ?? new Uint8Array();
    tree.left[node] = build(
      rows.filter((row) => (column[row] ?? 0) <= split.bin),
      depth - 1,
    );
    tree.right[node] = build(
      rows.filter((row) => (column[row] ?? 0) > split.bin),
      depth - 1,
    );
    return node;
  };
  build(
    Int32Array.from({ length: gradient.length }, (_, row) => row),
    options.depth,
  );
  return tree;
}

function bestSplit(
  rows: Int32Array,
  bins: readonly Uint8Array[],
  gradient: Float64Array,
  hessian: Float64Array,
  usable: readonly number[],
  options: GrowOptions,
): { readonly feature: number; readonly bin: number } | null {
  let best: { feature: number; bin: number } | null = null;
  let bestGain = 1e-3;
  const g = new Float64Array(BINS);
  const h = new Float64Array(BINS);
  const score = (a: number, b: number): number => (a * a) / (b + options.lambda);
  for (const feature of usable) {
    const column = bins[feature] ?? new Uint8Array();
    g.fill(0);
    h.fill(0);
    let allG = 0;
    let allH = 0;
    for (const row of rows) {
      const bin = column[row] ?? 0;
      const gr = gradient[row] ?? 0;
      const he = hessian[row] ?? 0;
      g[bin] = (g[bin] ?? 0) + gr;
      h[bin] = (h[bin] ?? 0) + he;
      allG += gr;
      allH += he;
    }
    let leftG = 0;
    let leftH = 0;
    for (let bin = 0; bin < BINS - 1; bin += 1) {
      leftG += g[bin] ?? 0;
      leftH += h[bin] ?? 0;
      if (leftH < options.minWeight || allH - leftH < options.minWeight) continue;
      const gain = score(leftG, leftH) + score(allG - leftG, allH - leftH) - score(allG, allH);
      if (gain > bestGain) {
        bestGain = gain;
        best = { feature, bin };
      }
    }
  }
  return best;
}

/** Upper edges of quantile bins: value <= edges[b] falls in bin b at most. */
function binEdges(rows: readonly Float64Array[], feature: number): number[] {
  const step = Math.max(1, Math.floor(rows.length / 20_000));
  const values: number[] = [];
  for (let row = 0; row < rows.length; row += step) values.push(rows[row]?.[feature] ?? 0);
  values.sort((a, b) => a - b);
  const edges: number[] = [];
  for (let bin = 1; bin < BINS; bin += 1) {
    const value = Number((values[Math.floor((bin * values.length) / BINS)] ?? 0).toPrecision(6));
    if (edges.length === 0 || value > (edges.at(-1) ?? 0)) edges.push(value);
  }
  return edges;
}

function lowerBound(edges: readonly number[], value: number): number {
  let low = 0;
  let high = edges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (value <= (edges[middle] ?? 0)) high = middle;
    else low = middle + 1;
  }
  return low;
}

function total(values: Float64Array): number {
  return values.reduce((all, value) => all + value, 0);
}

function sum(values: Float64Array, weights: Float64Array): number {
  return values.reduce((all, value, at) => all + value * (weights[at] ?? 1), 0);
}
