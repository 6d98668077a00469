/**
 * Trains the preference model: `npx tsx scorer/training/train-preference.ts`. Deterministic. Writes
 * `preference-weights.json` and `preference-report.json` in `scorer/preference`. Pairs of sources
 * without a licence (mediqa, autoj, lfqa-expert) or under CC BY-NC (pku-saferlhf) are measured only.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/core/package-root.ts';
import { countWords } from '../../src/core/tokens.ts';
import { preferenceFeatures, PREFERENCE_FEATURES } from '../preference/preference-features.ts';
import { scoreFeatures, type PreferenceWeights } from '../preference/preference.ts';
import { sigmoid } from '../../src/core/boosted-trees.ts';
import { stableHash } from '../../eval/training/stable-hash.ts';
import { readRows } from './support-data.ts';

interface Row {
  readonly group: string;
  readonly source: string;
  readonly lang: string;
  readonly prompt: string;
  readonly passages?: { title: string; text: string }[];
  readonly answer_a: string;
  readonly answer_b: string;
  readonly label: 'a' | 'b' | 'tie';
}

interface Pair {
  /** Pairs of one prompt never stand on both sides of a split. */
  readonly group: string;
  readonly source: string;
  readonly lang: string;
  readonly better: readonly number[];
  readonly worse: readonly number[];
  /** Words of the better answer over those of the worse one, as a logarithm. */
  readonly longer: number;
}

const UNLICENSED = /^(?:mediqa|autoj|lfqa-expert|.*pku-saferlhf)/u;

function pairs(file: string, keep: (row: Row) => boolean): Pair[] {
  return readRows<Row>(file)
    .filter((row) => row.label !== 'tie' && keep(row))
    .map((row) => {
      const features = (answer: string): number[] =>
        preferenceFeatures({ question: row.prompt, answer, references: row.passages });
      const [better, worse] =
        row.label === 'a' ? [row.answer_a, row.answer_b] : [row.answer_b, row.answer_a];
      return {
        group: row.group,
        source: row.source,
        lang: row.lang,
        better: features(better),
        worse: features(worse),
        longer: Math.log((1 + countWords(better)) / (1 + countWords(worse))),
      };
    });
}

const family = (source: string): string => source.split('/')[0]?.replace(/\(.*/u, '') ?? source;

/** A family of sources weighs by the root of its size, or the largest would decide alone. */
function weightsOf(data: readonly Pair[]): number[] {
  const sizes = new Map<string, number>();
  for (const { source } of data) sizes.set(family(source), (sizes.get(family(source)) ?? 0) + 1);
  const raw = data.map(({ source }) => 1 / Math.sqrt(sizes.get(family(source)) ?? 1));
  const mean = raw.reduce((sum, value) => sum + value, 0) / raw.length;
  return raw.map((value) => value / mean);
}

function fitLinear(data: readonly Pair[], l2: number): PreferenceWeights {
  const size = PREFERENCE_FEATURES.length;
  const rows = data.flatMap(({ better, worse }) => [better, worse]);
  const mean = PREFERENCE_FEATURES.map(
    (_, f) => rows.reduce((sum, row) => sum + (row[f] ?? 0), 0) / rows.length,
  );
  // The spread between two answers of one question: what differs between questions only cannot count.
  const scale = PREFERENCE_FEATURES.map(
    (_, f) =>
      Math.sqrt(
        data.reduce(
          (sum, { better, worse }) => sum + ((better[f] ?? 0) - (worse[f] ?? 0)) ** 2,
          0,
        ) / data.length,
      ) || 1,
  );
  const deltas = data.map(({ better, worse }) =>
    Float64Array.from(
      PREFERENCE_FEATURES,
      (_, f) => ((better[f] ?? 0) - (worse[f] ?? 0)) / (scale[f] ?? 1),
    ),
  );
  const weight = weightsOf(data);
  const linear = new Float64Array(size);
  const velocity = new Float64Array(size);
  for (let step = 0; step < 300; step += 1) {
    const gradient = new Float64Array(size);
    deltas.forEach((delta, index) => {
      let z = 0;
      for (let f = 0; f < size; f += 1) z += (linear[f] ?? 0) * (delta[f] ?? 0);
      const pull = (weight[index] ?? 1) * (sigmoid(z) - 1);
      for (let f = 0; f < size; f += 1) gradient[f] = (gradient[f] ?? 0) + pull * (delta[f] ?? 0);
    });
    for (let f = 0; f < size; f += 1) {
      const g = (gradient[f] ?? 0) / data.length + l2 * (linear[f] ?? 0);
      velocity[f] = 0.9 * (velocity[f] ?? 0) - 0.15 * g;
      linear[f] = (linear[f] ?? 0) + (velocity[f] ?? 0);
    }
  }
  return {
    features: PREFERENCE_FEATURES,
    mean: mean.map((value) => Number(value.toPrecision(6))),
    scale: scale.map((value) => Number(value.toPrecision(6))),
    linear: Array.from(linear, (value) => Number(value.toPrecision(5))),
  };
}

const margin = (model: PreferenceWeights, { better, worse }: Pair): number =>
  scoreFeatures(better, model) - scoreFeatures(worse, model);
const round = (value: number): number => Math.round(value * 1e4) / 1e4;

function accuracy(
  model: PreferenceWeights,
  data: readonly Pair[],
): { n: number; accuracy: number; longerWins: number } {
  const half = (value: number): number => (value > 0 ? 1 : value === 0 ? 0.5 : 0);
  const mean = (value: (pair: Pair) => number): number =>
    round(data.reduce((sum, pair) => sum + value(pair), 0) / Math.max(1, data.length));
  return {
    n: data.length,
    accuracy: mean((pair) => half(margin(model, pair))),
    longerWins: mean(({ longer }) => half(longer)),
  };
}

function grouped(
  model: PreferenceWeights,
  data: readonly Pair[],
  key: (pair: Pair) => string,
): Record<string, unknown> {
  return Object.fromEntries(
    [...new Set(data.map(key))].sort().map((name) => [
      name,
      accuracy(
        model,
        data.filter((pair) => key(pair) === name),
      ),
    ]),
  );
}

const FOLDS = 4;
const PENALTIES = [0.01, 0.03, 0.1, 0.3, 1];

/** Margins of each pair by a model that saw nothing of its prompt. */
function crossValidate(data: readonly Pair[], l2: number): number[] {
  const fold = ({ group }: Pair): number => stableHash(`preference ${group}`) % FOLDS;
  const models = Array.from({ length: FOLDS }, (_, at) =>
    fitLinear(
      data.filter((pair) => fold(pair) !== at),
      l2,
    ),
  );
  return data.map((pair) => margin(models[fold(pair)] as PreferenceWeights, pair));
}

/** The factor that makes unseen margins log-odds (least log-loss): a strong penalty shrinks them. */
function temperature(margins: readonly number[]): number {
  const loss = (factor: number): number =>
    margins.reduce((sum, value) => sum + Math.log(1 + Math.exp(-factor * value)), 0);
  const factors = Array.from({ length: 60 }, (_, step) => 0.2 * 1.08 ** step);
  return factors.reduce((best, factor) => (loss(factor) < loss(best) ? factor : best));
}

const train = pairs('preference/train.jsonl.gz', ({ source }) => !UNLICENSED.test(source));
const dev = pairs('preference/dev.jsonl.gz', () => true);
const tried = PENALTIES.map((penalty) => {
  const margins = crossValidate(train, penalty);
  const right = (some: (pair: Pair) => boolean): number => {
    const places = train.flatMap((pair, index) => (some(pair) ? [index] : []));
    return places.filter((index) => (margins[index] ?? 0) > 0).length / places.length;
  };
  const balanced = (right(({ longer }) => longer > 0) + right(({ longer }) => longer < 0)) / 2;
  return { penalty, margins, accuracy: right(() => true), balanced };
});
// Plain accuracy alone would choose the model that most trusts length; half of the say has the accuracy
// where length cannot help (the better answer as often the shorter one).
const chosen = tried.reduce((best, one) =>
  one.accuracy + one.balanced > best.accuracy + best.balanced ? one : best,
);
const fitted = fitLinear(train, chosen.penalty);
const factor = temperature(chosen.margins);
const model: PreferenceWeights = {
  ...fitted,
  linear: fitted.linear.map((weight) => Number((weight * factor).toPrecision(5))),
};
const calibration = Array.from({ length: 4 }, (_, bin) => {
  // How sure the model is, whichever side it takes, against how often it is right; unseen prompts.
  const sure = chosen.margins
    .map((value) => ({ p: sigmoid(Math.abs(value * factor)), right: value > 0 ? 1 : 0 }))
    .filter(({ p }) => Math.min(3, Math.floor((p - 0.5) * 8)) === bin);
  const mean = (list: readonly number[]): number =>
    round(list.reduce((sum, value) => sum + value, 0) / Math.max(1, list.length));
  return {
    n: sure.length,
    predicted: mean(sure.map(({ p }) => p)),
    right: mean(sure.map(({ right }) => right)),
  };
});
const licensed = dev.filter(({ source }) => !UNLICENSED.test(source));
const report = {
  trainPairs: train.length,
  trainCrossValidated: tried.map(({ penalty, accuracy }) => ({
    penalty,
    accuracy: round(accuracy),
  })),
  penalty: chosen.penalty,
  calibration,
  train: accuracy(model, train),
  dev: accuracy(model, dev),
  devWithLicensedSourcesOnly: accuracy(model, licensed),
  devByLengthBin: grouped(model, dev, ({ longer }) => {
    const size = Math.abs(longer);
    return size < 0.1
      ? '1 within 10 %'
      : size < 0.4
        ? '2 within 50 %'
        : size < 0.7
          ? '3 within 100 %'
          : '4 more than twice';
  }),
  devBetterIsShorter: accuracy(
    model,
    dev.filter(({ longer }) => longer < 0),
  ),
  devBetterIsLonger: accuracy(
    model,
    dev.filter(({ longer }) => longer > 0),
  ),
  devByLanguage: grouped(model, dev, ({ lang }) => lang),
  devBySource: grouped(model, dev, ({ source }) => source),
  weights: Object.fromEntries(
    PREFERENCE_FEATURES.map((name, index) => [name, round(model.linear[index] ?? 0)]),
  ),
};
const folder = join(packageRoot, 'scorer', 'preference');
writeFileSync(join(folder, 'preference-weights.json'), `${JSON.stringify(model)}\n`);
writeFileSync(join(folder, 'preference-report.json'), `${JSON.stringify(report, null, 1)}\n`);
console.log(JSON.stringify(report, null, 1));
