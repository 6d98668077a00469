/** `footnote chat`: a prompt in the terminal; Ctrl-C stops the answer first and the program second. */
import { createInterface } from 'node:readline/promises';
import type { Readable } from 'node:stream';
import type { AnswerService } from '../answer-service.ts';
import { FootnoteError, toFootnoteError } from '../core/errors.ts';
import { ask } from './ask-command.ts';
import type { Terminal } from './answer-printer.ts';

export async function chat(
  service: AnswerService,
  terminal: Terminal & { readonly stdin: Readable & { readonly isTTY?: boolean } },
  options: { readonly language?: string | undefined; readonly signal: AbortSignal },
): Promise<void> {
  const interactive = terminal.stdin.isTTY === true;
  const lines = createInterface({
    input: terminal.stdin,
    ...(interactive ? { output: terminal.stderr, terminal: true } : { terminal: false }),
  });
  let running: AbortController | null = null;
  lines.on('SIGINT', () => {
    if (running === null) lines.close();
    else running.abort(new FootnoteError('cancelled', 'stopped'));
  });
  options.signal.addEventListener('abort', () => lines.close(), { once: true });
  const prompt = (): void => {
    if (interactive) {
      lines.setPrompt('> ');
      lines.prompt();
    }
  };
  prompt();
  for await (const line of lines) {
    const question = line.trim();
    if (question === '/exit' || question === '/quit') break;
    if (question !== '') {
      running = new AbortController();
      try {
        await ask(service, { question, language: options.language }, terminal, {
          json: false,
          signal: AbortSignal.any([running.signal, options.signal]),
        });
      } catch (error) {
        terminal.stderr.write(`${toFootnoteError(error).message}\n`);
      } finally {
        running = null;
      }
    }
    prompt();
  }
  lines.close();
}
