/**
 * A follow-up rewritten into a question that stands by itself, by rules: what a pronoun or an ellipsis
 * leaves out is put back from the turns before it. Conservative on purpose: a question that names what
 * it asks about is left as it is, and the follow-up's own words always stay.
 */
import type { Exchange, Rewrite } from './exchange.ts';
import { rewriteChinese } from './rewrite-chinese.ts';
import { rewriteEnglish } from './rewrite-english.ts';

const HAN = /\p{Script=Han}/u;

/**
 * @param exchanges oldest first, their questions already rewritten
 * @returns null when the question stands by itself, or nothing went before
 */
export function rewriteFollowUp(question: string, exchanges: readonly Exchange[]): Rewrite | null {
  if (exchanges.length === 0) return null;
  const rewrite = HAN.test(question)
    ? rewriteChinese(question, exchanges)
    : rewriteEnglish(question, exchanges);
  return rewrite === null || rewrite.text === question ? null : rewrite;
}
