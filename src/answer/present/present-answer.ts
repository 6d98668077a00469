/**
 * The one place that turns an inner generator's sentences into `answer-delta`s and its body into the one
 * `answer-end`. The deltas, concatenated, are the answer's text: both are made by one `AnswerText`.
 */
import { FootnoteError } from '../../core/errors.ts';
import type { Answer, AnswerEvent, Document } from '../../core/nouns.ts';
import type { AnswerWork } from '../answer-body.ts';
import { passEvents } from '../pass-events.ts';
import type { AnswerStyle } from '../understand/answer-style.ts';
import { AnswerText, textOf } from './answer-text.ts';
import { shapeAnswer } from './shape-answer.ts';

export interface Presentation {
  readonly id: string;
  /** As it was typed. */
  readonly question: string;
  /** BCP 47 primary subtag of the answer. */
  readonly language: string;
  readonly style: AnswerStyle | null;
}

export type AnswerEnd = Extract<AnswerEvent, { type: 'answer-end' }>;

/**
 * Yields everything but the end, which is returned with the pages that were read: the caller keeps what
 * it wants to remember before it passes the end on.
 */
export async function* presentAnswer(
  work: AnswerWork,
  { id, question, language, style }: Presentation,
): AsyncGenerator<AnswerEvent, { readonly end: AnswerEnd; readonly read: readonly Document[] }> {
  // A style chooses among all sentences: they are held until the last is known.
  const held = style !== null && Object.keys(style).some((wish) => wish !== 'language');
  const running = new AnswerText({ language });
  const body = yield* passEvents(work, (event): AnswerEvent | null => {
    if (event.type !== 'sentence') return event;
    return held ? null : { type: 'answer-delta', text: running.add(event.sentence) };
  });
  const told = running.sentences;
  if (told.some(({ text }, index) => body.sentences[index]?.text !== text)) {
    throw new FootnoteError('internal', 'a sentence that was told is not part of the answer');
  }
  const shaped =
    held && !body.abstained
      ? shapeAnswer(body.sentences, body.alternatives, style)
      : { sentences: body.sentences, warnings: [] };
  const form = { language, shape: body.abstained ? undefined : style?.shape };
  const text = held ? new AnswerText(form) : running;
  for (const sentence of shaped.sentences.slice(told.length)) {
    yield { type: 'answer-delta', text: text.add(sentence) };
  }
  const alternatives = body.alternatives.map((one) =>
    textOf(held ? shapeAnswer(one, [], style).sentences : one, form),
  );
  const answer: Answer = {
    id,
    question,
    answer: text.answer,
    abstained: body.abstained,
    language,
    sentences: text.sentences,
    references: body.references,
    score: body.score,
    model: body.model,
    usage: body.usage,
    timings_ms: body.timings_ms,
    warnings: [...body.warnings, ...shaped.warnings],
    steps: body.steps,
  };
  return { end: { type: 'answer-end', answer, alternatives }, read: body.read };
}
