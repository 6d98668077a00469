/**
 * Trains the preference model:
 *
 *   npx tsx eval/lab/preference/train-preference.ts --weights e5-small-q4.bin [--cache DIR]
 *
 * Deterministic. Writes `preference-weights.json` (features alone: for drafts, and where the models are
 * absent), `read-preference-weights.json` (features and what cross-encoder and embedder say; not written without
 * `--weights`) and `preference-report.json` in `scorer/preference`. Pairs of sources without a licence
 * (mediqa, autoj, lfqa-expert) or under CC BY-NC (pku-saferlhf) are measured only. Run it again when the
 * reader's weights change: readings (some ten minutes of one core) are kept in DIR for each of them.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { round } from '../trees/round.ts';
import { packageRoot } from '../../../src/core/package-root.ts';
import { sigmoid } from '../../../src/core/boosted-trees.ts';
import { READING_FEATURES } from '../../../scorer/preference/answer-readings.ts';
import { PREFERENCE_FEATURES } from '../../../scorer/preference/preference-features.ts';
import type { PreferenceWeights } from '../../../scorer/preference/preference.ts';
import { KeptReadings, preferencePairs, UNLICENSED, type Pair } from './preference-data.ts';
import {
  accuracy,
  crossValidate,
  fitLinear,
  grouped,
  margin,
  temperature,
} from './preference-model.ts';

const { values } = parseArgs({
  options: {
    weights: { type: 'string' },
    cache: { type: 'string', default: '/tmp/footnote-train' },
  },
});
// Weaker ones, and full balance (1), won by a hair in cross-validation and lost two to four points on unseen prompts.
const PENALTIES = [0.1, 0.3];
const BALANCES = [0, 0.5];

/** Of unseen prompts: the share right, and the mean of the shares where longer and shorter is better. */
function sides(data: readonly Pair[], margins: readonly number[]): Record<string, number> {
  const right = (some: (pair: Pair) => boolean): number => {
    const places = data.flatMap((pair, index) => (some(pair) ? [index] : []));
    return places.filter((index) => (margins[index] ?? 0) > 0).length / Math.max(1, places.length);
  };
  const balanced = (right(({ longer }) => longer > 0) + right(({ longer }) => longer < 0)) / 2;
  return { accuracy: round(right(() => true)), lengthBalanced: round(balanced) };
}

const lengthBin = ({ longer }: Pair): string => {
  const size = Math.abs(longer);
  if (size < 0.1) return '1 within 10 %';
  if (size < 0.4) return '2 within 50 %';
  return size < 0.7 ? '3 within 100 %' : '4 more than twice';
};

function calibrationOf(margins: readonly number[]): unknown[] {
  return Array.from({ length: 4 }, (_, bin) => {
    // How sure the model is, whichever side it takes, against how often it is right; unseen prompts.
    const sure = margins
      .map((value) => ({ p: sigmoid(Math.abs(value)), right: value > 0 ? 1 : 0 }))
      .filter(({ p }) => Math.min(3, Math.floor((p - 0.5) * 8)) === bin);
    const mean = (list: readonly number[]): number =>
      round(list.reduce((sum, value) => sum + value, 0) / Math.max(1, list.length));
    return {
      n: sure.length,
      predicted: mean(sure.map(({ p }) => p)),
      right: mean(sure.map(({ right }) => right)),
    };
  });
}

const kept =
  values.weights === undefined ? null : await KeptReadings.open(values.weights, values.cache);
const train = await preferencePairs(
  'preference/train.jsonl.gz',
  ({ source }) => !UNLICENSED.test(source),
  kept,
);
const dev = await preferencePairs('preference/dev.jsonl.gz', () => true, kept);

function fitAndMeasure(names: readonly string[]): { model: PreferenceWeights; report: object } {
  const tried = PENALTIES.flatMap((penalty) =>
    BALANCES.map((balance) => ({ penalty, balance })),
  ).map((options) => {
    const margins = crossValidate(train, names, options);
    return { ...options, margins, ...sides(train, margins) } as typeof options & {
      margins: number[];
      accuracy: number;
      lengthBalanced: number;
    };
  });
  // Plain accuracy alone would choose the model that most trusts length; half of the say has the
  // accuracy where length cannot help (the better answer as often the shorter one).
  const worth = (one: (typeof tried)[number]): number => one.accuracy + one.lengthBalanced;
  const chosen = tried.reduce((best, one) => (worth(one) > worth(best) ? one : best));
  const fitted = fitLinear(train, names, chosen);
  const factor = temperature(chosen.margins);
  const model: PreferenceWeights = {
    ...fitted,
    linear: fitted.linear.map((weight) => Number((weight * factor).toPrecision(5))),
  };
  const report = {
    trainCrossValidated: tried.map(({ penalty, balance, accuracy: right, lengthBalanced }) => ({
      penalty,
      balance,
      accuracy: right,
      lengthBalanced,
    })),
    penalty: chosen.penalty,
    balance: chosen.balance,
    calibration: calibrationOf(chosen.margins.map((value) => value * factor)),
    train: accuracy(model, train),
    dev: accuracy(model, dev),
    devLengthBalanced: sides(
      dev,
      dev.map((pair) => margin(model, pair)),
    )['lengthBalanced'],
    devWithLicensedSourcesOnly: accuracy(
      model,
      dev.filter(({ source }) => !UNLICENSED.test(source)),
    ),
    devByLengthBin: grouped(model, dev, lengthBin),
    devBetterIsShorter: accuracy(
      model,
      dev.filter(({ longer }) => longer < 0),
    ),
    devBetterIsLonger: accuracy(
      model,
      dev.filter(({ longer }) => longer > 0),
    ),
    devByLanguage: grouped(model, dev, ({ lang }) => lang),
    devLlmbar: accuracy(
      model,
      dev.filter(({ source }) => source.startsWith('llmbar')),
    ),
    devBySource: grouped(model, dev, ({ source }) => source),
    weights: Object.fromEntries(
      names.map((name, index) => [name, round(model.linear[index] ?? 0)]),
    ),
  };
  return { model, report };
}

const folder = join(packageRoot, 'scorer', 'preference');
const plain = fitAndMeasure(PREFERENCE_FEATURES);
writeFileSync(join(folder, 'preference-weights.json'), `${JSON.stringify(plain.model)}\n`);
let report: object = { trainPairs: train.length, features: plain.report };
if (kept !== null) {
  const read = fitAndMeasure([...PREFERENCE_FEATURES, ...READING_FEATURES]);
  writeFileSync(join(folder, 'read-preference-weights.json'), `${JSON.stringify(read.model)}\n`);
  report = { ...report, withReadings: read.report };
}
writeFileSync(join(folder, 'preference-report.json'), `${JSON.stringify(report, null, 1)}\n`);
console.log(JSON.stringify(report, null, 1));
