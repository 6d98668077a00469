import type { AnswerRequest, AnswerService } from '../answer/answer-service.ts';
import { lastAnswer } from '../answer/last-answer.ts';
import type { Answer } from '../core/nouns.ts';
import type { CallOptions } from '../core/seams.ts';
import { AnswerPrinter, type Terminal } from './answer-printer.ts';

/** Answers one question on stdout; with `json`, the Answer object and nothing else. */
export async function ask(
  service: AnswerService,
  request: AnswerRequest,
  terminal: Terminal,
  options: CallOptions & { readonly json: boolean },
): Promise<Answer> {
  const printer = new AnswerPrinter(terminal, { quiet: options.json });
  let answer: Answer;
  try {
    printer.status('searching …');
    const events = service.answer(request, { signal: options.signal });
    const end = await lastAnswer(events, (event) => printer.print(event));
    printer.print(end);
    ({ answer } = end);
  } finally {
    printer.breakOff();
  }
  if (options.json) terminal.stdout.write(`${JSON.stringify(answer, null, 2)}\n`);
  return answer;
}
