/** Is a claim in another language than its evidence? Then shared words say nothing of it. */
import { questionLanguage } from '../../src/core/question-language.ts';
import type { ComposedEvidence } from './compose-evidence.ts';

/** Share of the claim's words in the evidence from which both are of one language, whatever is detected. */
const SAME_LANGUAGE = 0.75;

export async function speaksAnother(
  claim: string,
  evidence: Pick<ComposedEvidence, 'text' | 'share'>,
): Promise<boolean> {
  if (evidence.text === '' || evidence.share >= SAME_LANGUAGE) return false;
  const [mine, theirs] = [await questionLanguage(claim), await questionLanguage(evidence.text)];
  return mine !== theirs;
}
