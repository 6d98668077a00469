/**
 * Cuts a draft into what can be checked and shown by itself, as its text arrives: sentences, items of a
 * list, code blocks. What is shown is never taken back, so a unit is only given once it is surely
 * complete: the text goes on after it, or the draft has ended.
 */
import { splitSentences, type Span } from '../../core/sentences.ts';

export interface DraftUnit {
  readonly text: string;
  readonly form: 'sentence' | 'item' | 'code';
  /** True: it begins a line of its own. */
  readonly newLine: boolean;
}

const FENCE = /^[ \t]*```/u;
const ITEM = /^[ \t]*(?:[-*•·]|\d{1,2}[.)、])[ \t]*/u;
const HEADING = /^[ \t]*(?:#{1,6}[ \t]|\*\*[^*]+\*\*:?$)/u;

export class DraftUnits {
  #rest = '';
  /** Lines of the code block that is open, or null. */
  #code: string[] | null = null;

  /** Takes new text; returns the units that are complete with it. */
  add(delta: string): DraftUnit[] {
    this.#rest += delta;
    const units: DraftUnit[] = [];
    for (;;) {
      const end = this.#rest.indexOf('\n');
      if (end < 0) break;
      const line = this.#rest.slice(0, end);
      this.#rest = this.#rest.slice(end + 1);
      units.push(...this.#line(line));
    }
    if (this.#code === null && !FENCE.test(this.#rest) && !ITEM.test(this.#rest)) {
      units.push(...this.#running());
    }
    return units;
  }

  /** @param cut true: the draft ended for want of room, so that its last sentence is not whole */
  end(cut: boolean): DraftUnit[] {
    const rest = this.#rest;
    this.#rest = '';
    if (this.#code !== null) {
      const lines = [...this.#code, ...(FENCE.test(rest) ? [] : [rest])];
      this.#code = null;
      // Half a code block is worse than none.
      return cut ? [] : codeUnit(lines);
    }
    const units = this.#line(rest);
    return cut ? units.slice(0, -1) : units;
  }

  #line(line: string): DraftUnit[] {
    if (this.#code !== null) {
      if (!FENCE.test(line)) {
        this.#code.push(line);
        return [];
      }
      const lines = this.#code;
      this.#code = null;
      return codeUnit(lines);
    }
    if (FENCE.test(line)) {
      this.#code = [];
      return [];
    }
    if (line.trim() === '' || HEADING.test(line)) return [];
    const mark = ITEM.exec(line)?.[0];
    if (mark !== undefined && mark !== '') {
      const text = line.slice(mark.length).trim();
      return text === '' ? [] : [{ text, form: 'item', newLine: true }];
    }
    return sentencesOf(line);
  }

  /** Sentences of the open line that another one follows already. */
  #running(): DraftUnit[] {
    const spans = wholeSentences(this.#rest);
    const last = spans.at(-1);
    if (spans.length < 2 || last === undefined) return [];
    const whole = this.#rest.slice(0, last.start);
    this.#rest = this.#rest.slice(last.start);
    return sentencesOf(whole);
  }
}

/** "ALTER TABLE ... DROP COLUMN" goes on after its dots. */
function wholeSentences(text: string): Span[] {
  const spans: Span[] = [];
  for (const span of splitSentences(text)) {
    const last = spans.at(-1);
    const open = last !== undefined && /(?:\.\.\.|…)$/u.test(text.slice(last.start, last.end));
    if (open) spans[spans.length - 1] = { start: last.start, end: span.end };
    else spans.push(span);
  }
  return spans;
}

function sentencesOf(text: string): DraftUnit[] {
  return wholeSentences(text).map(({ start, end }, index) => ({
    text: text.slice(start, end),
    form: 'sentence',
    newLine: index === 0,
  }));
}

function codeUnit(lines: readonly string[]): DraftUnit[] {
  const full = lines.filter((line) => line.trim() !== '');
  const indent = Math.min(...full.map((line) => line.length - line.trimStart().length));
  const text = lines
    .map((line) => line.slice(indent))
    .join('\n')
    .replace(/^\n+|\s+$/gu, '');
  return text === '' ? [] : [{ text, form: 'code', newLine: true }];
}
