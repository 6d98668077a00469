/**
 * The risk-coverage curve of selective answering (El-Yaniv and Wiener 2010; Kamath et al. 2020 for
 * questions): the more questions are answered, from the most confident on, the more answers are wrong.
 */
export interface Confident {
  /** Any scale; higher is surer. */
  readonly confidence: number;
  /** Right, if it were answered; an answer to an unanswerable question is never right. */
  readonly right: boolean;
  readonly answerable: boolean;
}

export interface RiskCoveragePoint {
  readonly threshold: number;
  /** Share of all questions that are answered at this threshold. */
  readonly coverage: number;
  /** Share of the answered that are wrong. */
  readonly risk: number;
  /** Share of the answerable questions that are answered. */
  readonly answered: number;
  /** Share of the unanswerable questions that are not; null without any. */
  readonly abstained: number | null;
}

/** One point for each distinct confidence, from the surest on; ties are answered together. */
export function riskCoverage(items: readonly Confident[]): RiskCoveragePoint[] {
  const sorted = items.toSorted((a, b) => b.confidence - a.confidence);
  const answerable = items.filter((one) => one.answerable).length;
  const unanswerable = items.length - answerable;
  const points: RiskCoveragePoint[] = [];
  let wrong = 0;
  let answered = 0;
  let slipped = 0;
  sorted.forEach((item, index) => {
    if (!item.right) wrong += 1;
    if (item.answerable) answered += 1;
    else slipped += 1;
    if (sorted[index + 1]?.confidence === item.confidence) return;
    points.push({
      threshold: item.confidence,
      coverage: (index + 1) / sorted.length,
      risk: wrong / (index + 1),
      answered: answerable === 0 ? 0 : answered / answerable,
      abstained: unanswerable === 0 ? null : 1 - slipped / unanswerable,
    });
  });
  return points;
}

/** Area under the curve: the mean risk over all coverages (lower is better); 0 without items. */
export function areaUnderRisk(items: readonly Confident[]): number {
  const points = riskCoverage(items);
  let area = 0;
  let before = 0;
  for (const { coverage, risk } of points) {
    area += risk * (coverage - before);
    before = coverage;
  }
  return area;
}
