/**
 * Citation recall and precision as ALCE defines them (Gao et al., EMNLP 2023, section 3.3), with any
 * judge of entailment in the place of its NLI model:
 *
 * - recall of a sentence: 1 when it has a citation and all its cited passages together entail it
 * - precision of a citation: 0 when its sentence has recall 0, or when the citation is irrelevant: its
 *   passage alone does not entail the sentence while the other cited passages without it still do
 * - of an answer: means over its sentences, and over its citations
 */
import type { CallOptions } from '../../src/core/seams.ts';

export interface EntailmentJudge {
  /** Named in every report that rests on it. */
  readonly name: string;
  entails(premise: string, claim: string, options: CallOptions): Promise<boolean>;
}

export interface CitedStatement {
  readonly text: string;
  /** Numbers of the references it cites, as they stand. */
  readonly citations: readonly number[];
}

export interface CitationQuality {
  readonly recall: number;
  /** NaN without a citation. */
  readonly precision: number;
  /** Stricter than ALCE: share of the sentences that one of their citations entails on its own. */
  readonly alone: number;
}

/**
 * @param passages text by reference number; a number that is not there counts as empty
 * @returns null for an answer without sentences
 */
export async function citationQuality(
  sentences: readonly CitedStatement[],
  passages: ReadonlyMap<number, string>,
  judge: EntailmentJudge,
  options: CallOptions,
): Promise<CitationQuality | null> {
  if (sentences.length === 0) return null;
  let recall = 0;
  let alone = 0;
  let relevant = 0;
  let citations = 0;
  for (const { text, citations: cited } of sentences) {
    const numbers = [...new Set(cited)];
    citations += numbers.length;
    if (numbers.length === 0) continue;
    const join = (some: readonly number[]): string =>
      some.map((number) => passages.get(number) ?? '').join('\n');
    const single = new Map<number, boolean>();
    for (const number of numbers) {
      single.set(number, await judge.entails(join([number]), text, options));
    }
    const some = [...single.values()].includes(true);
    if (some) alone += 1;
    const together =
      numbers.length === 1 ? some : await judge.entails(join(numbers), text, options);
    if (!together) continue;
    recall += 1;
    for (const number of numbers) {
      if (single.get(number) === true || numbers.length === 1) {
        relevant += 1;
        continue;
      }
      const rest = numbers.filter((other) => other !== number);
      if (!(await judge.entails(join(rest), text, options))) relevant += 1;
    }
  }
  return {
    recall: recall / sentences.length,
    precision: relevant / citations,
    alone: alone / sentences.length,
  };
}
