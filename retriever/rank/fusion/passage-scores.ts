/** One score a passage, out of its words, the similarity of its sentences and its best evidence. */
import type { CollectedEvidence } from '../evidence/collect-evidence.ts';
import { spread } from '../evidence/evidence-features.ts';

export interface PassageScore {
  readonly score: number;
  readonly bm25: number;
  /** Greatest similarity of a sentence; null where none was embedded. */
  readonly dense: number | null;
  /** Probability that some sentence of it holds the answer. */
  readonly evidence: number;
}

export interface FusionWeights {
  readonly bm25: number;
  readonly dense: number;
  readonly evidence: number;
  readonly coverage: number;
}

/** Chosen on the even pages of the development data (`training/train-evidence.ts` prints them). */
export const FUSION: FusionWeights = { bm25: 0.2, dense: 0.2, evidence: 1, coverage: 0 };

/** @param probabilities of the candidates, in their order; all zero where no model is at hand */
export function passageScores(
  evidence: CollectedEvidence,
  probabilities: readonly number[],
  fusion: FusionWeights = FUSION,
): PassageScore[] {
  const dense = evidence.bm25.map((): number | null => null);
  const none = evidence.bm25.map(() => 1);
  evidence.candidates.forEach(({ passage }, at) => {
    const similarity = evidence.similarities?.[at];
    if (similarity !== undefined) dense[passage] = Math.max(dense[passage] ?? -1, similarity);
    none[passage] = (none[passage] ?? 1) * (1 - (probabilities[at] ?? 0));
  });
  const known = dense.filter((value) => value !== null);
  const { mean, deviation } = spread(known);
  const coverage = spread(evidence.coverage);
  return evidence.bm25.map((bm25, at) => {
    const similarity = dense[at] ?? null;
    // A passage outside the dense pass is taken to be somewhat below its average.
    const denseZ = similarity === null || deviation === 0 ? -1 : (similarity - mean) / deviation;
    const holds = 1 - (none[at] ?? 1);
    const odds = Math.log((holds + 1e-3) / (1 - holds + 1e-3));
    const covered =
      coverage.deviation === 0
        ? 0
        : ((evidence.coverage[at] ?? 0) - coverage.mean) / coverage.deviation;
    return {
      score:
        fusion.bm25 * (evidence.bm25Z[at] ?? 0) +
        (evidence.similarities === null ? 0 : fusion.dense * denseZ) +
        fusion.evidence * odds +
        fusion.coverage * covered,
      bm25,
      dense: similarity,
      evidence: holds,
    };
  });
}
