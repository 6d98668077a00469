/** The rooms' work as verifying needs it; `app.ts` fills it in. */
import type { PipelineParts } from '../answer/pipeline-parts.ts';
import type { CallOptions, SupportVerdict } from '../core/seams.ts';

/** One stretch of a text, with what it claims. */
export interface TextClaim {
  readonly start: number;
  readonly end: number;
  readonly kind: 'sentence' | 'heading' | 'table-row' | 'code' | 'source';
  /** Empty where nothing is claimed. */
  readonly claim: string;
  /** Labels of the references that the text names for it. */
  readonly labels: readonly string[];
  readonly cells: readonly {
    readonly row: string;
    readonly column: string;
    readonly value: string;
  }[];
}

export interface ClaimToVerify extends Pick<TextClaim, 'claim' | 'cells'> {
  readonly question?: string | undefined;
  /** Sentences before it in the text. */
  readonly before: readonly string[];
  /** 0-based references that it names; absent: any may hold it. */
  readonly only?: readonly number[] | undefined;
}

export interface VerifyParts extends Pick<PipelineParts, 'search' | 'readPages' | 'linkTo'> {
  /** Takes a text apart, outside the event loop. */
  textClaims(
    text: string,
    options: CallOptions,
  ): Promise<{
    readonly claims: readonly TextClaim[];
    /** URLs of the text's own list of sources, by label. */
    readonly sources: Readonly<Record<string, string>>;
  }>;
  /** One verdict a claim; `key` names the references. */
  verifyClaims(
    input: {
      readonly key: string;
      readonly claims: readonly ClaimToVerify[];
      readonly references: readonly { readonly title: string; readonly text: string }[];
    },
    options: CallOptions,
  ): Promise<readonly SupportVerdict[]>;
}
