/**
 * Trains the evidence and answerability models and prints their cross-validated figures:
 *
 *   npx tsx retriever/rank/training/train-evidence.ts --weights e5-small-q4.bin \
 *     --data ../shared/data/frozen-web-dev --cache DIR [--questions 1200] [--write]
 *
 * The file as it is came from `--questions 1500` with `NODE_OPTIONS=--max-old-space-size=7000` (some seven
 * minutes on two cores). Deterministic. Folds are by page: no page is in training and in testing. What is written
 * (`evidence-model.json`) is trained on all folds; the figures printed are those of held-out pages.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { growTrees } from '../../../eval/training/grow-trees.ts';
import { stableHash } from '../../../eval/training/stable-hash.ts';
import { sigmoid, type BoostedTrees } from '../../../src/core/boosted-trees.ts';
import { packageRoot } from '../../../src/core/package-root.ts';
import { E5Embedder } from '../../embed/e5-embedder.ts';
import { answerabilityFeatures, ANSWERABILITY_FEATURES } from '../answerability.ts';
import { FEATURE_NAMES } from '../evidence-features.ts';
import { combinedScores } from '../evidence-model.ts';
import { MATCH_FEATURES, matchScores, withMatch } from '../match-score.ts';
import { toTreeArrays } from '../tree-arrays.ts';
import {
  collectTrainingSet,
  FOLDS,
  type LabelledQuestion,
  type QuestionKind,
} from './collect-training-set.ts';
import { evidenceGradients, startingScore, type TrainingSet } from './evidence-gradients.ts';
import { FrozenWeb, type FrozenQuestion } from './frozen-web.ts';
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

/** Without the weights only the lexical models are trained. */
const LEXICAL = (name: string): boolean => !/[sS]imilarity/u.test(name);

function sample(web: FrozenWeb, count: number): { question: FrozenQuestion; kind: QuestionKind }[] {
  const known = new Set(web.pages.map((page) => page.page_id));
  const usable = web.questions
    .filter(({ page_id }) => known.has(page_id))
    .toSorted((a, b) => stableHash(a.qid) - stableHash(b.qid));
  const english = usable.filter(
    ({ lang, answerable, standalone }) => lang === 'en' && answerable && standalone === true,
  );
  const chinese = usable.filter(
    ({ source, answerable }) => answerable && /cmrc|drcd/u.test(source),
  );
  const unanswerable = usable.filter(
    ({ answerable, standalone }) => !answerable && standalone === true,
  );
  const third = Math.floor(count / 3);
  const as = (kind: QuestionKind) => (question: FrozenQuestion) => ({ question, kind });
  return [
    ...english.slice(0, count).map(as('answerable')),
    ...chinese.slice(0, count).map(as('answerable')),
    ...unanswerable.slice(0, third).map(as('unanswerable')),
    ...english.slice(0, third).map(as('off-topic')),
    ...chinese.slice(0, third).map(as('off-topic')),
  ];
}

/** Negatives kept for each question: the hardest and a few others, which is most of what there is to learn. */
const HARD_NEGATIVES = 10;
const OTHER_NEGATIVES = 5;

/** A question and the match scores of its candidates, from a model that did not see its page. */
interface Matched {
  readonly question: LabelledQuestion;
  readonly match: readonly number[];
}

const TREE_FEATURES = [...FEATURE_NAMES, ...MATCH_FEATURES];

function trainingRows(questions: readonly Matched[]): TrainingSet {
  const rows: Float64Array[] = [];
  const labels: number[] = [];
  const weights: number[] = [];
  const groups: number[] = [];
  const similarity = FEATURE_NAMES.indexOf('similarity');
  const coverage = FEATURE_NAMES.indexOf('coverageWithTitle');
  questions.forEach(({ question, match }, group) => {
    const { evidence, labels: own, kind } = question;
    const seen = withMatch(evidence.rows, match);
    const hardness = (at: number): number =>
      8 * (evidence.rows[at]?.[similarity] ?? 0) + (evidence.rows[at]?.[coverage] ?? 0);
    const negatives = evidence.rows
      .map((_, at) => at)
      .filter((at) => (own[at] ?? 0) === 0)
      .sort((a, b) => hardness(b) - hardness(a));
    const others = negatives.slice(HARD_NEGATIVES);
    const step = Math.max(1, Math.floor(others.length / OTHER_NEGATIVES));
    const kept = [
      ...evidence.rows.flatMap((_, at) => (own[at] === 1 ? [at] : [])),
      ...negatives.slice(0, HARD_NEGATIVES),
      ...others.filter((_, at) => at % step === 0),
    ];
    for (const at of kept) {
      rows.push(seen[at] as Float64Array);
      labels.push(own[at] === 1 ? 1 : 0);
      weights.push(kind === 'answerable' ? 1 : 0.3);
      groups.push(group);
    }
  });
  return {
    rows,
    labels: Float64Array.from(labels),
    weights: Float64Array.from(weights),
    groups: Int32Array.from(groups),
  };
}

const grow = (questions: readonly Matched[], allowed: (name: string) => boolean): BoostedTrees => {
  const data = trainingRows(questions);
  return growTrees(
    data.rows,
    (scores, g, h) => evidenceGradients(data, scores, Number(values.listwise), g, h),
    {
      rounds: Number(values.trees),
      depth: Number(values.depth),
      rate: 12 / Number(values.trees),
      l2: 2,
      minHessian: 3,
      featureShare: 1,
      allowed: (feature) => allowed(TREE_FEATURES[feature] ?? ''),
      seed: 7,
      base: startingScore(data),
    },
  );
};

/** Match scores of every question, from a model that did not see its page. */
function matchOthers(
  questions: readonly LabelledQuestion[],
  allowed: (name: string) => boolean,
  dense: boolean,
): Matched[] {
  const matched = questions.map((question): Matched => ({ question, match: [] }));
  for (let fold = 0; fold < FOLDS; fold += 1) {
    const others = questions.filter((question) => question.fold !== fold);
    const model = fitMatch(others, allowed, dense);
    questions.forEach((question, at) => {
      if (question.fold !== fold) return;
      const { rows, vectors } = question.evidence;
      matched[at] = { question, match: matchScores(model, rows, vectors) };
    });
  }
  return matched;
}

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
    );
    matched.forEach(({ question, match }, at) => {
      if (question.fold !== fold) return;
      results[at] = combinedScores(model, question.evidence.rows, match);
    });
  }
  return results;
}

/** Calibration: scores to the probability that the sentence has the answer. */
function calibration(
  questions: readonly LabelledQuestion[],
  results: readonly { readonly scores: readonly number[]; readonly level: number }[],
) {
  const rows: number[][] = [];
  const labels: number[] = [];
  questions.forEach(({ labels: own }, at) => {
    results[at]?.scores.forEach((score, candidate) => {
      rows.push([score, results[at]?.level ?? 0]);
      labels.push((own[candidate] ?? 0) === 1 ? 1 : 0);
    });
  });
  return fitLogistic(rows, labels);
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
      trees: toTreeArrays(grow(matched, allowed), TREE_FEATURES),
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
