/** What the evidence models learn from, and how: shared by the training commands. */
import { growTrees } from '../trees/grow-trees.ts';
import { stableHash } from '../trees/stable-hash.ts';
import type { BoostedTrees } from '../../../src/core/boosted-trees.ts';
import { FEATURE_NAMES } from '../../../retriever/rank/evidence/evidence-features.ts';
import {
  MATCH_FEATURES,
  matchScores,
  withMatch,
} from '../../../retriever/rank/words/match-score.ts';
import { FOLDS, type LabelledQuestion, type QuestionKind } from './collect-training-set.ts';
import { evidenceGradients, startingScore, type TrainingSet } from './evidence-gradients.ts';
import { fitLogistic, type Logistic } from './fit-logistic.ts';
import { fitMatch } from './fit-match.ts';
import type { FrozenQuestion, FrozenWeb } from './frozen-web.ts';

export interface TreeOptions {
  readonly trees: number;
  readonly depth: number;
  readonly listwise: number;
}

/** Without the weights only the lexical models are trained. */
export const LEXICAL = (name: string): boolean => !/[sS]imilarity/u.test(name);

/** A fixed sample of each kind of question. */
export function sample(
  web: FrozenWeb,
  count: number,
): { question: FrozenQuestion; kind: QuestionKind }[] {
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
export interface Matched {
  readonly question: LabelledQuestion;
  readonly match: readonly number[];
}

export const TREE_FEATURES = [...FEATURE_NAMES, ...MATCH_FEATURES];

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

export const grow = (
  questions: readonly Matched[],
  allowed: (name: string) => boolean,
  options: TreeOptions,
): BoostedTrees => {
  const data = trainingRows(questions);
  return growTrees(
    data.rows,
    (scores, g, h) => evidenceGradients(data, scores, options.listwise, g, h),
    {
      rounds: options.trees,
      depth: options.depth,
      rate: 12 / options.trees,
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
export function matchOthers(
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

/** Calibration: scores to the probability that the sentence has the answer. */
export function calibration(
  questions: readonly LabelledQuestion[],
  results: readonly { readonly scores: readonly number[]; readonly level: number }[],
): Logistic {
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
