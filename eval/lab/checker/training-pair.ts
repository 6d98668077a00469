/** One claim with its references and what is known of it; -1: the source does not say. */
export interface TrainingPair {
  readonly id: string;
  readonly source: string;
  /** A set or kind inside the source, for figures. */
  readonly part: string;
  /** Pairs of one group never stand on both sides of a split. */
  readonly group: string;
  /** `later`: only in the last, cross-validated stage. `measure`: never in weights that ship. */
  readonly use: 'train' | 'later' | 'measure';
  readonly claim: string;
  readonly references: readonly { readonly title: string; readonly text: string }[];
  readonly supported: 0 | 1;
  /** The main statement follows. */
  readonly main: 0 | 1 | -1;
  readonly contradicted: 0 | 1 | -1;
  /** Characters of the claim that do not follow; null: not known which. */
  readonly wrong: readonly (readonly [number, number])[] | null;
  readonly copied?: boolean;
}
