/** The end of a stream of answer events, for callers that want the whole answer. */
import { FootnoteError } from '../core/errors.ts';
import type { AnswerEvent } from '../core/nouns.ts';
import type { AnswerEnd } from './present/present-answer.ts';

/**
 * Reads the events to their end.
 * @param onEvent is given every event before the end, in order, and waited for
 * @throws what the events throw; FootnoteError `internal` where they end without an `answer-end`
 */
export async function lastAnswer(
  events: AsyncIterable<AnswerEvent>,
  onEvent: (event: Exclude<AnswerEvent, AnswerEnd>) => unknown = () => undefined,
): Promise<AnswerEnd> {
  let end: AnswerEnd | undefined;
  for await (const event of events) {
    if (event.type === 'answer-end') end = event;
    else await onEvent(event);
  }
  if (end === undefined) throw new FootnoteError('internal', 'the answer has no end');
  return end;
}

/** Reads a generator to its end and gives what it returns. */
export async function returnOf<E, T>(
  work: AsyncGenerator<E, T>,
  onEvent: (event: E) => unknown = () => undefined,
): Promise<T> {
  try {
    for (;;) {
      const next = await work.next();
      if (next.done === true) return next.value;
      await onEvent(next.value);
    }
  } finally {
    await work.return(undefined as never);
  }
}
