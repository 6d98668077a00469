/** One labelled claim with its features, as `collect-checker-features.ts` writes it. */
export interface CheckerRow {
  readonly id: string;
  /** clapnq, rgb-zh, real-web, docs; or `attribution …`. */
  readonly set: string;
  /** Rows of one group never stand on both sides of a split. */
  readonly group: string;
  readonly claim: string;
  readonly label: 'supported' | 'partly' | 'unsupported' | 'no-claim';
  readonly contradicts: boolean;
  readonly copied: boolean;
  readonly kind: string;
  readonly factMissing: boolean;
  readonly quantityMissing: boolean;
  /** Claim and evidence are in different languages. */
  readonly across: boolean;
  readonly noClaim: boolean;
  readonly features: readonly number[];
}
