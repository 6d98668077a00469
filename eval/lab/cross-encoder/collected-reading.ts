/** What the ranking and the cross-encoder said of one question: a line of `collect-readings.ts`. */
export interface CollectedReading {
  readonly qid: string;
  /** `en`, `zh`, `cross` have an answer; `unanswerable`: the gold page does not say it; `off-*`: it is not there. */
  readonly kind: string;
  readonly language: 'en' | 'zh';
  readonly question: string;
  readonly page: string;
  /** How many were searched. */
  readonly pages: number;
  /** Cross-validation fold, by question: nothing under the fusion has seen these pages. */
  readonly fold: number;
  /** Of the cross-encoder, a passage, one thread. */
  readonly milliseconds: number;
  /** Passages of the ten pages. */
  readonly count: number;
  /** Rank (from 0) of the first gold passage by each score; 1e9 where there is none. */
  readonly goldRanks: Readonly<Record<string, number>>;
  /** Scores of all passages by the honest models: with similarities, with words alone. */
  readonly bases: { readonly dense: readonly number[]; readonly lexical: readonly number[] };
  /** The passages that were read. */
  readonly passages: readonly ReadPassage[];
  readonly candidates: readonly ReadSentence[];
  readonly answerability: {
    readonly dense: number;
    readonly lexical: number;
    /** Of the weights that ship: these have seen the page. */
    readonly today: number;
  };
}

interface ReadPassage {
  readonly at: number;
  readonly gold: boolean;
  readonly bm25Z: number;
  readonly ranks: Readonly<Record<'bm25' | 'dense' | 'lexical' | 'similarity', number>>;
  readonly dense: number;
  readonly lexical: number;
  readonly similarity: number | null;
  readonly relevance: number;
  readonly answerable: number;
  readonly span: number;
  readonly none: number;
  readonly answer: string;
  readonly exact: number;
  readonly f1: number;
}

interface ReadSentence {
  readonly passage: number;
  /** 1: in the gold paragraph with the answer; 0.5: with the answer elsewhere. */
  readonly label: number;
  /** Probability that the answer begins in it; -1 where its passage was not read. */
  readonly mass: number;
  /** Probability by the honest model with similarities, with words alone, and by the one that ships. */
  readonly dense: number;
  readonly lexical: number;
  readonly today: number;
}
