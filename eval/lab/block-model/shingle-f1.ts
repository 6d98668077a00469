/**
 * The measure of the public article-extraction benchmark: shingles of four tokens (`\w+`), counted
 * with repeats; precision and recall per page, averaged over the pages; F1 of the two averages.
 */
export interface ShingleScore {
  readonly precision: number;
  readonly recall: number;
}

function shingles(text: string): Map<string, number> {
  const tokens = text.match(/[\p{L}\p{N}_]+/gu) ?? [];
  const counts = new Map<string, number>();
  for (let index = 0; index < Math.max(1, tokens.length - 3); index += 1) {
    const shingle = tokens.slice(index, index + 4).join(' ');
    if (shingle !== '') counts.set(shingle, (counts.get(shingle) ?? 0) + 1);
  }
  return counts;
}

/** Precision and recall of one page's text. */
export function shingleScore(gold: string, found: string): ShingleScore {
  const goldCounts = shingles(gold);
  const foundCounts = shingles(found);
  let common = 0;
  let foundTotal = 0;
  let goldTotal = 0;
  for (const [key, count] of foundCounts) {
    foundTotal += count;
    common += Math.min(count, goldCounts.get(key) ?? 0);
  }
  for (const count of goldCounts.values()) goldTotal += count;
  if (foundTotal === 0 && goldTotal === 0) return { precision: 1, recall: 1 };
  return {
    precision: foundTotal === 0 ? 0 : common / foundTotal,
    recall: goldTotal === 0 ? 0 : common / goldTotal,
  };
}

/** Averages over pages; a page without any text found does not count for precision (as published). */
export function averageScores(
  scores: readonly (ShingleScore & { readonly empty?: boolean })[],
): ShingleScore & { readonly f1: number } {
  const withText = scores.filter((score) => score.empty !== true);
  const precision =
    withText.reduce((sum, score) => sum + score.precision, 0) / Math.max(1, withText.length);
  const recall = scores.reduce((sum, score) => sum + score.recall, 0) / Math.max(1, scores.length);
  return { precision, recall, f1: (2 * precision * recall) / Math.max(1e-9, precision + recall) };
}
