import type { AnswerRequest, AnswerService } from '../answer/answer-service.ts';
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
  let answer: Answer | undefined;
  try {
    printer.status('searching …');
    for await (const event of service.answer(request, { signal: options.signal })) {
      if (event.type === 'answer-end') answer = event.answer;
      printer.print(event);
    }
  } finally {
    printer.breakOff();
  }
  if (options.json) terminal.stdout.write(`${JSON.stringify(answer, null, 2)}\n`);
  return answer as Answer;
}
