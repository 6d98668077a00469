/**
 * `footnote chat`: a conversation in the terminal, or line by line from a pipe. Ctrl-C stops the answer
 * first and the program second.
 */
import { createInterface } from 'node:readline/promises';
import type { Readable } from 'node:stream';
import type { AnswerService } from '../answer/answer-service.ts';
import { FootnoteError, toFootnoteError } from '../core/errors.ts';
import type { Answer, Turn } from '../core/nouns.ts';
import type { CallOptions } from '../core/seams.ts';
import { AnswerPrinter, type Terminal } from './answer-printer.ts';
import { ask } from './ask-command.ts';

const HELP = `/new      begin a new conversation
/sources  the sources of the last answer again
/help     this list
/quit     leave (Ctrl-D, or Ctrl-C while nothing is being answered)
`;

export interface ChatTerminal extends Terminal {
  readonly stdin: Readable & { readonly isTTY?: boolean };
}

/** Talks until the input ends; returns how many questions failed. */
export async function chat(
  service: AnswerService,
  terminal: ChatTerminal,
  options: CallOptions & { readonly language?: string | undefined },
): Promise<number> {
  const interactive = terminal.stdin.isTTY === true;
  const lines = createInterface({
    input: terminal.stdin,
    ...(interactive ? { output: terminal.stderr, terminal: true } : { terminal: false }),
  });
  let running: AbortController | null = null;
  lines.on('SIGINT', () => {
    // The second time, while an answer is still stopping, the user means the program.
    if (running === null || running.signal.aborted) lines.close();
    else running.abort(new FootnoteError('cancelled', 'stopped'));
  });
  const leave = (): void => {
    lines.close();
  };
  options.signal.addEventListener('abort', leave, { once: true });
  const prompt = (): void => {
    if (!interactive) return;
    lines.setPrompt('> ');
    lines.prompt();
  };
  let messages: Turn[] = [];
  let last: Answer | null = null;
  let failures = 0;

  const answer = async (question: string): Promise<void> => {
    running = new AbortController();
    try {
      last = await ask(service, { question, language: options.language, messages }, terminal, {
        json: false,
        signal: AbortSignal.any([running.signal, options.signal]),
      });
      messages = [
        ...messages,
        { role: 'user', content: question },
        { role: 'assistant', content: last.answer },
      ];
      terminal.stdout.write('\n');
    } catch (error) {
      failures += 1;
      terminal.stderr.write(`${toFootnoteError(error).message}\n`);
    } finally {
      running = null;
    }
  };

  if (interactive) terminal.stderr.write('Ask a question; /help lists the commands.\n');
  prompt();
  for await (const line of lines) {
    const text = line.trim();
    if (text === '/quit' || text === '/exit') break;
    if (text === '/help') terminal.stderr.write(HELP);
    else if (text === '/new') {
      messages = [];
      last = null;
      terminal.stderr.write('A new conversation.\n');
    } else if (text === '/sources') {
      if (last === null) terminal.stderr.write('There is no answer yet.\n');
      else new AnswerPrinter(terminal).sources(last);
    } else if (/^\/\w+$/u.test(text)) {
      terminal.stderr.write(`There is no command ${text}; /help lists them.\n`);
    } else if (text !== '') await answer(text);
    if (options.signal.aborted) break;
    prompt();
  }
  options.signal.removeEventListener('abort', leave);
  lines.close();
  return failures;
}
