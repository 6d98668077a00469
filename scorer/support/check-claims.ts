/** Checks claims against references that are read once and kept for the next sentence of the answer. */
import { LRUCache } from 'lru-cache';
import { abortReason } from '../../src/core/deadline.ts';
import type { Claim, SupportReference, SupportVerdict } from '../../src/core/seams.ts';
import type { CrossEncoder } from '../../src/runtime/cross-encoder/cross-encoder.ts';
import { profileReference, type ReferenceProfile } from './features.ts';
import { support } from './support.ts';
import { SecondOpinions } from './second-opinion.ts';

/** References of a few answers that are being written at the same time. */
const KEPT_REFERENCES = 64;
const kept = new LRUCache<string, ReferenceProfile>({ max: KEPT_REFERENCES });

function readOnce(text: string): ReferenceProfile {
  const known = kept.get(text);
  if (known !== undefined) return known;
  const fresh = profileReference(text);
  kept.set(text, fresh);
  return fresh;
}

/**
 * One verdict a claim, in their order; `crossEncoder` has its say where it can change the verdict, some 10 ms a
 * claim. For use in a child process: the work between two checks of the signal blocks.
 * @throws FootnoteError `cancelled`, `timeout`
 */
export async function checkClaims(
  claims: readonly Claim[],
  references: readonly SupportReference[],
  crossEncoder: Pick<CrossEncoder, 'support'> | null,
  options: { readonly signal: AbortSignal },
): Promise<readonly SupportVerdict[]> {
  const texts = references.map(({ text }) => readOnce(text));
  const verdicts: SupportVerdict[] = [];
  for (const { claim } of claims) {
    if (options.signal.aborted) throw abortReason(options.signal);
    const opinions = new SecondOpinions();
    let verdict = support(claim, texts, opinions);
    const [pair] = crossEncoder === null ? [] : opinions.wanted(1);
    if (crossEncoder !== null && pair !== undefined) {
      opinions.learn(pair, await crossEncoder.support(pair.claim, pair.text, options));
      verdict = support(claim, texts, opinions);
    }
    verdicts.push(verdict);
  }
  return verdicts;
}
