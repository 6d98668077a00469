/** Checks claims against references that are read once and kept for the next sentence of the answer. */
import { abortReason } from '../../src/core/deadline.ts';
import type { Claim, SupportReference, SupportVerdict } from '../../src/core/seams.ts';
import type { CrossEncoder } from '../../src/runtime/cross-encoder/cross-encoder.ts';
import { checkWritten } from './checker.ts';
import type { PreparedReferences } from './checker-features.ts';
import { prepareReferences } from './prepared-references.ts';
import { support } from './support.ts';
import { SecondOpinions } from './second-opinion.ts';

/**
 * One verdict a claim, in their order; one pass of the cross-encoder a claim, some 15 ms. A sentence that
 * answers a question is checked by what was fitted to sentences that models wrote; a claim that comes
 * alone, or without a cross-encoder, by the judge that was fitted to AttributionBench. For use in a child
 * process: the work between two checks of the signal blocks.
 * @throws FootnoteError `cancelled`, `timeout`
 */
export async function checkClaims(
  claims: readonly Claim[],
  references: readonly SupportReference[],
  crossEncoder: Pick<CrossEncoder, 'support' | 'supportOdds'> | null,
  options: { readonly signal: AbortSignal },
): Promise<readonly SupportVerdict[]> {
  const prepared = prepareReferences(references);
  const verdicts: SupportVerdict[] = [];
  for (const claim of claims) {
    if (options.signal.aborted) throw abortReason(options.signal);
    const answers = claim.question !== undefined && claim.question.trim() !== '';
    verdicts.push(
      crossEncoder !== null && answers
        ? await checkWritten(claim, prepared, crossEncoder, options)
        : await checkAlone(claim.claim, prepared, crossEncoder, options),
    );
  }
  return verdicts;
}

async function checkAlone(
  claim: string,
  { profiles }: PreparedReferences,
  crossEncoder: Pick<CrossEncoder, 'support'> | null,
  options: { readonly signal: AbortSignal },
): Promise<SupportVerdict> {
  const opinions = new SecondOpinions();
  const first = support(claim, profiles, opinions);
  const [pair] = opinions.wanted(1);
  if (crossEncoder === null || pair === undefined) return first;
  opinions.learn(pair, await crossEncoder.support(pair.claim, pair.text, options));
  return support(claim, profiles, opinions);
}
