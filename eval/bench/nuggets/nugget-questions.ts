/** Questions with gold nuggets (`real-web-dev`, `docs-dev`) and what their answers are scored by. */
import type { Document } from '../../../src/core/nouns.ts';
import type { Nugget } from '../../metrics/nuggets.ts';

export interface NuggetQuestion {
  readonly id: string;
  readonly kind: string;
  readonly lang: string;
  readonly question: string;
  readonly answerable: boolean;
  readonly nuggets: readonly Nugget[];
}

/** A question with the pages that a search for it finds, read once and kept. */
export interface PreparedQuestion extends NuggetQuestion {
  readonly documents: readonly Document[];
}
