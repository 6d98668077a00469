/**
 * Trains the evidence and answerability models and prints their cross-validated figures:
 *
 *   npx tsx eval/lab/evidence/train-evidence.ts --weights e5-small-q4.bin \
 *     --data ../shared/data/frozen-web-dev --cache DIR [--questions 1200] [--write]
 *
 * The file as it is came from `--questions 1500` with `NODE_OPTIONS=--max-old-space-size=7000` (some seven
 * minutes on two cores). Deterministic. Folds are by page: no page is in training and in testing. What is written
 * (`evidence-model.json`) is trained on all folds; the figures printed are those of held-out pages.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { sigmoid } from '../../../src/core/boosted-trees.ts';
import { packageRoot } from '../../../src/core/package-root.ts';
import { E5Embedder } from '../../../src/runtime/e5/e5-embedder.ts';
import {
  answerabilityFeatures,
  ANSWERABILITY_FEATURES,
} from '../../../retriever/rank/evidence/answerability.ts';
import { combinedScores } from '../../../retriever/rank/evidence/evidence-model.ts';
import { toTreeArrays } from '../../../retriever/rank/evidence/tree-arrays.ts';
import { collectTrainingSet, FOLDS } from './collect-training-set.ts';
import {
  calibration,
  grow,
  LEXICAL,
  matchOthers,
  sample,
  TREE_FEATURES,
  type Matched,
  type TreeOptions,
} from './evidence-training.ts';
import { FrozenWeb } from './frozen-web.ts';
import { fitLogistic } from './fit-logistic.ts';
import { fitMatch } from './fit-match.ts';
import { reportAnswerability, reportEvidence, reportPassages } from './report-figures.ts';
import { VectorCache } from './vector-cache.ts';

const { values } = parseArgs({
  options: {
    weights: { type: 'string' },
    data: { type: 'string', default: join(packageRoot, '../shared/data/frozen-web-dev') },
    cache: { type: 'string', default: '/tmp/footnote-train' },
    questions: { type: 'string', default: '1200' },
    'chinese-tenths': { type: 'string', default: '4' },
    trees: { type: 'string', default: '100' },
    depth: { type: 'string', default: '4' },
    listwise: { type: 'string', default: '0.5' },
    write: { type: 'boolean', default: false },
  },
});

const TREES: TreeOptions = {
  trees: Number(values.trees),
  depth: Number(values.depth),
  listwise: Number(values.listwise),
};

/** Trains on all but one fold, scores that one; the scores of every question come from unseen pages. */
function crossValidate(
  matched: readonly Matched[],
  allowed: (name: string) => boolean,
): { readonly scores: number[]; readonly level: number }[] {
  const results = matched.map((): { scores: number[]; level: number } => ({
    scores: [],
    level: 0,
  }));
  for (let fold = 0; fold < FOLDS; fold += 1) {
    const model = grow(
      matched.filter(({ question }) => question.fold !== fold),
      allowed,
      TREES,
    );
    matched.forEach(({ question, match }, at) => {
      if (question.fold !== fold) return;
      results[at] = combinedScores(model, question.evidence.rows, match);
    });
  }
  return results;
}

async function main(): Promise<void> {
  const web = new FrozenWeb(values.data, Number(values['chinese-tenths']));
  const inner =
    values.weights === undefined
      ? null
      : await E5Embedder.load({ weightsPath: values.weights, cacheDir: values.cache, threads: 2 });
  const cache = inner === null ? null : new VectorCache(inner, values.cache);
  console.log(`${web.pages.length} pages, ${web.questions.length} questions`);
  const questions = await collectTrainingSet(web, sample(web, Number(values.questions)), {
    embedder: cache,
    log: (line) => console.log(`${line}, ${cache?.misses ?? 0} texts embedded anew`),
  });
  cache?.save();
  const models: Record<string, unknown> = {};
  for (const [name, allowed] of [
    ['dense', () => true],
    ['lexical', LEXICAL],
  ] as const) {
    if (name === 'dense' && cache === null) continue;
    console.log(`\n== ${name} ==`);
    const dense = name === 'dense';
    const matched = matchOthers(questions, allowed, dense);
    console.log('-- match score alone --');
    reportEvidence(
      questions,
      matched.map(({ match }) => match),
    );
    console.log('-- trees and match score --');
    const results = crossValidate(matched, allowed);
    const scores = results.map((result) => result.scores);
    reportEvidence(questions, scores);
    const calibrated = calibration(questions, results);
    const [slope = 1, level = 0] = calibrated.weights;
    const probabilities = results.map((result) =>
      result.scores.map((score) => sigmoid(calibrated.bias + slope * score + level * result.level)),
    );
    reportPassages(questions, probabilities);
    const rows = questions.map(({ evidence }, at) =>
      answerabilityFeatures(evidence, probabilities[at] ?? []),
    );
    const target = questions.map(({ kind }) => (kind === 'answerable' ? 1 : 0));
    const held = questions.map((): number => 0);
    for (let fold = 0; fold < FOLDS; fold += 1) {
      const inside = questions.flatMap((question, at) => (question.fold === fold ? [] : [at]));
      const fitted = fitLogistic(
        inside.map((at) => rows[at] ?? []),
        inside.map((at) => target[at] ?? 0),
      );
      questions.forEach((question, at) => {
        if (question.fold === fold) held[at] = fitted.predict(rows[at] ?? []);
      });
    }
    reportAnswerability(questions, scores, held);
    const whole = fitLogistic(rows, target);
    models[name] = {
      match: fitMatch(questions, allowed, dense),
      trees: toTreeArrays(grow(matched, allowed, TREES), TREE_FEATURES),
      calibration: { bias: calibrated.bias, slope, level },
      answerability: {
        features: ANSWERABILITY_FEATURES,
        bias: whole.bias,
        weights: whole.weights,
      },
    };
  }
  if (values.write) {
    const path = join(packageRoot, 'retriever/rank/evidence-model.json');
    writeFileSync(path, `${JSON.stringify(models)}\n`);
    console.log(`\nwritten: ${path}`);
  }
}

await main();
