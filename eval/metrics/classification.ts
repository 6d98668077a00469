/** Measures of a score against a yes or no. */
export interface Scored {
  readonly score: number;
  readonly positive: boolean;
}

/** Mean of the recalls of the two classes at a threshold. */
export function balancedAccuracy(items: readonly Scored[], threshold: number): number {
  const recall = (positive: boolean): number => {
    const own = items.filter((one) => one.positive === positive);
    return own.filter(({ score }) => score >= threshold === positive).length / own.length;
  };
  return (recall(true) + recall(false)) / 2;
}

/** Area under the ROC curve: how often a positive stands above a negative, ties half. */
export function areaUnderRoc(items: readonly Scored[]): number {
  const sorted = items.toSorted((a, b) => a.score - b.score);
  let positives = 0;
  let rankSum = 0;
  for (let start = 0; start < sorted.length;) {
    let end = start;
    while (end < sorted.length && sorted[end]?.score === sorted[start]?.score) end += 1;
    // Tied items share the mean of their ranks (1-based).
    for (let index = start; index < end; index += 1) {
      if (sorted[index]?.positive !== true) continue;
      positives += 1;
      rankSum += (start + 1 + end) / 2;
    }
    start = end;
  }
  const negatives = sorted.length - positives;
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives);
}

/** Expected calibration error (Guo et al. 2017) over ten equal bins of a probability. */
export function calibrationError(items: readonly Scored[]): number {
  let error = 0;
  for (let bin = 0; bin < 10; bin += 1) {
    const own = items.filter(({ score }) => Math.min(9, Math.floor(score * 10)) === bin);
    if (own.length === 0) continue;
    const confidence = own.reduce((sum, { score }) => sum + score, 0) / own.length;
    const accuracy = own.filter(({ positive }) => positive).length / own.length;
    error += (own.length / items.length) * Math.abs(confidence - accuracy);
  }
  return error;
}
