import type { AnswerService } from '../../src/answer-service.ts';
import { toFootnoteError } from '../../src/core/errors.ts';
import type { Answer } from '../../src/core/nouns.ts';
import { recordAnswer, type AnswerRecord, type EvalQuestion } from './answer-record.ts';

/** Asks every question in turn and records what came; a failure is a record, not an end. */
export async function runQuestions(
  service: AnswerService,
  group: string,
  questions: readonly EvalQuestion[],
  options: {
    readonly signal: AbortSignal;
    readonly drafts?: number | undefined;
    readonly onRecord: (record: AnswerRecord, done: number, total: number) => void;
  },
): Promise<AnswerRecord[]> {
  const records: AnswerRecord[] = [];
  for (const question of questions) {
    options.signal.throwIfAborted();
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
    records.push(record);
    options.onRecord(record, records.length, questions.length);
  }
  return records;
}
