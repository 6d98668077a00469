/** Prints an answer's events for people: what is happening on stderr, the answer and its sources on stdout. */
import type { Answer, AnswerEvent, AnswerReference } from '../core/nouns.ts';
import {
  fitText,
  plainText,
  TerminalText,
  WordWrapper,
  type TerminalStream,
} from './terminal-text.ts';

export interface Terminal {
  readonly stdout: TerminalStream;
  readonly stderr: TerminalStream;
  /** Whether the terminal opens OSC 8 links. */
  readonly links: boolean;
}

const pages = (count: number): string => (count === 1 ? '1 page' : `${count} pages`);

interface AnswerPrinterOptions {
  /** Only progress and notes, on stderr: stdout is for JSON. */
  readonly quiet?: boolean;
}

export class AnswerPrinter {
  readonly #terminal: Terminal;
  readonly #out: TerminalText;
  readonly #err: TerminalText;
  readonly #wrapper: WordWrapper;
  readonly #quiet: boolean;
  #references: readonly AnswerReference[] = [];
  #pages = 0;
  #failed = 0;
  #found = 0;
  #midLine = false;

  constructor(terminal: Terminal, { quiet = false }: AnswerPrinterOptions = {}) {
    this.#terminal = terminal;
    this.#out = new TerminalText(terminal.stdout, terminal.links);
    this.#err = new TerminalText(terminal.stderr, terminal.links);
    this.#wrapper = new WordWrapper(this.#out.columns);
    this.#quiet = quiet;
  }

  /** One line that is overwritten on a terminal, and left out elsewhere. */
  status(text: string): void {
    const { columns } = this.#err;
    // Text in hand must not be overwritten where both streams are the same terminal.
    if (columns === null || this.#midLine) return;
    const line = this.#err.dim(fitText(plainText(text), columns - 1));
    this.#terminal.stderr.write(`${TerminalText.clearLine}${line}`);
  }

  clearStatus(): void {
    if (this.#err.columns !== null && !this.#midLine) {
      this.#terminal.stderr.write(TerminalText.clearLine);
    }
  }

  /** Ends a text that was broken off, so that what follows begins a line. */
  breakOff(): void {
    this.clearStatus();
    if (this.#midLine) this.#terminal.stdout.write('\n');
    this.#midLine = false;
  }

  print(event: AnswerEvent): void {
    switch (event.type) {
      case 'waiting':
        this.status(`waiting: ${event.place === 1 ? 'next' : `number ${event.place}`} …`);
        break;
      case 'step':
        this.#step(event.step.kind, event.step.output);
        break;
      case 'search-end':
        this.#found += event.results.length;
        this.status(`reading ${pages(this.#found)} …`);
        break;
      case 'page-end': {
        if (event.failure === null) this.#pages += 1;
        else this.#failed += 1;
        const failed = this.#failed > 0 ? `, ${this.#failed} failed` : '';
        this.status(
          this.#pages + this.#failed < this.#found
            ? `${this.#pages} of ${pages(this.#found)} read${failed} … ${event.title ?? event.url}`
            : `${pages(this.#pages)} read${failed}, ranking …`,
        );
        break;
      }
      case 'references':
        this.#references = event.references;
        this.status(`writing from ${event.references.length} passages …`);
        break;
      case 'answer-delta':
        if (!this.#quiet) this.#text(event.text);
        break;
      case 'answer-end':
        this.#end(event.answer);
        break;
    }
  }

  #text(text: string): void {
    this.clearStatus();
    this.#midLine = true;
    this.#terminal.stdout.write(
      this.#wrapper.wrap(plainText(text), (word) =>
        word.replace(/\[(\d+)\]/gu, (mark, digits: string) => {
          const reference = this.#references.find(({ number }) => number === Number(digits));
          return reference === undefined ? mark : this.#out.link(reference.url, mark);
        }),
      ),
    );
  }

  #step(kind: string, output: string): void {
    this.clearStatus();
    const line = `${kind}: ${plainText(output)}`;
    if (this.#err.columns !== null) this.#terminal.stderr.write(`${this.#err.dim(line)}\n`);
  }

  #end(answer: Answer): void {
    const { stdout, stderr } = this.#terminal;
    if (!this.#quiet) {
      stdout.write('\n');
      this.#midLine = false;
      this.sources(answer);
    }
    this.clearStatus();
    for (const { message } of answer.warnings) stderr.write(`note: ${plainText(message)}\n`);
    const seconds = (answer.timings_ms.total / 1_000).toFixed(1);
    if (!this.#quiet) stderr.write(`${this.#err.dim(`${seconds} s, ${answer.model}`)}\n`);
  }

  /** The cited sources with their quotations; of an abstention the pages that came closest. */
  sources(answer: Answer): void {
    const { stdout } = this.#terminal;
    const citations = answer.sentences.flatMap((sentence) => sentence.citations);
    const cited = new Set(citations.map(({ reference }) => reference));
    // An abstention names pages, each once; an answer the passages it rests on.
    const shown = answer.references.filter(({ number, url }, index, all) =>
      answer.abstained ? all.findIndex((one) => one.url === url) === index : cited.has(number),
    );
    if (shown.length === 0) return;
    stdout.write(`\n${this.#out.bold(answer.abstained ? 'Closest sources' : 'Sources')}\n`);
    for (const { number, title, url, site, published_at: date } of shown) {
      const own = citations.filter(({ reference }) => reference === number);
      const when = date === null ? '' : ` (${date.slice(0, 10)})`;
      // A link opens the page at the sentence; where there are none the address can be copied.
      const label = this.#out.link(own[0]?.url ?? url, plainText(title || url));
      stdout.write(`[${number}] ${label}${when}\n`);
      stdout.write(`    ${this.#out.links ? this.#out.dim(plainText(site)) : plainText(url)}\n`);
      for (const quote of new Set(own.map((one) => one.quote))) {
        stdout.write(`${this.#quote(plainText(quote).replace(/\s+/gu, ' '))}\n`);
      }
    }
  }

  #quote(text: string): string {
    const { columns } = this.#out;
    const wrapped = new WordWrapper(columns === null ? null : columns - 4).wrap(`“${text}”`);
    return wrapped
      .split('\n')
      .map((line) => `    ${this.#out.dim(line)}`)
      .join('\n');
  }
}
