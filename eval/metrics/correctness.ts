/** Correctness of an answer against gold strings, each metric by its published definition. */
import { foldHan, foldWord, tokenize } from '../../src/core/tokens.ts';

/** WebGLM (KDD'23, section 5): some gold answer is a case-sensitive substring of the answer. */
export function contains(answer: string, gold: readonly string[]): boolean {
  return gold.some((one) => one !== '' && answer.includes(one));
}

/**
 * Containment after SQuAD's normalisation (lower case, no punctuation, no articles) with Traditional
 * Han folded to Simplified and no white space between Han characters.
 */
export function containsNormalised(answer: string, gold: readonly string[]): boolean {
  const text = ` ${normalise(answer)} `;
  return gold.some((one) => {
    const wanted = normalise(one);
    if (wanted === '') return false;
    // Words match as whole words; Han has no word boundaries to respect.
    return /\p{Script=Han}/u.test(wanted) ? text.includes(wanted) : text.includes(` ${wanted} `);
  });
}

function normalise(text: string): string {
  return (
    foldHan(text)
      .normalize('NFKC')
      .toLowerCase()
      .replace(/\b(?:a|an|the)\b/gu, ' ')
      .replace(/[\p{P}\p{S}]+/gu, ' ')
      // `率355` is two words: a number beside Han characters is one that can be looked for.
      .replace(/(?<=\p{Script=Han})(?=[\p{L}\p{N}])(?!\p{Script=Han})/gu, ' ')
      .replace(/(?<=[\p{L}\p{N}])(?<!\p{Script=Han})(?=\p{Script=Han})/gu, ' ')
      .replace(/\s+/gu, ' ')
      .replace(/(?<=\p{Script=Han}) (?=\p{Script=Han})/gu, '')
      .trim()
  );
}

/**
 * SQuAD's exact match (Rajpurkar et al. 2016): answer and some gold answer are the same string after
 * normalisation. Of a whole sentence it is nearly always 0: it fits short answers.
 */
export function exactMatch(answer: string, gold: readonly string[]): boolean {
  const given = normalise(answer);
  return gold.some((one) => given === normalise(one));
}

/**
 * SQuAD's token F1 (Rajpurkar et al. 2016), the best over the gold answers: harmonic mean of precision
 * and recall over the bags of tokens after normalisation; a Han character is a token, as in CMRC 2018.
 */
export function tokenF1(answer: string, gold: readonly string[]): number {
  const bag = (text: string): string[] =>
    tokenize(normalise(text)).map((token) => foldWord(token.text));
  const given = bag(answer);
  return Math.max(
    0,
    ...gold.map((one) => {
      const left = new Map<string, number>();
      const wanted = bag(one);
      for (const token of wanted) left.set(token, (left.get(token) ?? 0) + 1);
      let common = 0;
      for (const token of given) {
        const count = left.get(token) ?? 0;
        if (count > 0) {
          common += 1;
          left.set(token, count - 1);
        }
      }
      return common === 0 ? 0 : (2 * common) / (given.length + wanted.length);
    }),
  );
}
