/**
 * A combined answer: the generator's direct sentence first, then the best evidence sentence word for
 * word, when it says more.
 */
import type { CitedAnswer, Draft } from '../../src/core/nouns.ts';
import { countWords } from '../../src/core/tokens.ts';
import { read } from '../support/reading.ts';
import { assemble } from './assemble.ts';
import { repeats } from './cite.ts';

/** Preferred length of a combined answer in words (two unspaced characters are one word). */
export const COMBINED_WORDS = 45;

/**
 * @param direct a cited generated answer; its first sentence leads
 * @param evidence a cited extractive answer; its sentences follow while they add something and fit
 * @returns null when there is nothing to combine: either side is empty, the evidence adds nothing, or
 *   it does not fit
 */
export function combine(direct: CitedAnswer, evidence: CitedAnswer): CitedAnswer | null {
  const [lead] = direct.sentences;
  if (lead === undefined) return null;
  const kept = [lead];
  let words = countWords(lead.text);
  for (const sentence of evidence.sentences) {
    const length = countWords(sentence.text);
    if (words + length > COMBINED_WORDS) continue;
    const reading = read(sentence.text);
    const known = kept.some(
      (earlier) => repeats(reading, read(earlier.text)) || repeats(read(earlier.text), reading),
    );
    if (known) continue;
    kept.push(sentence);
    words += length;
    break;
  }
  if (kept.length === 1) return null;
  const draft: Draft = {
    ...direct.draft,
    kind: 'combined',
    text: kept.map(({ text }) => text).join(' '),
  };
  return assemble(draft, kept);
}
