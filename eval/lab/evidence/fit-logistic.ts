/** Logistic regression with a small ridge penalty, by Newton's method. */
import { sigmoid } from '../../../src/core/boosted-trees.ts';

export interface Logistic {
  readonly bias: number;
  readonly weights: readonly number[];
  readonly predict: (row: readonly number[]) => number;
}

/** @param rows one list of features each; @param labels 0 or 1; `counts`: how much each row weighs */
export function fitLogistic(
  rows: readonly (readonly number[])[],
  labels: readonly number[],
  { ridge = 1, counts }: { readonly ridge?: number; readonly counts?: readonly number[] } = {},
): Logistic {
  const width = (rows[0]?.length ?? 0) + 1;
  const theta = new Float64Array(width);
  for (let round = 0; round < 30; round += 1) {
    const gradient = new Float64Array(width);
    const hessian = Array.from({ length: width }, () => new Float64Array(width));
    rows.forEach((row, at) => {
      const x = [1, ...row];
      const p = sigmoid(x.reduce((sum, value, index) => sum + value * (theta[index] ?? 0), 0));
      const count = counts?.[at] ?? 1;
      const h = count * p * (1 - p);
      for (let i = 0; i < width; i += 1) {
        const xi = x[i] ?? 0;
        gradient[i] = (gradient[i] ?? 0) + count * (p - (labels[at] ?? 0)) * xi;
        const line = hessian[i] ?? new Float64Array(width);
        for (let j = 0; j < width; j += 1) line[j] = (line[j] ?? 0) + h * xi * (x[j] ?? 0);
      }
    });
    for (let i = 0; i < width; i += 1) {
      const strength = i === 0 ? 1e-6 : ridge;
      gradient[i] = (gradient[i] ?? 0) + strength * (theta[i] ?? 0);
      const line = hessian[i] ?? new Float64Array(width);
      line[i] = (line[i] ?? 0) + strength;
    }
    const step = solve(hessian, gradient);
    let change = 0;
    for (let i = 0; i < width; i += 1) {
      theta[i] = (theta[i] ?? 0) - (step[i] ?? 0);
      change += Math.abs(step[i] ?? 0);
    }
    if (change < 1e-7) break;
  }
  const [bias = 0, ...weights] = [...theta].map((value) => Number(value.toFixed(6)));
  return {
    bias,
    weights,
    predict: (row) =>
      sigmoid(row.reduce((sum, value, at) => sum + value * (weights[at] ?? 0), bias)),
  };
}

/** Gaussian elimination with pivoting. */
function solve(matrix: Float64Array[], right: Float64Array): Float64Array {
  const n = right.length;
  const a = matrix.map((line, at) => Float64Array.from([...line, right[at] ?? 0]));
  for (let column = 0; column < n; column += 1) {
    let pivot = column;
    for (let row = column + 1; row < n; row += 1) {
      if (Math.abs(a[row]?.[column] ?? 0) > Math.abs(a[pivot]?.[column] ?? 0)) pivot = row;
    }
    const top = a[pivot] ?? new Float64Array(n + 1);
    a[pivot] = a[column] ?? top;
    a[column] = top;
    const lead = top[column] ?? 0;
    if (Math.abs(lead) < 1e-12) continue;
    for (let row = 0; row < n; row += 1) {
      const line = a[row] ?? new Float64Array(n + 1);
      const factor = row === column ? 0 : (line[column] ?? 0) / lead;
      if (factor === 0) continue;
      for (let index = column; index <= n; index += 1) {
        line[index] = (line[index] ?? 0) - factor * (top[index] ?? 0);
      }
    }
  }
  return Float64Array.from({ length: n }, (_, at) => {
    const lead = a[at]?.[at] ?? 0;
    return Math.abs(lead) < 1e-12 ? 0 : (a[at]?.[n] ?? 0) / lead;
  });
}
