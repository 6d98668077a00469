/**
 * Cuts a parsed page into blocks of text in document order, each with what is known about its place:
 * the unit that `block-model.ts` keeps or drops and `assemble-text.ts` prints. No words are glued
 * across blocks; `pre` is verbatim; a table row is one block.
 */
import { normaliseLine, normaliseVerbatim } from './normalise-text.ts';

type BlockKind = 'paragraph' | 'heading' | 'item' | 'row' | 'pre' | 'quote' | 'caption';

export interface Block {
  readonly kind: BlockKind;
  readonly text: string;
  /** 1..6 for headings, else 0. */
  readonly level: number;
  /** Characters inside links. */
  readonly linkChars: number;
  /** Characters inside bold or emphasised elements. */
  readonly strongChars: number;
  /** The element that holds the block, and its chain of ancestors up to `body`. */
  readonly element: Element;
  /** Numbers (`MARK` attribute) of the elements that hold its text directly, with character counts. */
  readonly marks: ReadonlyMap<number, number>;
  /** Nesting of lists around an item, 0 outside of lists. */
  readonly listDepth: number;
  /** Blocks since the last picture or video, 0 right after it; at most 9. */
  readonly sinceImage: number;
}

/** Attribute that numbers text-bearing elements, so that they are found again after Readability. */
export const MARK = 'data-fn';

const BLOCK_TAGS = new Set(
  'ADDRESS ARTICLE ASIDE BLOCKQUOTE BODY CAPTION CENTER DD DETAILS DIALOG DIV DL DT FIELDSET FIGCAPTION FIGURE FOOTER FORM H1 H2 H3 H4 H5 H6 HEADER HGROUP HR HTML LEGEND LI MAIN MENU NAV OL P PRE SECTION SUMMARY TABLE TBODY TFOOT THEAD TR TD TH UL'.split(
    ' ',
  ),
);
const SKIPPED_TAGS = new Set(
  'SCRIPT STYLE NOSCRIPT HEAD TITLE BUTTON INPUT OPTION AUDIO VIDEO EMBED MAP RP RT'.split(' '),
);
const IMAGE_TAGS = new Set(['IMG', 'PICTURE', 'VIDEO']);
const ELEMENT = 1;
const TEXT = 3;
const MAX_BLOCKS = 8_000;

interface Context {
  kind: BlockKind;
  level: number;
  listDepth: number;
  /** Inside a table cell of a row that is printed as one block. */
  row: boolean;
}

interface Run {
  parts: string[];
  linkChars: number;
  strongChars: number;
  marks: Map<number, number>;
}

const newRun = (): Run => ({ parts: [], linkChars: 0, strongChars: 0, marks: new Map() });

/** A data table has several columns of short cells; anything else is layout. */
function isDataTable(table: Element): boolean {
  if (table.getAttribute('role') === 'presentation') return false;
  if (table.querySelector('table, form, ul li ul, h1, h2') !== null) return false;
  const rows = [...table.querySelectorAll('tr')];
  if (rows.length < 2) return false;
  let wide = 0;
  let longCells = 0;
  for (const row of rows.slice(0, 30)) {
    if (row.children.length >= 2) wide += 1;
    for (const cell of row.children) if ((cell.textContent ?? '').length > 600) longCells += 1;
  }
  return wide >= Math.min(rows.length, 30) * 0.5 && longCells === 0;
}

class BlockWalker {
  readonly blocks: Block[] = [];
  #run: Run = newRun();
  #nextMark = 1;
  #imageAt = -9;

  walk(root: Element): void {
    this.#visit(root, { kind: 'paragraph', level: 0, listDepth: 0, row: false }, false, false);
    this.#flush(root, { kind: 'paragraph', level: 0, listDepth: 0, row: false });
  }

  #flush(element: Element, context: Context): void {
    const run = this.#run;
    if (run.parts.length === 0) return;
    this.#run = newRun();
    const text = normaliseLine(run.parts.join(''));
    if (text === '' || this.blocks.length >= MAX_BLOCKS) return;
    this.#push(element, context, text, run);
  }

  #push(element: Element, context: Context, text: string, run: Run): void {
    this.blocks.push({
      kind: context.kind,
      text,
      level: context.level,
      linkChars: Math.min(run.linkChars, text.length),
      strongChars: Math.min(run.strongChars, text.length),
      element,
      marks: run.marks,
      listDepth: context.listDepth,
      sinceImage: Math.min(9, this.blocks.length - this.#imageAt),
    });
  }

  #visit(element: Element, context: Context, inLink: boolean, inStrong: boolean): void {
    let mark = 0;
    for (let node = element.firstChild; node !== null; node = node.nextSibling) {
      if (node.nodeType === TEXT) {
        const value = node.nodeValue ?? '';
        this.#run.parts.push(value);
        const size = value.trim().length;
        if (size === 0) continue;
        if (mark === 0) {
          mark = this.#nextMark++;
          element.setAttribute(MARK, String(mark));
        }
        this.#run.marks.set(mark, (this.#run.marks.get(mark) ?? 0) + size);
        if (inLink) this.#run.linkChars += size;
        if (inStrong) this.#run.strongChars += size;
      } else if (node.nodeType === ELEMENT) {
        this.#element(node as Element, element, context, inLink, inStrong);
      }
    }
  }

  #element(
    child: Element,
    parent: Element,
    context: Context,
    inLink: boolean,
    inStrong: boolean,
  ): void {
    const tag = child.tagName;
    if (IMAGE_TAGS.has(tag)) this.#imageAt = this.blocks.length;
    if (SKIPPED_TAGS.has(tag)) return;
    if (tag === 'BR') {
      // A single break is a space within a line of text; two make a new block.
      const next = nextMeaningful(child);
      if (next?.nodeName === 'BR' || context.row) this.#run.parts.push(' ');
      else this.#run.parts.push('\n');
      if (next?.nodeName === 'BR' && !context.row) this.#flush(parent, context);
      return;
    }
    if (tag === 'IMG') return;
    const link = inLink || tag === 'A';
    const strong = inStrong || tag === 'B' || tag === 'STRONG' || tag === 'EM';
    if (!BLOCK_TAGS.has(tag)) {
      this.#visit(child, context, link, strong);
      return;
    }
    if (context.row && tag !== 'PRE') {
      this.#run.parts.push(' ');
      this.#visit(child, context, link, strong);
      this.#run.parts.push(' ');
      return;
    }
    this.#flush(parent, context);
    if (tag === 'PRE') {
      this.#pre(child, context);
      return;
    }
    if (tag === 'TR' && this.#row(child, context, link, strong)) return;
    const inner = contextOf(child, context);
    this.#visit(child, inner, link, strong);
    this.#flush(child, inner);
  }

  #pre(element: Element, context: Context): void {
    const run = newRun();
    const text = normaliseVerbatim(preText(element));
    if (text.trim() === '') return;
    const mark = this.#nextMark++;
    element.setAttribute(MARK, String(mark));
    run.marks.set(mark, text.length);
    this.#push(element, { ...context, kind: 'pre' }, text, run);
  }

  /** A row of a data table as one line, cells separated by ` | `. */
  #row(row: Element, context: Context, link: boolean, strong: boolean): boolean {
    const table = row.closest('table');
    if (table === null) return false;
    let known = this.#tables.get(table);
    if (known === undefined) {
      known = isDataTable(table);
      this.#tables.set(table, known);
    }
    if (!known) return false;
    let first = true;
    for (const cell of row.children) {
      if (!first) this.#run.parts.push(' | ');
      first = false;
      this.#visit(cell, { ...context, row: true }, link, strong);
    }
    const run = this.#run;
    this.#run = newRun();
    const text = normaliseLine(run.parts.join(''))
      .replace(/^(?:\| ?)+|(?<![ |])[ |]+$/gu, '')
      .trim();
    if (text !== '' && this.blocks.length < MAX_BLOCKS) {
      this.#push(row, { ...context, kind: 'row' }, text, run);
    }
    return true;
  }

  readonly #tables = new Map<Element, boolean>();
}

function nextMeaningful(node: Node): Node | null {
  let next = node.nextSibling;
  while (next !== null && next.nodeType === TEXT && (next.nodeValue ?? '').trim() === '') {
    next = next.nextSibling;
  }
  return next;
}

/** `textContent` with `<br>` as line breaks. */
function preText(element: Element): string {
  const parts: string[] = [];
  const visit = (node: Node): void => {
    for (let child = node.firstChild; child !== null; child = child.nextSibling) {
      if (child.nodeType === TEXT) parts.push(child.nodeValue ?? '');
      else if (child.nodeName === 'BR') parts.push('\n');
      else if (child.nodeType === ELEMENT && !SKIPPED_TAGS.has(child.nodeName)) visit(child);
    }
  };
  visit(element);
  return parts.join('');
}

function contextOf(element: Element, outer: Context): Context {
  const tag = element.tagName;
  const heading = /^H([1-6])$/u.exec(tag);
  if (heading !== null) return { ...outer, kind: 'heading', level: Number(heading[1]) };
  switch (tag) {
    case 'LI':
    case 'DT':
    case 'DD':
      return { ...outer, kind: 'item', level: 0 };
    case 'UL':
    case 'OL':
    case 'DL':
      return { ...outer, kind: 'paragraph', level: 0, listDepth: outer.listDepth + 1 };
    case 'BLOCKQUOTE':
      return { ...outer, kind: 'quote', level: 0 };
    case 'FIGCAPTION':
    case 'CAPTION':
      return { ...outer, kind: 'caption', level: 0 };
    case 'P':
    case 'DIV':
      return outer.kind === 'heading' ? { ...outer } : outer;
    default:
      return outer;
  }
}

/**
 * All text blocks under `root`, in document order; numbers the text-bearing elements (`MARK`).
 * At most 8,000 blocks.
 */
export function pageBlocks(root: Element): readonly Block[] {
  const walker = new BlockWalker();
  walker.walk(root);
  return walker.blocks;
}
