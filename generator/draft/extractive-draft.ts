/**
 * Drafts that quote: the best evidence sentence verbatim, and the best two where the second adds
 * something and both stay short. The best sentence alone holds the answer more often than a small
 * model's own words (measured), so every generated draft has to earn its place against these.
 */
import { draftOf } from '../../src/core/draft-of.ts';
import type { Draft, EvidenceSentence, Question, Reference } from '../../src/core/nouns.ts';
import { countWords, terms } from '../../src/core/tokens.ts';

/** Longest joined draft, in words (two Han characters count as one). */
const mostWords = 60;
/** Share of the second sentence's terms that the first one must not have. */
const leastNovelty = 0.4;

/** Joins as running text: a space only where the script uses one. */
function join(first: string, second: string): string {
  const unspaced = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}。！？」』”）]$/u.test(
    first,
  );
  return unspaced ? first + second : `${first} ${second}`;
}

/**
 * One draft of the best sentence, and one of the best and the first further sentence that adds
 * something. Empty when the references carry no evidence.
 */
export function extractiveDrafts(_question: Question, references: readonly Reference[]): Draft[] {
  const ranked = references
    .flatMap(({ evidence }) => evidence)
    .map((sentence) => ({ ...sentence, text: sentence.text.trim() }))
    .filter(({ text }) => text !== '')
    .sort((a, b) => b.score - a.score);
  const [best] = ranked;
  if (best === undefined) return [];
  const second = ranked.slice(1, 4).find((candidate) => adds(best, candidate));
  if (second === undefined) return [draftOf(best.text, 'extractive')];
  // Sentences of one passage keep their order.
  const swapped = second.reference === best.reference && second.start < best.start;
  const both = swapped ? join(second.text, best.text) : join(best.text, second.text);
  return [draftOf(best.text, 'extractive'), draftOf(both, 'extractive')];
}

function adds(best: EvidenceSentence, candidate: EvidenceSentence): boolean {
  if (countWords(best.text) + countWords(candidate.text) > mostWords) return false;
  if (best.text.includes(candidate.text) || candidate.text.includes(best.text)) return false;
  const known = new Set(terms(best.text, { stem: true }));
  const fresh = terms(candidate.text, { stem: true });
  return (
    fresh.length > 0 &&
    fresh.filter((term) => !known.has(term)).length / fresh.length >= leastNovelty
  );
}
