/**
 * Cuts a parsed page into blocks of text in document order, each with what is known about its place:
 * the unit that `block-model.ts` keeps or drops and `assemble-text.ts` prints. No words are glued
 * across blocks; `pre` is verbatim; a data table is one block, a line for each row.
 */
import {
  countsLines,
  imageFormula,
  isLineNumber,
  isNoteMark,
  raised,
  standsApart,
} from './inline-text.ts';
import { normaliseLine, normaliseVerbatim } from './normalise-text.ts';
import { codeOfTable, isDataTable, tableLines } from './table-rows.ts';

type BlockKind = 'paragraph' | 'heading' | 'item' | 'row' | 'pre' | 'quote' | 'caption';

export interface Block {
  readonly kind: BlockKind;
  /** One line; `pre` and data tables (`row`) have a line for each of theirs. */
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
/** A line break that the author set: unlike one in the source it also parts words without spaces. */
const BREAK = '\u2028';
const BOX_STYLE = /display\s*:\s*(?:block|flex|grid|table|list-item)/iu;
const BOX_CLASS = /^(?:d-)?(?:block|flex|grid)$/u;

/** Class names from `style-sheet.ts`. */
export interface BoxClasses {
  readonly boxes: ReadonlySet<string>;
  readonly rows: ReadonlySet<string>;
}
const NO_BOXES: BoxClasses = { boxes: new Set(), rows: new Set() };
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

class BlockWalker {
  readonly blocks: Block[] = [];
  /** Classes that make inline elements boxes, and those that set their children side by side. */
  readonly #boxes: ReadonlySet<string>;
  readonly #rows: ReadonlySet<string>;
  #run: Run = newRun();
  #nextMark = 1;
  #imageAt = -9;
  /** `dd` elements that were printed with their `dt`. */
  readonly #printed = new Set<Element>();

  constructor(looks: BoxClasses) {
    this.#boxes = looks.boxes;
    this.#rows = looks.rows;
  }

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
    if (SKIPPED_TAGS.has(tag) || this.#printed.has(child)) return;
    if (tag === 'BR') {
      // A single break is a space within a line of text; two make a new block.
      const next = nextMeaningful(child);
      if (next?.nodeName === 'BR' || context.row) this.#run.parts.push(' ');
      else this.#run.parts.push(BREAK);
      if (next?.nodeName === 'BR' && !context.row) this.#flush(parent, context);
      return;
    }
    if (tag === 'IMG') {
      this.#run.parts.push(imageFormula(child));
      return;
    }
    const link = inLink || tag === 'A';
    const strong = inStrong || tag === 'B' || tag === 'STRONG' || tag === 'EM';
    if (isLineNumber(child)) return;
    if (!BLOCK_TAGS.has(tag)) {
      this.#inline(child, parent, context, link, strong);
      return;
    }
    if (context.row && tag !== 'PRE') {
      const follows = tag === 'LI' && child.previousElementSibling?.tagName === 'LI';
      this.#run.parts.push(follows ? '; ' : ' ');
      this.#visit(child, context, link, strong);
      this.#run.parts.push(' ');
      return;
    }
    this.#flush(parent, context);
    if (tag === 'PRE') {
      this.#pre(child, context);
      return;
    }
    if (this.#table(child, context, link, strong)) return;
    if (tag === 'DT' && this.#pair(child, context, link, strong)) return;
    const inner = contextOf(child, context);
    this.#visit(child, inner, link, strong);
    this.#flush(child, inner);
  }

  #inline(child: Element, parent: Element, context: Context, link: boolean, strong: boolean): void {
    const { parts } = this.#run;
    const tag = child.tagName;
    if ((tag === 'SUP' || tag === 'A') && isNoteMark(child)) return;
    if (tag === 'SUP' || tag === 'SUB') {
      parts.push(raised(child, parts.at(-1) ?? ''));
      return;
    }
    const left = child.previousSibling;
    const touches = left?.nodeType === ELEMENT && !BLOCK_TAGS.has(left.nodeName);
    const apart = this.#isBox(child, parent);
    if (apart || (touches && standsApart(left as Element, child, lastText(parts)))) {
      parts.push(' ');
    }
    this.#visit(child, context, link, strong);
    if (apart) this.#run.parts.push(' ');
  }

  /** Is an inline element a box of its own by its style or class, or that of its parent? */
  #isBox(element: Element, parent: Element): boolean {
    if (BOX_STYLE.test(element.getAttribute('style') ?? '')) return true;
    const classes = element.getAttribute('class');
    if (classes !== null && classes !== '') {
      for (const name of classes.split(/\s+/u)) {
        if (this.#boxes.has(name) || BOX_CLASS.test(name)) return true;
      }
    }
    if (this.#rows.size === 0) return false;
    return (parent.getAttribute('class') ?? '').split(/\s+/u).some((name) => this.#rows.has(name));
  }

  #pre(element: Element, context: Context): void {
    const text = preText(element);
    // The gutter of a listing whose code stands in the next cell.
    if (countsLines(text) && element.closest('table') !== null) return;
    this.#verbatim(element, text, context);
  }

  #verbatim(element: Element, source: string, context: Context): void {
    const text = normaliseVerbatim(source);
    if (text.trim() === '' || this.blocks.length >= MAX_BLOCKS) return;
    const run = newRun();
    const mark = this.#nextMark++;
    element.setAttribute(MARK, String(mark));
    run.marks.set(mark, text.length);
    this.#push(element, { ...context, kind: 'pre' }, text, run);
  }

  /** A data table as one block, a listing of numbered lines as code; false for layout. */
  #table(table: Element, context: Context, link: boolean, strong: boolean): boolean {
    if (table.tagName !== 'TABLE' && table.getAttribute('role') !== 'table') return false;
    const code = codeOfTable(table);
    if (code !== null) {
      this.#verbatim(table, code, context);
      return true;
    }
    if (!isDataTable(table)) return false;
    const whole = newRun();
    const textOf = (cell: Element): string => {
      const run = newRun();
      this.#run = run;
      this.#visit(cell, { ...context, row: true }, link, strong);
      this.#run = newRun();
      whole.linkChars += run.linkChars;
      whole.strongChars += run.strongChars;
      for (const [mark, size] of run.marks) whole.marks.set(mark, size);
      return normaliseLine(run.parts.join('')).replace(/ ; /gu, '; ');
    };
    const caption = table.querySelector('caption');
    const title = caption === null ? '' : textOf(caption);
    const lines = tableLines(table, textOf);
    if (lines.length > 0 && this.blocks.length < MAX_BLOCKS) {
      const text = (title === '' ? lines : [title, ...lines]).join('\n');
      this.#push(table, { ...context, kind: 'row' }, text, whole);
    }
    return true;
  }

  /** A term and its short value as one line: `Depth: 118 m`. */
  #pair(term: Element, context: Context, link: boolean, strong: boolean): boolean {
    const value = term.nextElementSibling;
    if (value?.tagName !== 'DD' || value.nextElementSibling?.tagName === 'DD') return false;
    const name = (term.textContent ?? '').trim();
    const said = (value.textContent ?? '').trim();
    if (name.length > 60 || name === '' || /[.!?？。！]$/u.test(name)) return false;
    if (said.length > 120 || said === '') return false;
    if ([...term.children, ...value.children].some(({ tagName }) => BLOCK_TAGS.has(tagName)))
      return false;
    const inner: Context = { ...context, kind: 'item', level: 0 };
    this.#visit(term, inner, link, strong);
    this.#run.parts.push(/[:：]$/u.test(name) ? ' ' : ': ');
    this.#visit(value, inner, link, strong);
    this.#printed.add(value);
    this.#flush(value, inner);
    return true;
  }
}

/** The end of the run's text so far. */
function lastText(parts: readonly string[]): string {
  for (let index = parts.length - 1; index >= 0; index -= 1)
    if (parts[index] !== '') return parts[index]!;
  return '';
}

function nextMeaningful(node: Node): Node | null {
  let next = node.nextSibling;
  while (next !== null && next.nodeType === TEXT && (next.nodeValue ?? '').trim() === '') {
    next = next.nextSibling;
  }
  return next;
}

/** `textContent` with `<br>` as line breaks, without line numbers. */
function preText(element: Element): string {
  const parts: string[] = [];
  const visit = (node: Node): void => {
    for (let child = node.firstChild; child !== null; child = child.nextSibling) {
      if (child.nodeType === TEXT) parts.push(child.nodeValue ?? '');
      else if (child.nodeName === 'BR') parts.push('\n');
      else if (
        child.nodeType === ELEMENT &&
        !SKIPPED_TAGS.has(child.nodeName) &&
        !isLineNumber(child as Element)
      )
        visit(child);
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
 * @param looks what the page's style sheets say about inline elements
 */
export function pageBlocks(root: Element, looks: BoxClasses = NO_BOXES): readonly Block[] {
  const walker = new BlockWalker(looks);
  walker.walk(root);
  return walker.blocks;
}
