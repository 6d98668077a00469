/**
 * The support judge's ingredients, alone and together, on claims of questions that the cross-encoder was not
 * trained on; with `--write` the weights by which features and cross-encoder are joined
 * (`scorer/support/second-opinion.json`) are fitted anew and the table is kept beside them:
 *
 *   npx tsx eval/bench/scoring/measure-cross-encoder-support.ts --weights e5-small-q4.bin [--cross-encoder FILE]
 *     [--generator FILE.gguf --asked 300] [--write]
 *
 * Every figure is cross-validated by question: the judge by features is trained without the claim's fold
 * of questions, and so is what joins the ingredients. The generator's "yes" costs minutes and is left out
 * unless asked for.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { dot } from '../../../src/runtime/e5/dot.ts';
import { E5Embedder } from '../../../src/runtime/e5/e5-embedder.ts';
import { fitLogistic } from '../../lab/evidence/fit-logistic.ts';
import { isHeldOutClaim } from '../../lab/cross-encoder/held-out.ts';
import { boundedLogit } from '../../../scorer/support/second-opinion.ts';
import { SUPPORT_FEATURES } from '../../../scorer/support/features.ts';
import { claimText } from '../../../scorer/support/support.ts';
import { corruptedClaims } from '../../lab/support/corrupt-claims.ts';
import { attributionClaims } from '../../lab/support/support-data.ts';
import { crossValidate, featurise } from '../../lab/support/support-model.ts';
import { packageRoot } from '../../../src/core/package-root.ts';
import { readE5Weights } from '../../../src/runtime/e5/e5-weights.ts';
import { CrossEncoder } from '../../../src/runtime/cross-encoder/cross-encoder.ts';
import { supportWindows } from '../../../src/runtime/cross-encoder/support-windows.ts';
import { areaUnderRoc } from '../../metrics/classification.ts';
import { round } from '../../lab/trees/round.ts';
import { stableHash } from '../../lab/trees/stable-hash.ts';
import { askGenerator } from './ask-generator.ts';

const { values } = parseArgs({
  options: {
    weights: { type: 'string', default: '' },
    'cross-encoder': { type: 'string' },
    generator: { type: 'string' },
    asked: { type: 'string', default: '300' },
    cache: { type: 'string', default: '/tmp/footnote-train' },
    write: { type: 'boolean', default: false },
  },
});

/** One held-out claim; signals are log-odds but the cosine. */
interface Judged {
  readonly source: string;
  readonly fold: number;
  readonly right: boolean;
  readonly factMissing: boolean;
  readonly overlap: number;
  readonly features: number;
  readonly crossEncoder: number;
  readonly cosine: number;
  readonly generator: number;
}
type Signal = 'overlap' | 'features' | 'crossEncoder' | 'cosine' | 'generator';

const { signal } = new AbortController();
const load = {
  weightsPath: values.weights,
  weights: await readE5Weights(values.weights),
  cacheDir: values.cache,
  threads: 1,
};
const crossEncoder = await CrossEncoder.load({
  ...load,
  ...(values['cross-encoder'] === undefined ? {} : { updatePath: values['cross-encoder'] }),
});
const embedder = await E5Embedder.load(load);
// `group` is the question, or the first text where there is none: the key of the cross-encoder's split.
const claims = attributionClaims();
const examples = featurise(claims);
const scores = crossValidate(examples, featurise(corruptedClaims(1200)));
const held = examples
  .map((example, index) => ({ ...example, score: scores[index] ?? 0 }))
  .filter(
    ({ group, references, partial }) =>
      partial !== true && isHeldOutClaim({ question: group, references }),
  )
  .toSorted((a, b) => stableHash(a.claim) - stableHash(b.claim));
const asked =
  values.generator === undefined
    ? null
    : await askGenerator(
        values.generator,
        held.slice(0, Number(values.asked)).map(({ claim, references }) => {
          const text = claimText(claim);
          return { claim: text, text: supportWindows(text, references.join('\n\n')).join(' … ') };
        }),
        { cacheDir: values.cache, signal },
      );

const judged: Judged[] = [];
let milliseconds = 0;
for (const [index, example] of held.entries()) {
  const text = claimText(example.claim);
  const evidence = example.references.join('\n\n');
  const began = performance.now();
  const own = evidence.trim() === '' ? 0 : await crossEncoder.support(text, evidence, { signal });
  milliseconds += performance.now() - began;
  const [claim] = await embedder.embed([text], { kind: 'query', signal });
  const windows = await embedder.embed(supportWindows(text, evidence), { kind: 'passage', signal });
  judged.push({
    source: example.source,
    fold: stableHash(example.group) % 5,
    right: example.attributable,
    factMissing: example.factMissing,
    overlap: example.features[SUPPORT_FEATURES.indexOf('unweighted')] ?? 0,
    features: boundedLogit(example.score),
    crossEncoder: boundedLogit(own),
    cosine: Math.max(...windows.map((window) => (claim === undefined ? 0 : dot(claim, window)))),
    generator: asked?.[index] ?? NaN,
  });
}

/** Log-odds of each claim by a logistic model of these signals that saw nothing of its question. */
function together(list: readonly Judged[], signals: readonly Signal[]): number[] {
  // The cosine lies in a narrow band; brought to the scale of the others.
  const row = (one: Judged): number[] =>
    signals.map((name) => (name === 'cosine' ? (one.cosine - 0.85) * 20 : one[name]));
  const models = Array.from({ length: 5 }, (_, fold) => {
    const rest = list.filter((one) => one.fold !== fold);
    return fitLogistic(
      rest.map(row),
      rest.map(({ right }) => (right ? 1 : 0)),
    );
  });
  return list.map((one) => models[one.fold]?.predict(row(one)) ?? 0.5);
}

const mean = (list: readonly number[]): number =>
  list.reduce((sum, value) => sum + value, 0) / Math.max(1, list.length);

function balanced(list: readonly Judged[], passed: readonly boolean[]): number {
  const rate = (side: boolean): number =>
    mean(list.flatMap(({ right }, at) => (right === side ? [passed[at] === side ? 1 : 0] : [])));
  return (rate(true) + rate(false)) / 2;
}

function figures(list: readonly Judged[], signals: readonly Signal[]): Record<string, number> {
  const values = together(list, signals);
  const passed = values.map((value) => value >= 0.5);
  return {
    balancedAccuracy: round(balanced(list, passed)),
    withExactFactsRule: round(
      balanced(
        list,
        passed.map((pass, at) => pass && list[at]?.factMissing !== true),
      ),
    ),
    areaUnderRoc: round(
      areaUnderRoc(list.map(({ right }, at) => ({ score: values[at] ?? 0, positive: right }))),
    ),
  };
}

const ingredients: readonly (readonly Signal[])[] = [
  ['overlap'],
  ['features'],
  ['crossEncoder'],
  ['cosine'],
  ['features', 'cosine'],
  ['features', 'crossEncoder'],
  ['features', 'crossEncoder', 'cosine'],
];
const withGenerator: readonly (readonly Signal[])[] = [
  ['generator'],
  ['features'],
  ['crossEncoder'],
  ['features', 'crossEncoder'],
  ['features', 'crossEncoder', 'generator'],
];
const table = (list: readonly Judged[], rows: typeof ingredients): Record<string, unknown> =>
  Object.fromEntries(rows.map((row) => [row.join(' + '), figures(list, row)]));
const shipped = together(judged, ['features', 'crossEncoder']);
const fitted = fitLogistic(
  judged.map((one) => [one.features, one.crossEncoder]),
  judged.map(({ right }) => (right ? 1 : 0)),
);
const withYes = judged.filter(({ generator }) => !Number.isNaN(generator));
const report = {
  claims: judged.length,
  ingredients: table(judged, ingredients),
  ...(withYes.length === 0
    ? {}
    : { withGenerator: { claims: withYes.length, ...table(withYes, withGenerator) } }),
  bySource: Object.fromEntries(
    [...new Set(judged.map(({ source }) => source))].toSorted().map((source) => {
      const places = judged.flatMap((one, at) => (one.source === source ? [at] : []));
      const list = places.map((at) => judged[at] as Judged);
      const passed = places.map((at) => (shipped[at] ?? 0) >= 0.5);
      const features = list.map((one) => one.features >= 0);
      return [
        source,
        {
          n: list.length,
          features: round(balanced(list, features)),
          featuresAndReader: round(balanced(list, passed)),
        },
      ];
    }),
  ),
  calibration: Array.from({ length: 5 }, (_, bin) => {
    const places = shipped.flatMap((value, at) =>
      Math.min(4, Math.floor(value * 5)) === bin ? [at] : [],
    );
    return {
      n: places.length,
      predicted: round(mean(places.map((at) => shipped[at] ?? 0))),
      attributable: round(mean(places.map((at) => (judged[at]?.right === true ? 1 : 0)))),
    };
  }),
};
console.log(JSON.stringify(report, null, 1));
console.log(`cross-encoder: ${(milliseconds / Math.max(1, judged.length)).toFixed(0)} ms a claim`);
if (values.write) {
  const [features = 1, own = 0] = fitted.weights;
  const folder = join(packageRoot, 'scorer', 'support');
  writeFileSync(
    join(folder, 'second-opinion.json'),
    `${JSON.stringify({ features, reader: own, bias: fitted.bias })}\n`,
  );
  writeFileSync(join(folder, 'second-opinion-report.json'), `${JSON.stringify(report, null, 1)}\n`);
}
