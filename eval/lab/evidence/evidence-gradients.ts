/** The loss that the evidence trees learn by: logistic, mixed with a listwise softmax per question. */
import { sigmoid } from '../../../src/core/boosted-trees.ts';

export interface TrainingSet {
  readonly rows: readonly Float64Array[];
  /** 0 or 1. */
  readonly labels: Float64Array;
  readonly weights: Float64Array;
  /** Rows of one question have the same number and stand together; for the listwise loss. */
  readonly groups: Int32Array;
}

/** Log-odds of the weighted share of positive rows. */
export function startingScore({ labels, weights }: TrainingSet): number {
  let positive = 0;
  let all = 0;
  weights.forEach((weight, row) => {
    positive += weight * (labels[row] ?? 0);
    all += weight;
  });
  const share = positive / Math.max(1e-9, all);
  return Math.log(Math.max(1e-6, share) / Math.max(1e-6, 1 - share));
}

/**
 * Fills `gradient` and `hessian` for the scores.
 * @param listwise share of the listwise softmax gradient mixed with the logistic one, 0..1
 */
export function evidenceGradients(
  data: TrainingSet,
  scores: Float64Array,
  listwise: number,
  gradient: Float64Array,
  hessian: Float64Array,
): void {
  const n = scores.length;
  for (let start = 0; start < n;) {
    let end = start;
    let most = -Infinity;
    let positives = 0;
    while (end < n && data.groups[end] === data.groups[start]) {
      most = Math.max(most, scores[end] ?? 0);
      positives += data.labels[end] ?? 0;
      end += 1;
    }
    let normal = 0;
    for (let row = start; row < end; row += 1) normal += Math.exp((scores[row] ?? 0) - most);
    for (let row = start; row < end; row += 1) {
      const score = scores[row] ?? 0;
      const label = data.labels[row] ?? 0;
      const weight = data.weights[row] ?? 1;
      const p = sigmoid(score);
      let g = (1 - listwise) * (p - label);
      let h = (1 - listwise) * p * (1 - p);
      if (listwise > 0 && positives > 0) {
        const q = Math.exp(score - most) / normal;
        g += listwise * (q - label / positives);
        h += listwise * q * (1 - q);
      }
      gradient[row] = weight * g;
      hessian[row] = weight * Math.max(1e-6, h);
    }
    start = end;
  }
}
