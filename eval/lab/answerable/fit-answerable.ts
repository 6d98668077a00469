/**
 * Fits the decision whether to answer, on what `collect-answerable.ts` kept, cross-validated, and
 * prints what it is worth beside the ranking's own answerability.
 *
 *   npx tsx eval/lab/answerable/fit-answerable.ts --data answerable.jsonl --words words.jsonl [--write]
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fitLogistic, type Logistic } from '../evidence/fit-logistic.ts';
import { WORD_FEATURES, wordFeatures } from '../../../scorer/abstain/answerable-features.ts';
import {
  DECISION_FEATURES,
  decisionRow,
  linear,
} from '../../../scorer/abstain/answerable-model.ts';
import { packageRoot } from '../../../src/core/package-root.ts';
import { areaUnderRoc } from '../../metrics/classification.ts';
import { containsNormalised } from '../../metrics/correctness.ts';
import { areaUnderRisk } from '../../metrics/risk-coverage.ts';
import { readJsonLines } from '../../run/read-json-lines.ts';
import { stableHash } from '../trees/stable-hash.ts';
import type { CollectedAnswerable } from './collected-answerable.ts';

const { values } = parseArgs({
  options: {
    /** Of `collect-answerable.ts` over the held-out pages. */
    data: { type: 'string', default: '' },
    /** Of `collect-answerable.ts --lexical`, all pages. */
    words: { type: 'string', default: '' },
    /** Share of the answerable questions that the default point answers, at least. */
    answered: { type: 'string', default: '0.935' },
    'answered-zh': { type: 'string', default: '0.983' },
    write: { type: 'boolean', default: false },
  },
});
const FOLDS = 5;

const rows = readJsonLines<CollectedAnswerable>(values.data);
const heldOut = new Set(rows.map(({ page }) => page));
// The first model has not seen the pages on which the second is fitted.
const near = readJsonLines<CollectedAnswerable>(values.words).filter(
  ({ page }) => !heldOut.has(page),
);
const isHeld = ({ kind }: CollectedAnswerable): boolean => kind === 'en' || kind === 'zh';
const label = (row: CollectedAnswerable): number => (isHeld(row) ? 1 : 0);
const words = fitLogistic(
  near.map(({ question, references }) => wordFeatures(question, references)),
  near.map(label),
);
const labels = rows.map(label);
const features = rows.map(({ question, references, answerability, pages }) =>
  decisionRow(question, linear(words, wordFeatures(question, references)), answerability, pages),
);
// By question: by page, the few English ones would shift the level between folds (five weights only).
const folds = rows.map(({ qid }) => stableHash(`fold ${qid}`) % FOLDS);

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
      const auc = areaUnderRoc([
        ...held.map((score) => ({ score, positive: true })),
        ...not.map((score) => ({ score, positive: false })),
      ]);
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
// Chinese near misses are not in the data: its threshold leaves more room.
const threshold = reachedBy(of(predicted, ['en']), Number(values.answered));
const unspacedThreshold = reachedBy(of(predicted, ['zh']), Number(values['answered-zh']));
console.log(
  `default points, en and zh:\n${line(threshold, predicted)}\n${line(unspacedThreshold, predicted)}`,
);
const decision = fitLogistic(features, labels);
const shown = (names: readonly string[], { weights }: Logistic): string =>
  names.map((name, at) => `${name} ${show(weights[at] ?? 0)}`).join(', ');
console.log(
  `words: ${shown(WORD_FEATURES, words)}\ndecision: ${shown(DECISION_FEATURES, decision)}`,
);
if (values.write) {
  const path = join(packageRoot, 'scorer/selection/answerable-weights.json');
  const pack = (list: readonly string[], { bias, weights }: Logistic) => ({
    features: list,
    bias,
    weights,
  });
  const file = {
    words: pack(WORD_FEATURES, words),
    decision: pack(DECISION_FEATURES, decision),
    threshold: Number(threshold.toFixed(3)),
    unspacedThreshold: Number(unspacedThreshold.toFixed(3)),
  };
  writeFileSync(path, `${JSON.stringify(file, null, 2)}\n`);
  console.log(`written: ${path}`);
}
