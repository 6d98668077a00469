/** Which pages and claims the cross-encoder never sees in training: its reported figures come from these alone. */
import { stableHash } from '../trees/stable-hash.ts';
import { foldHan } from '../../../src/core/tokens.ts';

/**
 * True for a page that is kept apart, with all its questions. By title, so that the translation of an
 * English article and the Chinese article of the same name in another set stay on one side with it.
 */
export function isHeldOutPage(page: { readonly title: string; readonly page_id: string }): boolean {
  // XQuAD's pages are named by their English article.
  const name = page.page_id.slice(page.page_id.indexOf('/') + 1);
  return stableHash(`reader fold ${foldHan(name.toLowerCase())}`) % 6 === 0;
}

/** True for a claim that is kept apart, with all claims of its question (or of its text, without one). */
export function isHeldOutClaim(claim: {
  readonly question: string | null;
  readonly references: readonly string[];
}): boolean {
  const key = claim.question ?? claim.references[0]?.slice(0, 200) ?? '';
  return stableHash(`reader fold ${key}`) % 5 === 0;
}
