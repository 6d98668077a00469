/**
 * Fits the decision whether to answer, on what `collect-answerable.ts` kept, cross-validated by page, and
 * prints what it is worth beside the ranking's own answerability.
 *
 *   npx tsx eval/selection/fit-answerable.ts --data answerable.jsonl [--without FEATURE,...] [--write]
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fitLogistic } from '../../retriever/rank/training/fit-logistic.ts';
import {
  ANSWERABLE_FEATURES,
  answerableFeatures,
} from '../../scorer/selection/answerable-features.ts';
import { packageRoot } from '../../src/core/package-root.ts';
import { containsNormalised } from '../metrics/correctness.ts';
import { areaUnderRisk } from '../metrics/risk-coverage.ts';
import { readJsonLines } from '../read-json-lines.ts';
import type { CollectedAnswerable } from './collected-answerable.ts';

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '' },
    /** Features that are left out, to see what they are worth. */
    without: { type: 'string', default: '' },
    /** Share of the answerable questions that the default point answers. */
    answered: { type: 'string', default: '0.92' },
    write: { type: 'boolean', default: false },
  },
});
const FOLDS = 6;

const dropped = new Set(values.without.split(','));
const kept = ANSWERABLE_FEATURES.flatMap((name, at) => (dropped.has(name) ? [] : [at]));
const rows = readJsonLines<CollectedAnswerable>(values.data);
const features = rows.map(({ question, references, answerability, pages }) => {
  const row = answerableFeatures(question, references, answerability, pages);
  return kept.map((at) => row[at] ?? 0);
});
const labels = rows.map(({ kind }) => (kind === 'en' || kind === 'zh' ? 1 : 0));
// By page; in the order of first appearance, so that the few English ones are spread over the folds.
const pages = [...new Set(rows.map(({ page }) => page))];
const folds = rows.map(({ page }) => pages.indexOf(page) % FOLDS);

const predicted: number[] = [];
for (let fold = 0; fold < FOLDS; fold += 1) {
  const own = rows.flatMap((_, at) => (folds[at] === fold ? [] : [at]));
  const model = fitLogistic(
    own.map((at) => features[at] ?? []),
    own.map((at) => labels[at] ?? 0),
  );
  rows.forEach((_, at) => {
    if (folds[at] === fold) predicted[at] = model.predict(features[at] ?? []);
  });
}

const show = (value: number): string => value.toFixed(3);
const mean = (list: readonly number[]): number =>
  list.reduce((sum, value) => sum + value, 0) / Math.max(1, list.length);
/** The value that `share` of the list reaches. */
const reachedBy = (list: readonly number[], share: number): number =>
  list.toSorted((a, b) => b - a)[Math.max(0, Math.ceil(share * list.length) - 1)] ?? 0;

const count = (kind: string): number => rows.filter((row) => row.kind === kind).length;
console.log(
  ['en', 'zh', 'unanswerable', 'off-en', 'off-zh']
    .map((kind) => `${kind} ${count(kind)}`)
    .join(', '),
);
const before = rows.map(({ answerability }) => answerability);
const of = (scores: readonly number[], kinds: readonly string[], few?: boolean): number[] =>
  rows.flatMap(({ kind, pages: read }, at) =>
    kinds.includes(kind) && (few === undefined || read < 5 === few) ? [scores[at] ?? 0] : [],
  );
for (const few of [undefined, false, true]) {
  console.log(
    `\n${few === undefined ? 'all' : few ? 'two pages' : 'ten pages'} | AUC; declined where .90 of the answerable are answered`,
  );
  for (const [name, scores] of [
    ['answerability', before],
    ['fitted', predicted],
  ] as const) {
    const cells = [
      ['near miss (en)', ['en'], ['unanswerable']],
      ['off-topic en', ['en'], ['off-en']],
      ['off-topic zh', ['zh'], ['off-zh']],
      ['all', ['en', 'zh'], ['unanswerable', 'off-en', 'off-zh']],
    ] as const;
    const parts = cells.map(([label, yes, no]) => {
      const [held, not] = [of(scores, yes, few), of(scores, no, few)];
      const auc = mean(held.map((a) => mean(not.map((b) => (a > b ? 1 : a === b ? 0.5 : 0)))));
      const at = reachedBy(held, 0.9);
      return `${label} ${show(auc)} ${show(mean(not.map((b) => (b < at ? 1 : 0))))}`;
    });
    console.log(name.padEnd(14), parts.join(' | '));
  }
}
const risk = (scores: readonly number[]): number =>
  areaUnderRisk(
    rows.map(({ references, answers }, at) => ({
      confidence: scores[at] ?? 0,
      answerable: labels[at] === 1,
      right:
        labels[at] === 1 &&
        containsNormalised(
          references.flatMap(({ evidence }) => evidence).toSorted((a, b) => b.score - a.score)[0]
            ?.text ?? '',
          answers,
        ),
    })),
  );
console.log(
  `\narea under risk-coverage: ${show(risk(before))} before, ${show(risk(predicted))} fitted`,
);

const kinds = ['en', 'zh', 'unanswerable', 'off-en', 'off-zh'];
const line = (at: number, scores: readonly number[]): string =>
  [
    show(at),
    ...kinds.map((kind) => show(mean(of(scores, [kind]).map((v) => (v >= at ? 1 : 0))))),
  ].join('  ');
console.log(`\nanswered at a threshold | ${kinds.join(', ')}`);
for (const at of [0.1, 0.2, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7]) console.log(line(at, predicted));
// One threshold: the language that is answered less reaches the share.
const threshold = Math.min(
  reachedBy(of(predicted, ['en']), Number(values.answered)),
  reachedBy(of(predicted, ['zh']), Number(values.answered)),
);
console.log(`default point:\n${line(threshold, predicted)}`);
const model = fitLogistic(features, labels);
console.log(
  kept
    .map((at, place) => `${ANSWERABLE_FEATURES[at] ?? ''} ${show(model.weights[place] ?? 0)}`)
    .join(', '),
);
if (values.write) {
  const path = join(packageRoot, 'scorer/selection/answerable-weights.json');
  const { bias, weights } = model;
  const file = { features: ANSWERABLE_FEATURES, bias, weights, threshold };
  writeFileSync(path, `${JSON.stringify(file, null, 2)}\n`);
  console.log(`written: ${path}`);
}
