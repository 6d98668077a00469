/**
 * What the inner generators of an answer yield and return. They know nothing of the text that a client
 * shows: `present/present-answer.ts` alone makes it, its deltas and the one `answer-end`.
 */
import type { Answer, AnswerEvent, AnswerReference, Citation, Document } from '../core/nouns.ts';

/** A checked sentence with its citations, not yet in its place in a text. */
export interface LooseSentence {
  /** Without `[n]` marks. */
  readonly text: string;
  /** Numbers of the body's references; empty where the sentence claims nothing about the world. */
  readonly citations: readonly Citation[];
  /** White space before it, such as a line break; default: a space where the script has spaces. */
  readonly before?: string | undefined;
}

/** How far the work is. */
export type ProgressEvent = Exclude<AnswerEvent, { type: 'answer-delta' | 'answer-end' }>;

/**
 * Progress, and sentences as soon as each is checked: a client shows them at once, so that a sentence
 * that was told is part of the answer for good. Its citations number the references told before it.
 */
export type InnerEvent =
  | ProgressEvent
  | { readonly type: 'sentence'; readonly sentence: LooseSentence };

/** An answer without what belongs to the request: id, question and layout. */
export interface AnswerBody extends Pick<
  Answer,
  'abstained' | 'references' | 'score' | 'model' | 'usage' | 'timings_ms' | 'warnings' | 'steps'
> {
  /** All of them, those that were told as events first and in the same order. */
  readonly sentences: readonly LooseSentence[];
  /** Other supported answers over the same references, best first. */
  readonly alternatives: readonly (readonly LooseSentence[])[];
  /** The pages that the references were chosen from. */
  readonly read: readonly Document[];
}

/** An inner generator: yields what happens, returns the body. */
export type AnswerWork = AsyncGenerator<InnerEvent, AnswerBody>;

/** What a search without an answer returns. */
export interface SearchBody {
  readonly queries: readonly string[];
  readonly references: readonly AnswerReference[];
  readonly warnings: Answer['warnings'];
}

export const NO_TIME: Answer['timings_ms'] = {
  search: 0,
  fetch: 0,
  extract: 0,
  rank: 0,
  generate: 0,
  score: 0,
  total: 0,
};
