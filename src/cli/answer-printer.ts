/** Prints an answer's events for people: progress on stderr, the answer and its sources on stdout. */
import type { Writable } from 'node:stream';
import type { Answer, AnswerEvent } from '../core/nouns.ts';

export interface Terminal {
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number };
}

const ESC = '\u001B';

/** Text from the web must not steer the terminal: control characters go, line breaks stay. */
function plainText(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u0008\u000B-\u001F\u007F-\u009F]/gu, '');
}

export class AnswerPrinter {
  readonly #terminal: Terminal;
  #pages = 0;
  #failed = 0;
  #found = 0;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** One line that is overwritten on a terminal, and left out elsewhere. */
  status(text: string): void {
    const { stderr } = this.#terminal;
    if (stderr.isTTY !== true) return;
    const width = (stderr.columns ?? 80) - 1;
    stderr.write(`\r${ESC}[2K${ESC}[2m${plainText(text).slice(0, width)}${ESC}[0m`);
  }

  clearStatus(): void {
    if (this.#terminal.stderr.isTTY === true) this.#terminal.stderr.write(`\r${ESC}[2K`);
  }

  print(event: AnswerEvent): void {
    switch (event.type) {
      case 'search-end':
        this.#found = event.results.length;
        this.status(`reading ${this.#found} pages …`);
        break;
      case 'page-end':
        if (event.failure === null) this.#pages += 1;
        else this.#failed += 1;
        this.status(
          `read ${this.#pages} of ${this.#found} pages${this.#failed > 0 ? `, ${this.#failed} failed` : ''} … ${event.title ?? event.url}`,
        );
        break;
      case 'references':
        this.status(`writing from ${event.references.length} references …`);
        break;
      case 'answer-delta':
        this.clearStatus();
        this.#terminal.stdout.write(plainText(event.text));
        break;
      case 'answer-end':
        this.clearStatus();
        this.#sources(event.answer);
        break;
    }
  }

  #sources(answer: Answer): void {
    const { stdout, stderr } = this.#terminal;
    stdout.write('\n');
    const cited = new Set(
      answer.sentences.flatMap((sentence) => sentence.citations.map((one) => one.reference)),
    );
    // An abstention names pages, each once; an answer the passages it rests on.
    const shown = answer.references.filter(({ number, url }, index, all) =>
      answer.abstained ? all.findIndex((one) => one.url === url) === index : cited.has(number),
    );
    if (shown.length > 0) {
      stdout.write(`\n${this.#bold(answer.abstained ? 'Closest sources' : 'Sources')}\n`);
    }
    for (const { number, title, url, published_at: date } of shown) {
      const when = date === null ? '' : ` (${date.slice(0, 10)})`;
      stdout.write(`[${number}] ${plainText(title)}${when}\n    ${this.#link(url)}\n`);
      const quotes = new Set(
        answer.sentences.flatMap((sentence) =>
          sentence.citations.flatMap((one) => (one.reference === number ? [one.quote] : [])),
        ),
      );
      for (const quote of quotes) {
        stdout.write(`    ${this.#dim(`“${plainText(quote).replace(/\s+/gu, ' ')}”`)}\n`);
      }
    }
    for (const { message } of answer.warnings) stderr.write(`note: ${plainText(message)}\n`);
    const seconds = (answer.timings_ms.total / 1_000).toFixed(1);
    stderr.write(`${this.#dim(`${seconds} s, ${answer.model}`, true)}\n`);
  }

  #bold(text: string): string {
    return this.#terminal.stdout.isTTY === true ? `${ESC}[1m${text}${ESC}[0m` : text;
  }

  #dim(text: string, error = false): string {
    const stream = error ? this.#terminal.stderr : this.#terminal.stdout;
    return stream.isTTY === true ? `${ESC}[2m${text}${ESC}[0m` : text;
  }

  /** A link that terminals open (OSC 8), the bare URL elsewhere. */
  #link(url: string): string {
    const safe = plainText(url);
    return this.#terminal.stdout.isTTY === true
      ? `${ESC}]8;;${safe}${ESC}\\${safe}${ESC}]8;;${ESC}\\`
      : safe;
  }
}
