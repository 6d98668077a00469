/** How text looks on one stream: colours, links and width where it is a terminal, plain elsewhere. */
import type { Writable } from 'node:stream';

export type TerminalStream = Writable & {
  readonly isTTY?: boolean;
  readonly columns?: number;
  /** Node's own verdict on `NO_COLOR`, `FORCE_COLOR` and `TERM=dumb`. */
  readonly hasColors?: () => boolean;
};

const ESC = '\u001B';

/** Text from the web must not steer the terminal: control characters go, line breaks stay. */
export function plainText(text: string): string {
  // Bidirectional overrides could make a link look like another.
  // oxlint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u202A-\u202E\u2066-\u2069]/gu, '');
}

export class TerminalText {
  readonly #colours: boolean;
  readonly #links: boolean;
  readonly columns: number | null;

  /** `links`: whether this terminal is known to open OSC 8 links. */
  constructor(stream: TerminalStream, links: boolean) {
    const terminal = stream.isTTY === true;
    this.#colours = terminal && stream.hasColors?.() === true;
    this.#links = terminal && links;
    // A terminal that does not know its width says 0.
    this.columns = terminal ? stream.columns || 80 : null;
  }

  get links(): boolean {
    return this.#links;
  }

  bold(text: string): string {
    return this.#colours ? `${ESC}[1m${text}${ESC}[22m` : text;
  }

  dim(text: string): string {
    return this.#colours ? `${ESC}[2m${text}${ESC}[22m` : text;
  }

  /** A link in a terminal that opens it (OSC 8, terminal-wg hyperlinks), else the label alone. */
  link(url: string, label: string): string {
    if (!this.#links || !/^(?:https?|file):/iu.test(url)) return label;
    return `${ESC}]8;;${plainText(url)}${ESC}\\${label}${ESC}]8;;${ESC}\\`;
  }

  /** Clears the line the cursor stands in. */
  static readonly clearLine = `\r${ESC}[2K`;
}

/** Columns a text takes: East Asian wide characters and emoji take two, combining marks none. */
export function textWidth(text: string): number {
  let width = 0;
  for (const character of text) {
    if (/\p{Mark}|\u200B|\u200D|\uFE0F/u.test(character)) continue;
    width += WIDE.test(character) ? 2 : 1;
  }
  return width;
}

const WIDE =
  /[\u1100-\u115F\u2E80-\u303E\u3041-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE4F\uFF00-\uFF60\uFFE0-\uFFE6\u{1F300}-\u{1FAFF}\u{20000}-\u{3FFFD}]/u;

/** The longest beginning that fits into so many columns, with an ellipsis where something was cut. */
export function fitText(text: string, columns: number): string {
  if (textWidth(text) <= columns) return text;
  let kept = '';
  let width = 1;
  for (const character of text) {
    width += textWidth(character);
    if (width > columns) break;
    kept += character;
  }
  return `${kept}…`;
}

/** Breaks lines between words as text arrives in pieces; without a width it changes nothing. */
export class WordWrapper {
  readonly #columns: number | null;
  #column = 0;

  constructor(columns: number | null) {
    this.#columns = columns;
  }

  /** The piece with line breaks put in; `render` may add escapes, which take no room. */
  wrap(text: string, render: (word: string) => string = (word) => word): string {
    const columns = this.#columns;
    // A space belongs to the word before it, each wide character is a word of its own.
    const words = text.match(/\n|[^\S\n]+|[\u2E80-\uFFEF]|[^\s\u2E80-\uFFEF]+/gu) ?? [];
    let out = '';
    for (const word of words) {
      if (word === '\n') {
        out += word;
        this.#column = 0;
        continue;
      }
      const width = textWidth(word);
      const space = word.trim() === '';
      // Closing punctuation does not begin a line.
      const closing = /^[\p{Pe}\p{Pf}\p{Po}]/u.test(word) && !/^[[(“"'*]/u.test(word);
      if (
        columns !== null &&
        !space &&
        !closing &&
        this.#column > 0 &&
        this.#column + width > columns
      ) {
        out = `${out.replace(/(?<![^\S\n])[^\S\n]+$/u, '')}\n`;
        this.#column = 0;
      }
      if (space && this.#column === 0) continue;
      out += render(word);
      this.#column += width;
    }
    return out;
  }
}
