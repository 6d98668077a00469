/** How far one model's distributions are from another's. */
import { bestTokens, type DistributionRecord } from './distribution-record.ts';

export interface Divergence {
  positions: number;
  /** Positions at which both put the same token first. */
  sameTop: number;
  /** Sum of KL(reference || other) in nats, over the reference's best tokens that the other has too. */
  kl: number;
  /** Sums of the negative log-probabilities of the text itself, in nats. */
  nll: number;
  referenceNll: number;
}

export const noDivergence = (): Divergence => ({
  positions: 0,
  sameTop: 0,
  kl: 0,
  nll: 0,
  referenceNll: 0,
});

/**
 * Adds a window's divergence to `sum`. Tokens outside either list count as one, so that the divergence
 * is a lower bound, close where 128 tokens hold nearly all of the mass.
 */
export function addDivergence(
  sum: Divergence,
  reference: DistributionRecord,
  other: DistributionRecord,
): void {
  // The last position has no next token in the window.
  for (let position = 0; position < reference.ids.length - 1; position += 1) {
    const from = position * bestTokens;
    const others = new Map<number, number>();
    for (let at = from; at < from + bestTokens; at += 1) {
      others.set(other.best[at] as number, other.logProbabilities[at] as number);
    }
    let kl = 0;
    let theirRest = 1;
    let ourRest = 1;
    for (let at = from; at < from + bestTokens; at += 1) {
      const our = others.get(reference.best[at] as number);
      if (our === undefined) continue;
      const their = reference.logProbabilities[at] as number;
      const probability = Math.exp(their);
      kl += probability * (their - our);
      theirRest -= probability;
      ourRest -= Math.exp(our);
    }
    if (theirRest > 1e-9 && ourRest > 1e-9) kl += theirRest * Math.log(theirRest / ourRest);
    sum.kl += kl;
    sum.positions += 1;
    sum.sameTop += Number(reference.best[from] === other.best[from]);
    sum.nll -= other.next[position] as number;
    sum.referenceNll -= reference.next[position] as number;
  }
}
