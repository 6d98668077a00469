/**
 * The little Markdown that answers hold (paragraphs, lists, tables, headings, code) as blocks of
 * ranges into the answer. Only ranges: the text itself is never copied or changed, so the sentences'
 * offsets stay good inside every block.
 */

/** Half open, UTF-16 code units of the answer. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export type Block =
  | { readonly kind: 'paragraph' | 'heading' | 'code'; readonly lines: readonly Span[] }
  | { readonly kind: 'list'; readonly ordered: boolean; readonly items: readonly Span[] }
  | { readonly kind: 'table'; readonly rows: readonly (readonly Span[])[] };

export type Inline =
  | { readonly kind: 'text' | 'bold' | 'code'; readonly span: Span }
  | { readonly kind: 'mark'; readonly span: Span; readonly reference: number };

const BULLET = /^\s*[-*•]\s+(?=\S)/u;
const NUMBER = /^\s*\d{1,3}[.)、]\s*(?=\S)/u;
const HEADING = /^#{1,6}\s+/u;
const ROW = /^\s*\|.*\|\s*$/u;
const RULE = /^\s*\|(?:\s*:?-+:?\s*\|)+\s*$/u;
const FENCE = /^\s*```[\w-]*\s*$/u;

/** Cuts an answer into blocks; every character but markup and blank lines is in one. */
export function answerBlocks(answer: string): Block[] {
  const blocks: Block[] = [];
  let paragraph: Span[] = [];
  let code: Span[] | null = null;
  const flush = (): void => {
    if (paragraph.length > 0) blocks.push({ kind: 'paragraph', lines: paragraph });
    paragraph = [];
  };
  let at = 0;
  for (const line of answer.split('\n')) {
    const span = { start: at, end: at + line.length };
    at = span.end + 1;
    if (code !== null || FENCE.test(line)) {
      if (!FENCE.test(line)) code?.push(span);
      else if (code === null) {
        flush();
        code = [];
      } else {
        blocks.push({ kind: 'code', lines: code });
        code = null;
      }
      continue;
    }
    const item = BULLET.exec(line)?.[0] ?? NUMBER.exec(line)?.[0];
    const heading = HEADING.exec(line)?.[0];
    const last = blocks.at(-1);
    if (line.trim() === '') flush();
    else if (ROW.test(line)) {
      flush();
      if (RULE.test(line)) continue;
      const cells = tableCells(line, span.start);
      const table = blocks.at(-1);
      if (table?.kind === 'table') (table.rows as Span[][]).push(cells);
      else blocks.push({ kind: 'table', rows: [cells] });
    } else if (heading !== undefined) {
      flush();
      blocks.push({ kind: 'heading', lines: [{ ...span, start: span.start + heading.length }] });
    } else if (item !== undefined) {
      flush();
      const ordered = !BULLET.test(line);
      const entry = { ...span, start: span.start + item.length };
      const list = blocks.at(-1);
      if (list?.kind === 'list' && list.ordered === ordered) (list.items as Span[]).push(entry);
      else blocks.push({ kind: 'list', ordered, items: [entry] });
    } else if (/^\s/u.test(line) && last?.kind === 'list' && paragraph.length === 0) {
      // An indented line goes on with the item above it.
      const items = last.items as Span[];
      const open = items.at(-1);
      if (open !== undefined) items[items.length - 1] = { ...open, end: span.end };
    } else paragraph.push(span);
  }
  if (code !== null) blocks.push({ kind: 'code', lines: code });
  flush();
  return blocks;
}

function tableCells(line: string, start: number): Span[] {
  const bars = [...line.matchAll(/\|/gu)].map((match) => match.index);
  return bars.slice(1).map((bar, index) => {
    const from = (bars[index] ?? 0) + 1;
    const cell = line.slice(from, bar);
    const left = cell.length - cell.trimStart().length;
    const end = from + cell.trimEnd().length;
    return { start: start + Math.min(from + left, bar), end: start + Math.max(end, from) };
  });
}

/** The inline parts of one span: text, `**bold**`, `` `code` `` and `[n]` marks. */
export function answerInlines(answer: string, { start, end }: Span): Inline[] {
  const parts: Inline[] = [];
  let at = start;
  const text = answer.slice(start, end);
  for (const match of text.matchAll(/\[(\d{1,3})\]|\*\*([^*\n]+)\*\*|`([^`\n]+)`/gu)) {
    const from = start + match.index;
    const to = from + match[0].length;
    if (from > at) parts.push({ kind: 'text', span: { start: at, end: from } });
    if (match[1] !== undefined) {
      parts.push({ kind: 'mark', span: { start: from, end: to }, reference: Number(match[1]) });
    } else if (match[2] !== undefined) {
      parts.push({ kind: 'bold', span: { start: from + 2, end: to - 2 } });
    } else parts.push({ kind: 'code', span: { start: from + 1, end: to - 1 } });
    at = to;
  }
  if (end > at) parts.push({ kind: 'text', span: { start: at, end } });
  return parts;
}
