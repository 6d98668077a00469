/** A sentence of a passage, ready to be compared; offsets into the passage's text. */
export interface CandidateSentence {
  /** Index of its passage in the list that is ranked. */
  readonly passage: number;
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** Its place in the passage, from 0. */
  readonly place: number;
  readonly terms: readonly string[];
  readonly tokens: ReadonlySet<string>;
  /** Terms of the sentence before, where this one begins with a pronoun; else empty. */
  readonly ledBy: ReadonlySet<string>;
}
