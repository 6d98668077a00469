/**
 * Fits what the checker weighs its features with, from the rows of `collect-checker-features.ts`:
 *
 *   npx tsx eval/lab/checker/fit-checker.ts --rows FILE.jsonl [--write]
 *
 * Figures are cross-validated: five folds over questions (of `attribution` over questions as well), no
 * question of a fold is in what its models were fitted to. Rows of rgb-zh are measured and never fitted to.
 * Deterministic; `--write` puts weights and report into `scorer/support`.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CHECKER_FEATURES } from '../../../scorer/support/checker-features.ts';
import {
  checkerProbabilities,
  verdictOf,
  type CheckerModel,
} from '../../../scorer/support/checker.ts';
import { packageRoot } from '../../../src/core/package-root.ts';
import { areaUnderRoc } from '../../metrics/classification.ts';
import { readJsonLines } from '../../run/read-json-lines.ts';
import { fitLogistic } from '../evidence/fit-logistic.ts';
import { round } from '../trees/round.ts';
import { stableHash } from '../trees/stable-hash.ts';
import type { CheckerRow } from './checker-row.ts';

const { values } = parseArgs({
  options: { rows: { type: 'string', default: '' }, write: { type: 'boolean', default: false } },
});
const FOLDS = 5;
/** What a row of each kind weighs beside a sentence that a model wrote in words of its own. */
const WEIGHTS = { written: 1, copied: 0.25, attribution: 0.1 };
/** Showing a sentence that does not follow costs more than cutting one that does. */
const AGAINST = { written: 1.25, copied: 1, attribution: 1 };
/** Of features brought to a deviation of one. */
const RIDGE = 50;

const rows = [...readJsonLines<CheckerRow>(values.rows)].filter(
  ({ label }) => label !== 'no-claim',
);
const kindOf = ({ set, copied }: CheckerRow): keyof typeof WEIGHTS =>
  set.startsWith('attribution') ? 'attribution' : copied ? 'copied' : 'written';
const isMain = ({ label }: CheckerRow): boolean => label !== 'unsupported';
const isSupported = ({ label }: CheckerRow): boolean => label === 'supported';

function fit(
  some: readonly CheckerRow[],
  positive: (row: CheckerRow) => boolean,
  uses: (name: string) => boolean = () => true,
): Linear {
  // For and against weigh the same in each kind (but for AGAINST), so that one half is the even point.
  const key = (row: CheckerRow): string =>
    `${row.set.startsWith('attribution')} ${String(positive(row))}`;
  const total = new Map<string, number>();
  for (const row of some) total.set(key(row), (total.get(key(row)) ?? 0) + WEIGHTS[kindOf(row)]);
  const counts = some.map((row) => {
    const attribution = row.set.startsWith('attribution');
    const both = (total.get(`${attribution} true`) ?? 0) + (total.get(`${attribution} false`) ?? 0);
    const even = (WEIGHTS[kindOf(row)] * both) / 2 / (total.get(key(row)) ?? 1);
    return positive(row) ? even : even * AGAINST[kindOf(row)];
  });
  const scales = CHECKER_FEATURES.map((_, at) => {
    const column = some.map(({ features }) => features[at] ?? 0);
    const mean = column.reduce((sum, value) => sum + value, 0) / column.length;
    const square = column.reduce((sum, value) => sum + (value - mean) ** 2, 0) / column.length;
    return { mean, deviation: Math.sqrt(square) || 1 };
  });
  const { bias, weights } = fitLogistic(
    some.map(({ features }) =>
      features.map((value, at) =>
        uses(CHECKER_FEATURES[at] ?? '')
          ? (value - (scales[at]?.mean ?? 0)) / (scales[at]?.deviation ?? 1)
          : 0,
      ),
    ),
    some.map((row) => (positive(row) ? 1 : 0)),
    { ridge: RIDGE, counts },
  );
  const own = weights.map((weight, at) => weight / (scales[at]?.deviation ?? 1));
  return {
    bias: round(own.reduce((sum, weight, at) => sum - weight * (scales[at]?.mean ?? 0), bias)),
    weights: own.map((weight) => Number(weight.toFixed(5))),
  };
}

type Linear = CheckerModel['main'];
const fitAll = (some: readonly CheckerRow[]): CheckerModel => {
  const own = some.filter(({ set }) => set !== 'rgb-zh');
  const sameLanguage = own.filter(({ across }) => !across);
  const written = own.filter((row) => kindOf(row) === 'written');
  return {
    supported: fit(sameLanguage, isSupported),
    main: fit(sameLanguage, isMain),
    across: fit(written, isSupported, (name) => name === 'crossEncoder'),
  };
};

interface Judged {
  readonly row: CheckerRow;
  readonly support: number;
  readonly verdict: string;
}
const contradicts = CHECKER_FEATURES.indexOf('contradicts');
const saysMore = CHECKER_FEATURES.indexOf('saysMore');
const codeMissing = CHECKER_FEATURES.indexOf('codeMissing');
const judged: Judged[] = [];
for (let fold = 0; fold < FOLDS; fold += 1) {
  const inFold = ({ group }: CheckerRow): boolean => stableHash(group) % FOLDS === fold;
  const models = fitAll(rows.filter((row) => !inFold(row)));
  for (const row of rows.filter((one) => inFold(one))) {
    const { features } = row;
    const clashes = [
      ...(features[contradicts] === 1 ? [{ kind: 'opposite' as const, contradicts: true }] : []),
      ...(features[saysMore] === 1 ? [{ kind: 'scope' as const, contradicts: false }] : []),
    ];
    const { support, verdict } = verdictOf(
      checkerProbabilities(features, row.across, models),
      { facts: row, clashes, codeMissing: features[codeMissing] ?? 0 },
      row.across,
    );
    judged.push({ row, support, verdict });
  }
}

function figures(list: readonly Judged[]): Record<string, number> {
  const of = (label: string): Judged[] => list.filter(({ row }) => row.label === label);
  const [yes, partly, no] = [of('supported'), of('partly'), of('unsupported')];
  const kept = (some: readonly Judged[]): number =>
    some.filter(({ verdict }) => verdict === 'supported').length / Math.max(1, some.length);
  const area = (some: readonly Judged[]): number =>
    some.length === 0
      ? Number.NaN
      : areaUnderRoc(
          [...yes, ...some].map(({ row, support }) => ({
            score: support,
            positive: isSupported(row),
          })),
        );
  return {
    claims: list.length,
    trueKept: round(kept(yes)),
    falseStopped: round(1 - kept(no)),
    partlyStopped: round(1 - kept(partly)),
    balanced: round((kept(yes) + 1 - kept([...no, ...partly])) / 2),
    areaAgainstFalse: round(area(no)),
    areaAgainstPartly: round(area(partly)),
  };
}

const written = judged.filter(({ row }) => kindOf(row) === 'written');
const report = {
  written: figures(written),
  writtenAcrossLanguages: figures(written.filter(({ row }) => row.across)),
  writtenWithoutRgb: figures(written.filter(({ row }) => row.set !== 'rgb-zh')),
  bySet: Object.fromEntries(
    [...new Set(written.map(({ row }) => row.set))]
      .toSorted()
      .map((set) => [set, figures(written.filter(({ row }) => row.set === set))]),
  ),
  copied: figures(judged.filter(({ row }) => kindOf(row) === 'copied')),
  attribution: figures(judged.filter(({ row }) => kindOf(row) === 'attribution')),
  verdicts: Object.fromEntries(
    (['supported', 'partly', 'unsupported'] as const).map((label) => [
      label,
      Object.fromEntries(
        ['supported', 'partly', 'unsupported', 'contradicted'].map((verdict) => [
          verdict,
          written.filter((one) => one.row.label === label && one.verdict === verdict).length,
        ]),
      ),
    ]),
  ),
};
console.log(JSON.stringify(report, null, 1));
if (values.write) {
  const folder = join(packageRoot, 'scorer/support');
  const file = { features: CHECKER_FEATURES, ...fitAll(rows) };
  writeFileSync(join(folder, 'checker-weights.json'), `${JSON.stringify(file)}\n`);
  writeFileSync(join(folder, 'checker-report.json'), `${JSON.stringify(report, null, 1)}\n`);
}
