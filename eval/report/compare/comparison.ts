/** What two runs of the same questions differ in. */
import type { PairedDifference } from '../../metrics/bootstrap.ts';

export interface Flip {
  readonly group: string;
  readonly question: string;
  readonly gold: readonly string[];
  readonly a: string;
  readonly b: string;
  /** True: wrong in A, right in B. */
  readonly gained: boolean;
}

export interface Comparison {
  readonly a: string;
  readonly b: string;
  readonly suite: string;
  /** Questions that both runs have. */
  readonly shared: number;
  readonly metrics: readonly {
    readonly group: string;
    readonly metric: string;
    readonly result: PairedDifference;
  }[];
  readonly flips: readonly Flip[];
}
