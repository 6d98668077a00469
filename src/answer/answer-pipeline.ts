/**
 * Question → … → body of an answer: the only place that calls the rooms in their order. It names no
 * concrete class (`app.ts` does) and holds no state between questions.
 */
import type { Question } from '../core/nouns.ts';
import { Stopwatch } from '../core/stopwatch.ts';
import type { AnswerWork } from './answer-body.ts';
import { findReferences } from './find-references.ts';
import type { PipelineOptions, PipelineParts } from './pipeline-parts.ts';
import { writeAcrossLanguages } from './write/across-languages.ts';

/**
 * Answers one question that stands by itself.
 * @throws FootnoteError when no answer at all can be given (search failed, cancelled, deadline)
 */
export async function* answerQuestion(
  question: Question,
  parts: PipelineParts,
  options: PipelineOptions,
): AnswerWork {
  const watch = new Stopwatch();
  const found = yield* findReferences(question, parts, options, watch);
  return yield* writeAcrossLanguages(question, found, parts, options, watch);
}
