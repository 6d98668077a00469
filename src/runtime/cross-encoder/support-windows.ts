/** The parts of a long text that a claim is held against: runs of sentences that share its words. */
import { splitSentences } from '../../core/sentences.ts';
import { countWords, terms } from '../../core/tokens.ts';

const MOST_WORDS = 100;
const MOST_WINDOWS = 2;

/** At most two windows of some hundred words, those that share most with the claim first. */
export function supportWindows(claim: string, text: string): string[] {
  if (countWords(text) <= MOST_WORDS) return [text];
  const wanted = new Set(terms(claim, { stem: true }));
  const sentences = splitSentences(text).map(({ start, end }) => {
    const sentence = text.slice(start, end);
    const shared = new Set(terms(sentence, { stem: true }).filter((term) => wanted.has(term)));
    return { start, end, words: countWords(sentence), shared };
  });
  const windows: { text: string; score: number; from: number; to: number }[] = [];
  sentences.forEach((_, from) => {
    let to = from;
    let words = 0;
    const shared = new Set<string>();
    while (to < sentences.length) {
      const next = sentences[to];
      if (next === undefined || (to > from && words + next.words > MOST_WORDS)) break;
      words += next.words;
      for (const term of next.shared) shared.add(term);
      to += 1;
    }
    const [start, end] = [sentences[from]?.start ?? 0, sentences[to - 1]?.end ?? 0];
    // Of equal windows the one whose first sentence already says something.
    const score = shared.size + 0.5 * Math.min(2, sentences[from]?.shared.size ?? 0);
    windows.push({ text: text.slice(start, end), score, from, to });
  });
  const chosen: typeof windows = [];
  for (const window of windows.toSorted((a, b) => b.score - a.score || a.from - b.from)) {
    if (chosen.length >= MOST_WINDOWS) break;
    const overlaps = chosen.some(({ from, to }) => window.from < to && window.to > from);
    if (!overlaps) chosen.push(window);
  }
  return chosen.map((window) => window.text);
}
