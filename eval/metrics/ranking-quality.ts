/** Measures of a ranked list, each by its usual definition. */

/** nDCG (Järvelin and Kekäläinen 2002) at k with gain 2^grade - 1 and discount log2(rank + 1). */
export function ndcg(grades: readonly number[], k: number): number {
  const gain = (list: readonly number[]): number =>
    list
      .slice(0, k)
      .reduce((sum, grade, index) => sum + (2 ** grade - 1) / Math.log2(index + 2), 0);
  const best = gain(grades.toSorted((a, b) => b - a));
  return best === 0 ? 0 : gain(grades) / best;
}

/** Reciprocal of the first relevant item's rank; 0 without one. */
export function reciprocalRank(relevant: readonly boolean[]): number {
  const at = relevant.indexOf(true);
  return at < 0 ? 0 : 1 / (at + 1);
}

/** Share of the pairs with different grades that stand in the right order; NaN without such pairs. */
export function pairwiseAccuracy(grades: readonly number[]): number {
  let right = 0;
  let pairs = 0;
  for (let first = 0; first < grades.length; first += 1) {
    for (let second = first + 1; second < grades.length; second += 1) {
      const difference = (grades[first] ?? 0) - (grades[second] ?? 0);
      if (difference === 0) continue;
      pairs += 1;
      if (difference > 0) right += 1;
    }
  }
  return right / pairs;
}
