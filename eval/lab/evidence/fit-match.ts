/**
 * Trains the match score: softmax over the candidates of each question (the loss is the logarithm of
 * the share of all right sentences together), by Adam (Kingma & Ba 2015), in mini-batches of questions.
 */
import { seededRandom } from '../trees/seeded-random.ts';
import { FEATURE_NAMES } from '../../../retriever/rank/evidence/evidence-features.ts';
import {
  matchScores,
  standard,
  VECTOR_SCALE,
  type MatchModel,
} from '../../../retriever/rank/words/match-score.ts';
import type { LabelledQuestion } from './collect-training-set.ts';

const EPOCHS = 8;
const BATCH = 32;
const RATE = 0.007;
/** Decay of the diagonal towards one, and of the features' weights towards zero, per step and rate. */
const DIAGONAL_DECAY = 0.2;
const WEIGHT_DECAY = 0.001;
const NEGATIVES = 14;
const POSITIVES = 4;

interface Sample {
  readonly question: Float32Array | null;
  readonly features: readonly Float64Array[];
  readonly vectors: readonly (Float32Array | undefined)[];
  readonly positives: number;
}

/** @param allowed features that may be used; the others keep a weight of 0 */
export function fitMatch(
  questions: readonly LabelledQuestion[],
  allowed: (name: string) => boolean,
  dense: boolean,
): MatchModel {
  const usable = questions.filter(
    ({ kind, labels }) => kind === 'answerable' && labels.includes(1),
  );
  const model = emptyModel(usable, dense);
  const on = FEATURE_NAMES.map((name) => (allowed(name) ? 1 : 0));
  const samples = usable.map((question) => sampleOf(question, model));
  const F = FEATURE_NAMES.length;
  const size = F + model.diagonal.length;
  const gradient = new Float64Array(size);
  const first = new Float64Array(size);
  const second = new Float64Array(size);
  const random = seededRandom(7);
  let step = 0;
  for (let epoch = 0; epoch < EPOCHS; epoch += 1) {
    for (let at = samples.length - 1; at > 0; at -= 1) {
      const other = Math.floor(random() * (at + 1));
      [samples[at], samples[other]] = [samples[other] as Sample, samples[at] as Sample];
    }
    const rate = RATE * (1.05 - epoch / EPOCHS);
    for (let start = 0; start < samples.length; start += BATCH) {
      gradient.fill(0);
      const batch = samples.slice(start, start + BATCH);
      for (const sample of batch) addGradient(model, sample, gradient);
      step += 1;
      for (let index = 0; index < size; index += 1) {
        const g = (gradient[index] ?? 0) / batch.length;
        first[index] = 0.9 * (first[index] ?? 0) + 0.1 * g;
        second[index] = 0.999 * (second[index] ?? 0) + 0.001 * g * g;
        const change =
          (rate * ((first[index] ?? 0) / (1 - 0.9 ** step))) /
          (Math.sqrt((second[index] ?? 0) / (1 - 0.999 ** step)) + 1e-8);
        if (index < F) {
          const old = model.weights[index] ?? 0;
          model.weights[index] = on[index] === 0 ? 0 : old - change - rate * WEIGHT_DECAY * old;
        } else {
          const old = model.diagonal[index - F] ?? 0;
          model.diagonal[index - F] = old - change - rate * DIAGONAL_DECAY * (old - 1);
        }
      }
    }
  }
  const short = (list: readonly number[]): number[] => list.map((v) => Number(v.toPrecision(4)));
  return {
    features: [...FEATURE_NAMES],
    mean: short(model.mean),
    deviation: short(model.deviation),
    weights: short(model.weights),
    questionMean: short(model.questionMean),
    sentenceMean: short(model.sentenceMean),
    diagonal: short(model.diagonal),
  };
}

function emptyModel(questions: readonly LabelledQuestion[], dense: boolean): MatchModel {
  const F = FEATURE_NAMES.length;
  const mean = new Float64Array(F);
  const square = new Float64Array(F);
  let rows = 0;
  for (const { evidence } of questions) {
    for (const row of evidence.rows) {
      rows += 1;
      row.forEach((value, feature) => {
        mean[feature] = (mean[feature] ?? 0) + value;
        square[feature] = (square[feature] ?? 0) + value * value;
      });
    }
  }
  const means = [...mean].map((value) => value / rows);
  const deviation = [...square].map((value, feature) =>
    Math.sqrt(Math.max(1e-6, value / rows - (means[feature] ?? 0) ** 2)),
  );
  const width = dense ? (questions[0]?.evidence.vectors?.question.length ?? 0) : 0;
  const average = (lists: readonly (Float32Array | undefined)[]): number[] =>
    Array.from(
      { length: width },
      (_, k) => lists.reduce((sum, list) => sum + (list?.[k] ?? 0), 0) / Math.max(1, lists.length),
    );
  return {
    features: [...FEATURE_NAMES],
    mean: means,
    deviation,
    weights: FEATURE_NAMES.map(() => 0),
    questionMean: average(questions.map(({ evidence }) => evidence.vectors?.question)),
    sentenceMean: average(
      questions.flatMap(({ evidence }) => evidence.vectors?.sentences.slice(0, 12) ?? []),
    ),
    diagonal: Array.from({ length: width }, () => 1),
  };
}

/** The right sentences first, then the hardest wrong ones. */
function sampleOf({ evidence, labels }: LabelledQuestion, model: MatchModel): Sample {
  const coverage = FEATURE_NAMES.indexOf('coverage');
  const hardness = (at: number): number =>
    (evidence.similarities?.[at] ?? 0) +
    (evidence.similarities === null ? 1 : 0.03) * (evidence.rows[at]?.[coverage] ?? 0);
  const order = evidence.rows.map((_, at) => at);
  const positives = order.filter((at) => labels[at] === 1).slice(0, POSITIVES);
  const negatives = order
    .filter((at) => labels[at] === 0)
    .sort((a, b) => hardness(b) - hardness(a))
    .slice(0, NEGATIVES);
  const list = [...positives, ...negatives];
  const dense = model.diagonal.length > 0;
  return {
    question: dense ? (evidence.vectors?.question ?? null) : null,
    features: list.map((at) =>
      Float64Array.from(FEATURE_NAMES, (_, f) => standard(model, evidence.rows[at] ?? [], f)),
    ),
    vectors: list.map((at) => (dense ? evidence.vectors?.sentences[at] : undefined)),
    positives: positives.length,
  };
}

/** Standardised features stand for rows whose mean is 0 and deviation 1. */
const unit = { mean: FEATURE_NAMES.map(() => 0), deviation: FEATURE_NAMES.map(() => 1) };

function addGradient(model: MatchModel, sample: Sample, gradient: Float64Array): void {
  const { question, features, vectors, positives } = sample;
  const evidence =
    question === null ? null : { question, sentences: vectors as readonly Float32Array[] };
  const scores = matchScores({ ...model, ...unit }, features, evidence);
  const most = Math.max(...scores);
  const shares = scores.map((score) => Math.exp(score - most));
  const all = shares.reduce((sum, share) => sum + share, 0);
  const right = shares.slice(0, positives).reduce((sum, share) => sum + share, 0) || 1e-12;
  const F = FEATURE_NAMES.length;
  const width = model.diagonal.length;
  const sum = new Float64Array(width);
  shares.forEach((share, at) => {
    const g = share / all - (at < positives ? share / right : 0);
    features[at]?.forEach((value, feature) => {
      gradient[feature] = (gradient[feature] ?? 0) + g * value;
    });
    const vector = vectors[at];
    for (let k = 0; k < width; k += 1) {
      sum[k] = (sum[k] ?? 0) + g * ((vector?.[k] ?? 0) - (model.sentenceMean[k] ?? 0));
    }
  });
  for (let k = 0; k < width; k += 1) {
    const asked = VECTOR_SCALE * ((question?.[k] ?? 0) - (model.questionMean[k] ?? 0));
    gradient[F + k] = (gradient[F + k] ?? 0) + asked * (sum[k] ?? 0);
  }
}
