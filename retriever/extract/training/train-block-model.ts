/* oxlint-disable no-console -- a training script reports on the terminal */
/**
 * Trains `block-model.json` and prints the figures cross-validated by site and, apart, the fitted
 * ones. One command: `npx tsx retriever/extract/training/train-block-model.ts [--write]`.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../../src/core/package-root.ts';
import { averageScores, shingleScore } from './shingle-f1.ts';
import { contentProbabilities, type BoostedTrees } from '../block-model.ts';
import { fitBoostedTrees, type BoostOptions } from './boosted-trees.ts';
import { readGold, trainingPage, type TrainingPage } from './training-pages.ts';

const DATA = join(packageRoot, '../shared/data/extraction-dev');
const FOLDS = 5;
const OPTIONS: BoostOptions = {
  rounds: 110,
  depth: 4,
  rate: 0.08,
  lambda: 2,
  minHessian: 1,
  rowShare: 0.7,
  featureShare: 0.4,
  seed: 7,
};
const SEEDS = [7, 11];
const SET_WEIGHT: Readonly<Record<string, number>> = {
  benchmark: 1,
  trafilatura: 0.6,
  readability: 0.25,
};

function hash(text: string): number {
  let value = 2_166_136_261;
  for (const char of text) value = Math.imul(value ^ (char.codePointAt(0) ?? 0), 16_777_619) >>> 0;
  return value;
}

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
      rows.push(page.rows[index]!);
      labels.push(label);
      weights.push((SET_WEIGHT[page.set] ?? 0) * (0.15 + Math.min(8, (size / goldSize) * 60)));
    });
  }
  return { rows, labels: Float32Array.from(labels), weights: Float32Array.from(weights) };
}

/** Several fits with different samples, averaged: their leaves are divided and the trees put in one list. */
function train(pages: readonly TrainingPage[]): BoostedTrees {
  const { rows, labels, weights } = collect(pages);
  const fits = SEEDS.map((seed) => fitBoostedTrees(rows, labels, weights, { ...OPTIONS, seed }));
  const share = (tree: readonly number[]): readonly number[] =>
    tree.map((value, index) =>
      index % 4 === 1 && tree[index - 1] === -1
        ? Number((value / SEEDS.length).toPrecision(3))
        : value,
    );
  return { bias: fits[0]!.bias, trees: fits.flatMap((fit) => fit.trees.map(share)) };
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
      const text = page.texts.filter((_, index) => probabilities[index]! >= threshold).join('\n\n');
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
  for (const page of readGold(join(DATA, `${file}.jsonl.gz`))) pages.push(trainingPage(set, page));
}
const blocks = pages.reduce((sum, page) => sum + page.texts.length, 0);
console.log(`${pages.length} pages, ${blocks} blocks, ${pages[0]?.rows[0]?.length ?? 0} features`);
report('oracle labels', pages, (page) => page.labels, 0.5);
report('Readability, pruned', pages, (page) => page.kept, 0.5);
const held = new Map<TrainingPage, readonly number[]>();
for (let fold = 0; fold < FOLDS; fold += 1) {
  const inFold = (page: TrainingPage): boolean => hash(page.site) % FOLDS === fold;
  const model = train(pages.filter((page) => !inFold(page)));
  for (const page of pages.filter(inFold)) {
    held.set(page, contentProbabilities(page.rows, model));
  }
}
for (const threshold of [0.35, 0.4, 0.45, 0.5, 0.55, 0.6])
  report(`trees, cross-validated, at ${threshold}`, pages, (page) => held.get(page)!, threshold);
if (process.argv.includes('--write')) {
  const model = train(pages);
  report('trees, fitted', pages, (page) => contentProbabilities(page.rows, model), 0.5);
  const json = JSON.stringify(model);
  writeFileSync(join(packageRoot, 'retriever/extract/block-model.json'), `${json}\n`);
  console.log(`block-model.json: ${(json.length / 1000).toFixed(0)} kB`);
}
if (process.argv.includes('--worst')) {
  const rows = pages
    .filter((page) => page.set === 'benchmark')
    .map((page) => {
      const probabilities = held.get(page)!;
      const text = page.texts.filter((_, index) => probabilities[index]! >= 0.5).join('\n\n');
      return { page, probabilities, ...shingleScore(page.gold!, text) };
    });
  rows.sort((a, b) => a.precision + a.recall - b.precision - b.recall);
  for (const row of rows.slice(0, 12)) {
    console.log(`\n== ${row.page.site} P ${row.precision.toFixed(3)} R ${row.recall.toFixed(3)}`);
    row.page.labels.forEach((label, index) => {
      const keep = row.probabilities[index]! >= 0.5;
      if (label >= 0.5 !== keep)
        console.log(
          `  ${keep ? 'EXTRA' : 'MISS '} ${label.toFixed(2)} p${row.probabilities[index]!.toFixed(2)} kept${row.page.kept[index]!.toFixed(1)} ${row.page.texts[index]!.slice(0, 130)}`,
        );
    });
  }
}
