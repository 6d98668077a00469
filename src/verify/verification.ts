/** What verifying takes and gives, in the contract's field names. */
import type { AnswerEvent, Warning } from '../core/nouns.ts';
import type { Verdict } from '../core/seams.ts';

export interface VerifyRequest {
  readonly text: string;
  /** What the text answers, where it is an answer. */
  readonly question?: string | undefined;
  readonly references?:
    | readonly {
        readonly title?: string | undefined;
        readonly url?: string | undefined;
        readonly text: string;
      }[]
    | undefined;
  readonly urls?: readonly string[] | undefined;
  /** True: search the web for what the text claims. */
  readonly search?: boolean | undefined;
}

export interface VerifyReference {
  readonly number: number;
  /** Null for a text that was given without one. */
  readonly url: string | null;
  readonly title: string;
  readonly site: string;
  readonly published_at: string | null;
  readonly fetched_at: string | null;
  readonly text: string;
}

interface VerifyCitation {
  readonly reference: number;
  /** Equals the reference's `text.slice(start, end)`. */
  readonly quote: string;
  readonly start: number;
  readonly end: number;
  /** With a text fragment to the quote; null where the reference has no URL. */
  readonly url: string | null;
  readonly support: number;
}

export interface VerifiedSentence {
  /** Equals `text.slice(start, end)` of the request. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly verdict: Verdict;
  /** 0..1. */
  readonly support: number;
  readonly citations: readonly VerifyCitation[];
  /** Numbers of the references that the sentence itself names. */
  readonly named: readonly number[];
}

export interface Verification {
  readonly id: string;
  readonly sentences: readonly VerifiedSentence[];
  readonly references: readonly VerifyReference[];
  readonly summary: {
    readonly supported: number;
    readonly partly: number;
    readonly unsupported: number;
    readonly contradicted: number;
    readonly no_claim: number;
  };
  readonly warnings: readonly Warning[];
}

export type VerifyEvent =
  | Extract<AnswerEvent, { type: 'waiting' }>
  | {
      readonly type: 'page-end';
      readonly url: string;
      readonly title: string | null;
      readonly failure: string | null;
    }
  | { readonly type: 'references'; readonly references: readonly VerifyReference[] }
  | {
      readonly type: 'sentence-end';
      readonly index: number;
      readonly total: number;
      readonly sentence: VerifiedSentence;
    }
  | { readonly type: 'verify-end'; readonly verification: Verification };
