/**
 * Reasoning models write their thoughts before the answer, in `<think>…</think>`, where the server does
 * not take them out. Thoughts are no part of an answer.
 */
const OPEN = /^\s*<(think|thinking|reasoning)>/iu;
/** As long as an opening tag can be, with blanks before it. */
const LONGEST_OPENING = 24;

export class ThoughtFilter {
  #held = '';
  #state: 'start' | 'thought' | 'text' = 'start';
  #close = '';
  #leading = true;

  /** Takes new text; returns what of it belongs to the answer. */
  push(text: string): string {
    if (this.#state === 'text') return this.#shown(text);
    this.#held += text;
    if (this.#state === 'start') {
      const open = OPEN.exec(this.#held);
      if (open !== null) {
        this.#state = 'thought';
        this.#close = `</${(open[1] as string).toLowerCase()}>`;
        this.#held = this.#held.slice(open[0].length);
      } else if (this.#mayOpen()) return '';
      else return this.#release();
    }
    const end = this.#held.toLowerCase().indexOf(this.#close);
    if (end === -1) {
      // Enough to find a tag that arrives in pieces.
      this.#held = this.#held.slice(-(this.#close.length - 1));
      return '';
    }
    this.#held = this.#held.slice(end + this.#close.length);
    return this.#release();
  }

  /** What is left at the end: text that only looked like the start of a thought. */
  end(): string {
    return this.#state === 'start' ? this.#release() : '';
  }

  #mayOpen(): boolean {
    const start = this.#held.trimStart();
    return (
      start === '' ||
      (start.length < LONGEST_OPENING &&
        ['<think>', '<thinking>', '<reasoning>'].some((tag) => tag.startsWith(start.toLowerCase())))
    );
  }

  #release(): string {
    this.#state = 'text';
    const text = this.#held;
    this.#held = '';
    return this.#shown(text);
  }

  /** Blank lines between the thoughts and the answer are not shown. */
  #shown(text: string): string {
    if (!this.#leading) return text;
    const cut = text.trimStart();
    if (cut !== '') this.#leading = false;
    return cut;
  }
}
