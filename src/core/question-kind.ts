/**
 * What a question asks for, as one noun that all rooms share: `src/answer/understand/asked-question.ts`
 * makes it; breadth of evidence, prompt, length and form of the answer follow from it.
 */
export const QUESTION_KINDS = [
  /** One fact: who, when, where, which. */
  'fact',
  /** One figure: how many, how much, how long. */
  'number',
  /** What something is or means, who somebody is. */
  'definition',
  /** Several things of one sort. */
  'list',
  /** How to do something: steps, a command. */
  'how-to',
  /** Why or how something is so, works or came about; what an error message means. */
  'explanation',
  /** Two or more things against each other. */
  'comparison',
  'yes-no',
  /** What happened, what a report or a person's announcement says. */
  'summary',
  /** What somebody thinks, says or proposes. */
  'opinion',
  /** Words for a search box that ask for nothing in particular. */
  'keywords',
] as const;
export type QuestionKind = (typeof QUESTION_KINDS)[number];

/** How much evidence a question deserves. */
export interface EvidenceBreadth {
  /** References at most. */
  readonly references: number;
  /** Words of all references together, about; two characters of an unspaced script count as one. */
  readonly words: number;
  /**
   * The whole matter is wanted, not one statement of it: neighbouring passages become one reference, and a
   * page may give as much as it has.
   */
  readonly whole: boolean;
}

interface QuestionPart {
  /** Can be searched for by itself. */
  readonly text: string;
  readonly kind: QuestionKind;
}

export interface AskedQuestion {
  /** The question without polite forms, with the slips in its asking words mended. */
  readonly text: string;
  readonly kind: QuestionKind;
  /**
   * The questions it is made of, or the two or more sides of a comparison; empty for a question that is
   * one. Each stands by itself.
   */
  readonly parts: readonly QuestionPart[];
  /** No sentence, but words as for a search box; `kind` says what they ask for where they tell. */
  readonly keywordsOnly: boolean;
}

const NARROW: EvidenceBreadth = { references: 5, words: 600, whole: false };
const BROAD: EvidenceBreadth = { references: 6, words: 600, whole: true };

const isOneFact = (kind: QuestionKind): boolean => kind === 'fact' || kind === 'number';

/** Breadth of evidence for a question: one fact needs the best places, anything else the whole matter. */
export function evidenceBreadth({
  kind,
  parts,
}: Pick<AskedQuestion, 'kind' | 'parts'>): EvidenceBreadth {
  const kinds = parts.length === 0 ? [kind] : parts.map((part) => part.kind);
  return kinds.every(isOneFact) ? NARROW : BROAD;
}
