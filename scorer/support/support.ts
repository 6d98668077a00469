/**
 * The support judge: do the references entail the claim? Aligned words and exact facts make features,
 * a small calibrated model weighs them, and one rule stands above it: a number, date or proper name
 * that no evidence holds is never let through.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/core/package-root.ts';
import { evaluateTrees, sigmoid, type BoostedTrees } from '../../src/core/boosted-trees.ts';
import type { SupportVerdict } from '../../src/core/seams.ts';
import { stripMarks } from '../citation/citation-marks.ts';
import { coverage } from './align.ts';
import { readReference, supportFacts, type ReadReference, type SupportFacts } from './features.ts';
import { read, type Reading } from './reading.ts';

let weights: BoostedTrees | undefined;

/** Weights as `scorer/training/train-support.ts` wrote them; read once. */
function model(): BoostedTrees {
  weights ??= JSON.parse(
    readFileSync(join(packageRoot, 'scorer', 'support', 'support-weights.json'), 'utf8'),
  ) as BoostedTrees;
  return weights;
}

/** Support under which a verdict is `attributable: false`. */
const ATTRIBUTABLE_AT = 0.5;

/** 0..1, the model's probability for these facts, without the rule about exact facts. */
export function supportProbability(facts: SupportFacts): number {
  return sigmoid(evaluateTrees(model(), facts.features));
}

/**
 * Judges a claim against texts; `[n]` marks in the claim are ignored. Evidence offsets index the
 * given texts (UTF-16). Time is linear in the texts, which are cut at 40,000 characters each.
 */
export function support(claim: string, references: readonly string[]): SupportVerdict {
  return supportOf(
    read(stripMarks(claim).text.trim()),
    references.map((reference) => readReference(reference)),
  );
}

/** The same, for texts that were read before. */
function supportOf(claim: Reading, references: readonly ReadReference[]): SupportVerdict {
  if (claim.tokens.length === 0 || references.every(({ sentences }) => sentences.length === 0)) {
    return { support: 0, attributable: false, evidence: [] };
  }
  const facts = supportFacts(claim, references);
  const probability = supportProbability(facts);
  const value = facts.factMissing ? Math.min(probability, ATTRIBUTABLE_AT / 2) : probability;
  return {
    support: value,
    attributable: value >= ATTRIBUTABLE_AT,
    evidence: evidenceOf(claim, facts),
  };
}

/** The smallest set of windows that covers what can be covered: each further one has to add to it. */
function evidenceOf(claim: Reading, facts: SupportFacts): SupportVerdict['evidence'] {
  const first = facts.windows[0];
  if (first === undefined || first.share < 0.15) return [];
  const chosen = [first];
  let text = first.reading.text;
  let share = first.share;
  for (const window of facts.windows.slice(1)) {
    if (chosen.length === 3) break;
    const overlaps = chosen.some(
      (other) =>
        other.reference === window.reference &&
        other.start < window.end &&
        other.end > window.start,
    );
    if (overlaps) continue;
    const joined = `${text}\n${window.reading.text}`;
    const { share: together } = coverage(claim, read(joined));
    if (together < share + 0.12) continue;
    chosen.push(window);
    text = joined;
    share = together;
  }
  return chosen.map(({ reference, start, end }) => ({ reference, start, end }));
}
