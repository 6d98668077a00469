import type { Reference } from '../../../src/core/nouns.ts';

/** What was known of one question when it was to be answered: a line of `collect-answerable.ts`. */
export interface CollectedAnswerable {
  readonly qid: string;
  /** `en`, `zh` have an answer; `unanswerable`: the page does not say it (near miss); `off-*`: the page is not there. */
  readonly kind: string;
  readonly language: 'en' | 'zh';
  readonly question: string;
  readonly answers: readonly string[];
  readonly page: string;
  /** How many were read. */
  readonly pages: number;
  readonly answerability: number;
  readonly references: readonly Reference[];
}
