import { setMaxListeners } from 'node:events';
import PQueue from 'p-queue';
import type { AnswerService } from '../../src/answer-service.ts';
import { toFootnoteError } from '../../src/core/errors.ts';
import type { Answer } from '../../src/core/nouns.ts';
import { recordAnswer, type AnswerRecord, type EvalQuestion } from './answer-record.ts';

/** Asks every question and records what came; a failure is a record, not an end. */
export async function runQuestions(
  service: AnswerService,
  group: string,
  questions: readonly EvalQuestion[],
  options: {
    readonly signal: AbortSignal;
    readonly drafts?: number | undefined;
    /** Questions asked at the same time; default 1, so that timings are those of one. */
    readonly parallel?: number | undefined;
    readonly onRecord: (record: AnswerRecord, done: number, total: number) => void;
  },
): Promise<AnswerRecord[]> {
  const records: AnswerRecord[] = [];
  let done = 0;
  const ask = async (question: EvalQuestion, index: number): Promise<void> => {
    let answer: Answer | null = null;
    let error: string | null = null;
    try {
      for await (const event of service.answer(
        { question: question.question, drafts: options.drafts },
        { signal: options.signal },
      )) {
        if (event.type === 'answer-end') answer = event.answer;
      }
    } catch (thrown) {
      const typed = toFootnoteError(thrown);
      error = `${typed.code}: ${typed.message}`;
    }
    const record = recordAnswer(group, question, answer, error);
    records[index] = record;
    done += 1;
    options.onRecord(record, done, questions.length);
  };
  // Every waiting question listens.
  setMaxListeners(0, options.signal);
  const queue = new PQueue({ concurrency: options.parallel ?? 1 });
  for (const [index, question] of questions.entries()) {
    // Aborted ones are told by the check below.
    queue.add(() => ask(question, index), { signal: options.signal }).catch(() => undefined);
  }
  await queue.onIdle();
  options.signal.throwIfAborted();
  return records;
}
