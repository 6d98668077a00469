/**
 * From positioned text fragments to paragraphs: columns, lines, paragraphs, headings; repeated page
 * headers and footers dropped, words mended that were hyphenated at line ends, ligatures opened.
 */
import type { TextBlock } from './assemble-text.ts';
import { normaliseLine } from './normalise-text.ts';

export interface PdfFragment {
  readonly text: string;
  readonly x: number;
  /** Baseline; grows upwards, as in PDF. */
  readonly y: number;
  readonly width: number;
  /** Font size in points. */
  readonly size: number;
}

export interface PdfPage {
  readonly left: number;
  readonly right: number;
  readonly bottom: number;
  readonly top: number;
  readonly fragments: readonly PdfFragment[];
}

interface Line {
  text: string;
  readonly x: number;
  right: number;
  readonly y: number;
  size: number;
  /** Right edge of the column the line stands in. */
  columnRight: number;
  columnLeft: number;
}

const LIGATURES: Readonly<Record<string, string>> = {
  ﬀ: 'ff',
  ﬁ: 'fi',
  ﬂ: 'fl',
  ﬃ: 'ffi',
  ﬄ: 'ffl',
  ﬅ: 'st',
  ﬆ: 'st',
};
const openLigatures = (text: string): string =>
  text.replace(/[\uFB00-\uFB06]/gu, (ligature) => LIGATURES[ligature] ?? ligature);

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** Middle of the gap between two columns, or null: a stripe that few rows cross while both sides are full. */
function findGutter(fragments: readonly PdfFragment[]): number | null {
  // Two short columns of text are columns too; so few rows of short cells may be a table.
  const prose = fragments.filter((part) => part.text.trim().length >= 18).length;
  if (fragments.length < 20 && (fragments.length < 8 || prose < fragments.length * 0.8)) {
    return null;
  }
  const left = Math.min(...fragments.map((part) => part.x));
  const right = Math.max(...fragments.map((part) => part.x + part.width));
  const width = right - left;
  const rows = new Map<number, PdfFragment[]>();
  for (const part of fragments) {
    const key = Math.round(part.y / 3);
    const row = rows.get(key);
    if (row === undefined) rows.set(key, [part]);
    else row.push(part);
  }
  let best: { at: number; crossed: number } | null = null;
  for (let step = 35; step <= 65; step += 1) {
    const at = left + (width * step) / 100;
    let crossed = 0;
    let before = 0;
    let after = 0;
    for (const row of rows.values()) {
      if (row.some((part) => part.x < at - 1 && part.x + part.width > at + 1)) crossed += 1;
      if (row.some((part) => part.x + part.width <= at + 1)) before += 1;
      if (row.some((part) => part.x >= at - 1)) after += 1;
    }
    const sides = Math.min(before, after);
    if (sides < rows.size * 0.3 || crossed > rows.size * 0.25) continue;
    if (best === null || crossed < best.crossed) best = { at, crossed };
  }
  return best?.at ?? null;
}

function linesOf(fragments: readonly PdfFragment[]): Line[] {
  const sorted = [...fragments].sort((a, b) => b.y - a.y || a.x - b.x);
  const rows: PdfFragment[][] = [];
  for (const part of sorted) {
    const row = rows[rows.length - 1];
    if (
      row !== undefined &&
      Math.abs(row[0]!.y - part.y) <= Math.max(row[0]!.size, part.size) * 0.45
    )
      row.push(part);
    else rows.push([part]);
  }
  const columnLeft = Math.min(...fragments.map((part) => part.x));
  const columnRight = Math.max(...fragments.map((part) => part.x + part.width));
  return rows.map((row) => {
    row.sort((a, b) => a.x - b.x);
    let text = '';
    let right = -Infinity;
    let chars = 0;
    let sizes = 0;
    for (const part of row) {
      const gap = part.x - right;
      const space = text !== '' && gap > part.size * 0.15 && !text.endsWith(' ');
      text += (space ? ' ' : '') + part.text;
      right = part.x + part.width;
      chars += part.text.length;
      sizes += part.size * part.text.length;
    }
    return {
      text: normaliseLine(openLigatures(text)),
      x: row[0]!.x,
      right,
      y: row[0]!.y,
      size: sizes / Math.max(1, chars),
      columnLeft,
      columnRight,
    };
  });
}

/** Lines in reading order: what spans the page, then the left column, then the right one, band by band. */
function readingOrder(page: PdfPage): Line[] {
  const { fragments } = page;
  if (fragments.length === 0) return [];
  const gutter = findGutter(fragments);
  if (gutter === null) return linesOf(fragments);
  const spanning = fragments.filter(
    (part) => part.x < gutter - 2 && part.x + part.width > gutter + 2,
  );
  const bands: {
    readonly top: number;
    readonly left: PdfFragment[];
    readonly right: PdfFragment[];
    readonly wide: PdfFragment[];
  }[] = [];
  const cuts = [...new Set(spanning.map((part) => part.y))].sort((a, b) => b - a);
  const wideRows = new Set(spanning.map((part) => Math.round(part.y)));
  for (const top of [Infinity, ...cuts]) bands.push({ top, left: [], right: [], wide: [] });
  for (const part of fragments) {
    let index = 0;
    while (index + 1 < bands.length && part.y <= bands[index + 1]!.top + 0.5) index += 1;
    const band = bands[index]!;
    if (wideRows.has(Math.round(part.y))) band.wide.push(part);
    else if (part.x + part.width / 2 < gutter) band.left.push(part);
    else band.right.push(part);
  }
  return bands.flatMap((band) =>
    [band.wide, band.left, band.right].flatMap((part) => (part.length === 0 ? [] : linesOf(part))),
  );
}

/** Running heads and feet: lines at a page's edge whose text, digits aside, recurs on half of the pages. */
function withoutRunningLines(pages: readonly (readonly Line[])[]): readonly (readonly Line[])[] {
  const keyOf = (line: Line): string => line.text.replace(/\d+/gu, '#').toLowerCase();
  const edgesOf = (lines: readonly Line[]): readonly Line[] => {
    const byHeight = [...lines].sort((a, b) => b.y - a.y);
    return [...byHeight.slice(0, 2), ...byHeight.slice(-2)];
  };
  const counts = new Map<string, number>();
  for (const lines of pages) {
    for (const key of new Set(edgesOf(lines).map(keyOf)))
      counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const needed = Math.max(2, Math.ceil(pages.length / 2.5));
  return pages.map((lines) => {
    const edges = new Set(edgesOf(lines));
    return lines.filter((line) => {
      if (!edges.has(line)) return true;
      if (
        /^(?:page\s*)?[-–]?\s*\d{1,4}\s*[-–]?(?:\s*(?:of|\/)\s*\d+)?$/iu.test(line.text) &&
        pages.length > 1
      )
        return false;
      return pages.length < 2 || (counts.get(keyOf(line)) ?? 0) < needed;
    });
  });
}

const ENDS = /[.!?:;。！？：；…”"')）\]]$/u;
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}，。、；：！？]$/u;

/** Second halves that no word begins with: the hyphen before them is the printer's. */
const HALF =
  /^(?:ment|tion|sion|ing|ness|able|ible|ity|ous|ful|less|ance|ence|ant|ent|ary|ory|ism|ist|ive|ize|ise|ate|al|ial|ical|er|ed|es|est|ly|ture|cial|tain|ation|tor)/u;
const COMPOUND_START =
  /^(?:self|well|non|ex|half|cross|long|short|high|low|all|cast|open|full|part|quasi|semi|vice|mid|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|one|two|three|four|five|six|seven|eight|nine|ten|first|second|third|so|state|year|ill|hard|old|new|large|small|best|better|ever|free|left|right|north|south|east|west|mother|father|brother|sister|son|daughter)$/u;

/**
 * Was the hyphen at the line's end typed by the author (`twenty-five`) or set by the printer
 * (`govern-ment`)? By how the document writes the word elsewhere, then by its halves.
 */
function isTypedHyphen(left: string, right: string, known: ReadonlySet<string>): boolean {
  const [first, second] = [left.toLowerCase(), right.toLowerCase()];
  if (known.has(first + second)) return false;
  if (known.has(`${first}-${second}`)) return true;
  if (!/^[a-z]+$/u.test(first + second) || HALF.test(second)) return false;
  return COMPOUND_START.test(first) || (known.has(first) && known.has(second) && second.length > 2);
}

/** Words of the text in lower case, those with hyphens inside as one. */
function wordsOf(lines: readonly { readonly text: string }[]): ReadonlySet<string> {
  const words = new Set<string>();
  for (const { text } of lines) {
    for (const word of text.toLowerCase().split(/[^\p{L}\p{M}-]+/u)) words.add(word);
  }
  return words;
}

function append(text: string, line: string, known: ReadonlySet<string>): string {
  if (text.endsWith('\u00AD')) return text.slice(0, -1) + line;
  if (/\p{L}[-\u2010]$/u.test(text) && /^\p{Ll}/u.test(line)) {
    const left =
      text
        .slice(-41, -1)
        .split(/[^\p{L}\p{M}]/u)
        .at(-1) ?? '';
    const right = line.slice(0, 40).split(/[^\p{L}\p{M}]/u)[0] ?? '';
    return (isTypedHyphen(left, right, known) ? text : text.slice(0, -1)) + line;
  }
  if (
    UNSPACED.test(text) &&
    /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}，。、「『（]/u.test(line)
  )
    return text + line;
  return `${text} ${line}`;
}

/** Does `line` begin a new paragraph after `previous`? */
function breaksAfter(previous: Line, line: Line, gap: number): boolean {
  const sameColumn = Math.abs(previous.columnLeft - line.columnLeft) < 5 && line.y < previous.y;
  if (Math.abs(line.size - previous.size) > previous.size * 0.12) return true;
  if (/^(?:[•▪●◦‣–]\s|\(?\d{1,2}[.)]\s)/u.test(line.text)) return true;
  if (!sameColumn) return ENDS.test(previous.text) && !/^\p{Ll}/u.test(line.text);
  if (previous.y - line.y > gap * 1.45) return true;
  const indented =
    line.x > line.columnLeft + line.size * 0.8 &&
    previous.x < previous.columnLeft + previous.size * 0.5;
  if (indented && ENDS.test(previous.text)) return true;
  const width = previous.columnRight - previous.columnLeft;
  return previous.right < previous.columnRight - width * 0.2 && ENDS.test(previous.text);
}

/** Lays out all pages; `title` is the biggest text of the first page, or null. */
export function layoutPages(pages: readonly PdfPage[]): {
  readonly blocks: readonly TextBlock[];
  readonly title: string | null;
} {
  const lines = withoutRunningLines(pages.map(readingOrder))
    .flat()
    .filter((line) => line.text !== '');
  const sized = lines.flatMap((line) =>
    Array.from({ length: Math.ceil(line.text.length / 20) }, () => line.size),
  );
  const bodySize = median(sized);
  const gaps: number[] = [];
  for (let index = 1; index < lines.length; index += 1) {
    const gap = lines[index - 1]!.y - lines[index]!.y;
    if (gap > 0 && gap < bodySize * 3) gaps.push(gap);
  }
  const gap = median(gaps);
  const known = wordsOf(lines);
  const groups: { text: string; size: number; count: number }[] = [];
  lines.forEach((line, index) => {
    const previous = lines[index - 1];
    const group = groups[groups.length - 1];
    if (previous === undefined || group === undefined || breaksAfter(previous, line, gap))
      groups.push({ text: line.text, size: line.size, count: 1 });
    else {
      group.text = append(group.text, line.text, known);
      group.count += 1;
    }
  });
  const headSizes = [
    ...new Set(
      groups.filter((group) => group.size > bodySize * 1.12).map((group) => Math.round(group.size)),
    ),
  ].sort((a, b) => b - a);
  const blocks = groups.map((group): TextBlock => {
    const text = normaliseLine(group.text);
    const isHeading =
      group.size > bodySize * 1.12 && group.count <= 4 && text.length <= 200 && /\p{L}/u.test(text);
    return isHeading
      ? { kind: 'heading', level: Math.min(6, headSizes.indexOf(Math.round(group.size)) + 1), text }
      : { kind: 'paragraph', level: 0, text };
  });
  const opening = groups.slice(0, 8);
  const biggest = Math.max(0, ...opening.map((group) => group.size));
  const title =
    biggest > bodySize * 1.05 ? opening.find((group) => group.size >= biggest * 0.98) : opening[0];
  return { blocks, title: title === undefined ? null : normaliseLine(title.text).slice(0, 200) };
}
