/** Questions with gold nuggets (`real-web-dev`, `docs-dev`) and what their answers are scored by. */
interface Nugget {
  readonly text: string;
  readonly any_of: readonly string[];
  readonly vital: boolean;
}

export interface NuggetQuestion {
  readonly id: string;
  readonly kind: string;
  readonly lang: string;
  readonly question: string;
  readonly answerable: boolean;
  readonly nuggets: readonly Nugget[];
}
