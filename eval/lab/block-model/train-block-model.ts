/* oxlint-disable no-console -- a training script reports on the terminal */
/**
 * Trains `block-model.json` and prints the figures cross-validated by site and, apart, the fitted
 * ones. One command: `npx tsx eval/lab/block-model/train-block-model.ts [--write]`.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readJsonLines } from '../../run/read-json-lines.ts';
import { growTrees } from '../trees/grow-trees.ts';
import { stableHash } from '../trees/stable-hash.ts';
import { sigmoid, type BoostedTrees, type TreeNode } from '../../../src/core/boosted-trees.ts';
import { packageRoot } from '../../../src/core/package-root.ts';
import { averageScores, shingleScore } from './shingle-f1.ts';
import {
  contentProbabilities,
  MODEL_FEATURES,
  type BlockTrees,
} from '../../../retriever/extract/block-model.ts';
import { trainingPage, type GoldPage, type TrainingPage } from './training-pages.ts';

const DATA = join(packageRoot, '../shared/data/extraction-dev');
const FOLDS = 5;
const OPTIONS = {
  rounds: 120,
  depth: 4,
  rate: 0.08,
  l2: 2,
  minHessian: 1,
  rowShare: 0.7,
  featureShare: 0.4,
};
const SEEDS = [7, 11];
const EASY_SHARE = 4;
const SET_WEIGHT: Readonly<Record<string, number>> = {
  benchmark: 1,
  trafilatura: 0.6,
  readability: 0.08,
};

interface Rows {
  readonly rows: Float32Array[];
  readonly labels: Float32Array;
  readonly weights: Float32Array;
}

/** Weight of a block: its share of what the page's figure depends on, and a floor so that short ones count. */
function collect(pages: readonly TrainingPage[]): Rows {
  const rows: Float32Array[] = [];
  const labels: number[] = [];
  const weights: number[] = [];
  for (const page of pages) {
    const goldSize = page.gold === null ? 1_500 : Math.max(300, page.gold.length);
    page.labels.forEach((label, index) => {
      if (label < 0) return;
      const size = Math.min(600, page.texts[index]!.length);
      // One in four of the short blocks far from everything stands for all of them.
      const easy = label === 0 && size < 80 && page.kept[index]! < 0.3;
      if (easy && index % EASY_SHARE !== 0) return;
      rows.push(page.rows[index]!);
      labels.push(label);
      const weight = 0.15 + Math.min(8, (size / goldSize) * 60);
      weights.push((SET_WEIGHT[page.set] ?? 0) * weight * (easy ? EASY_SHARE : 1));
    });
  }
  return { rows, labels: Float32Array.from(labels), weights: Float32Array.from(weights) };
}

/** Several fits with different samples, averaged: their leaves are divided and the trees put in one list. */
function train(pages: readonly TrainingPage[]): BoostedTrees {
  const { rows, labels, weights } = collect(pages);
  let positive = 0;
  let total = 0;
  weights.forEach((weight, row) => {
    positive += weight * (labels[row] ?? 0);
    total += weight;
  });
  const base = Number(Math.log((positive + 1e-6) / (total - positive + 1e-6)).toPrecision(4));
  const gradients = (scores: Float64Array, g: Float64Array, h: Float64Array): void => {
    weights.forEach((weight, row) => {
      const p = sigmoid(scores[row] ?? 0);
      g[row] = weight * (p - (labels[row] ?? 0));
      h[row] = weight * Math.max(1e-6, p * (1 - p));
    });
  };
  const share = (tree: TreeNode): TreeNode =>
    typeof tree === 'number'
      ? Number((tree / SEEDS.length).toPrecision(3))
      : { ...tree, l: share(tree.l), r: share(tree.r) };
  const fits = SEEDS.map((seed) => growTrees(rows, gradients, { ...OPTIONS, seed, base }));
  return { base, trees: fits.flatMap((fit) => fit.trees.map(share)) };
}

/** Rows of four numbers, as `block-model.ts` reads them. */
function blockTrees({ base, trees }: BoostedTrees): BlockTrees {
  const flat = trees.map((tree) => {
    const rows: number[][] = [];
    const write = (node: TreeNode): number => {
      const at = rows.push([-1, 0, 0, 0]) - 1;
      rows[at] =
        typeof node === 'number'
          ? [-1, node, 0, 0]
          : [node.f, node.t, write(node.l), write(node.r)];
      return at;
    };
    write(tree);
    return rows.flat();
  });
  return { bias: base, trees: flat };
}

/** What the product would print. */
function textOf(page: TrainingPage, probabilities: readonly number[], threshold: number): string {
  const keep = page.choose(probabilities, threshold);
  return page.texts.filter((_, index) => keep[index]).join('\n\n');
}

type Decide = (page: TrainingPage) => readonly number[];

function report(
  name: string,
  pages: readonly TrainingPage[],
  decide: Decide,
  threshold: number,
): void {
  const scores = pages
    .filter((page) => page.gold !== null && page.set === 'benchmark')
    .map((page) => {
      const probabilities = decide(page);
      const text = textOf(page, probabilities, threshold);
      return { ...shingleScore(page.gold!, text), empty: text === '' };
    });
  const { precision, recall, f1 } = averageScores(scores);
  let right = 0;
  let known = 0;
  for (const page of pages.filter(({ set }) => set === 'trafilatura')) {
    const probabilities = decide(page);
    page.labels.forEach((label, index) => {
      if (label < 0) return;
      known += 1;
      if (label >= 0.5 === probabilities[index]! >= threshold) right += 1;
    });
  }
  console.log(
    `${name.padEnd(34)} F1 ${f1.toFixed(4)}  P ${precision.toFixed(4)}  R ${recall.toFixed(4)}  snippets right ${(right / Math.max(1, known)).toFixed(4)}`,
  );
}

const pages: TrainingPage[] = [];
for (const [set, file] of [
  ['benchmark', 'article-extraction-benchmark'],
  ['trafilatura', 'trafilatura-eval'],
  ['readability', 'mozilla-readability'],
] as const) {
  for (const page of readJsonLines<GoldPage>(join(DATA, `${file}.jsonl.gz`))) {
    pages.push(trainingPage(set, page));
  }
}
const blocks = pages.reduce((sum, page) => sum + page.texts.length, 0);
console.log(`${pages.length} pages, ${blocks} blocks, ${pages[0]?.rows[0]?.length ?? 0} features`);
report('oracle labels', pages, (page) => page.labels, 0.5);
report('Readability, pruned', pages, (page) => page.kept, 0.5);
const held = new Map<TrainingPage, readonly number[]>();
/** Another word deals the sites out anew: `--deal x`, to see how much of a figure is chance. */
const deal = process.argv[process.argv.indexOf('--deal') + 1 || Infinity] ?? '';
for (let fold = 0; fold < FOLDS; fold += 1) {
  const inFold = (page: TrainingPage): boolean => stableHash(page.site + deal) % FOLDS === fold;
  const model = train(pages.filter((page) => !inFold(page)));
  for (const page of pages.filter(inFold)) {
    held.set(page, contentProbabilities(page.rows, blockTrees(model)));
  }
}
for (const threshold of [0.35, 0.4, 0.45, 0.5, 0.55, 0.6])
  report(`trees, cross-validated, at ${threshold}`, pages, (page) => held.get(page)!, threshold);
if (process.argv.includes('--write')) {
  const model = train(pages);
  report('trees, fitted', pages, (page) => contentProbabilities(page.rows, blockTrees(model)), 0.5);
  const json = JSON.stringify({ features: MODEL_FEATURES, ...blockTrees(model) });
  writeFileSync(join(packageRoot, 'retriever/extract/block-model.json'), `${json}\n`);
  console.log(`block-model.json: ${(json.length / 1000).toFixed(0)} kB`);
}
if (process.argv.includes('--worst')) {
  const rows = pages
    .filter((page) => page.set === 'benchmark')
    .map((page) => {
      const probabilities = held.get(page)!;
      const text = textOf(page, probabilities, 0.5);
      return { page, probabilities, ...shingleScore(page.gold!, text) };
    });
  rows.sort((a, b) => a.precision + a.recall - b.precision - b.recall);
  for (const row of rows.slice(0, 12)) {
    console.log(`\n== ${row.page.site} P ${row.precision.toFixed(3)} R ${row.recall.toFixed(3)}`);
    const chosen = row.page.choose(row.probabilities, 0.5);
    row.page.labels.forEach((label, index) => {
      const keep = chosen[index]!;
      if (label >= 0.5 !== keep)
        console.log(
          `  ${keep ? 'EXTRA' : 'MISS '} ${label.toFixed(2)} p${row.probabilities[index]!.toFixed(2)} kept${row.page.kept[index]!.toFixed(1)} ${row.page.texts[index]!.slice(0, 130)}`,
        );
    });
  }
}
