/** ROUGE (Lin 2004) over lower-cased, unstemmed tokens; a Han character is a token. */
import { foldWord, tokenize } from '../../src/core/tokens.ts';

export interface Overlap {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

const tokensOf = (text: string): string[] => tokenize(text).map(({ text: one }) => foldWord(one));

function overlap(common: number, given: number, wanted: number): Overlap {
  const precision = given === 0 ? 0 : common / given;
  const recall = wanted === 0 ? 0 : common / wanted;
  const f1 = common === 0 ? 0 : (2 * precision * recall) / (precision + recall);
  return { precision, recall, f1 };
}

/** ROUGE-L of two whole texts: the longest common subsequence of their tokens. */
export function rougeL(candidate: string, reference: string): Overlap {
  const a = tokensOf(candidate);
  const b = tokensOf(reference);
  // One row of the usual table: row[j] is the LCS of the tokens so far and the first j of b.
  const row = Array.from({ length: b.length + 1 }, () => 0);
  for (const token of a) {
    let diagonal = 0;
    for (let j = 1; j <= b.length; j += 1) {
      const above = row[j] ?? 0;
      row[j] = token === b[j - 1] ? diagonal + 1 : Math.max(above, row[j - 1] ?? 0);
      diagonal = above;
    }
  }
  return overlap(row[b.length] ?? 0, a.length, b.length);
}

/** ROUGE-1: common tokens, counted as often as both have them. */
export function rouge1(candidate: string, reference: string): Overlap {
  const left = new Map<string, number>();
  const wanted = tokensOf(reference);
  for (const token of wanted) left.set(token, (left.get(token) ?? 0) + 1);
  const given = tokensOf(candidate);
  let common = 0;
  for (const token of given) {
    const count = left.get(token) ?? 0;
    if (count === 0) continue;
    common += 1;
    left.set(token, count - 1);
  }
  return overlap(common, given.length, wanted.length);
}
