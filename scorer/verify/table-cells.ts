/**
 * Cells of the references' own tables, by row and column: a figure that stands in the wrong column is
 * made of the very words that word alignment looks for, so tables are compared as tables.
 */
import { foldWord } from '../../src/core/tokens.ts';
import type { TableCell } from './text-claims.ts';

export interface ReferenceTable {
  readonly reference: number;
  readonly header: readonly string[];
  readonly rows: readonly {
    readonly cells: readonly string[];
    readonly start: number;
    readonly end: number;
  }[];
}

export interface CellVerdict {
  readonly agrees: boolean;
  readonly reference: number;
  readonly start: number;
  readonly end: number;
}

/** Tables longer than this are read to here. */
const MOST_ROWS = 2_000;

/** Finds runs of two and more lines with the same number (at least two) of cells between bars. */
export function referenceTables(
  references: readonly { readonly text: string }[],
): ReferenceTable[] {
  return references.flatMap(({ text }, reference) => tablesOf(text, reference));
}

function tablesOf(text: string, reference: number): ReferenceTable[] {
  const tables: ReferenceTable[] = [];
  let rows: { cells: string[]; start: number; end: number }[] = [];
  const close = (): void => {
    const [header, ...rest] = rows;
    if (header !== undefined && rest.length > 0) {
      tables.push({ reference, header: header.cells, rows: rest.slice(0, MOST_ROWS) });
    }
    rows = [];
  };
  let at = 0;
  for (const line of text.split('\n')) {
    const cells = line.includes('|')
      ? line
          .replace(/^\s*\||\|\s*$/gu, '')
          .split('|')
          .map((cell) => cell.trim())
      : [];
    const rule = cells.length > 0 && cells.every((cell) => /^:?-+:?$/u.test(cell));
    if (cells.length < 2 || (rows[0] !== undefined && rows[0].cells.length !== cells.length)) {
      // Blank lines stand between the rows of an extracted page.
      if (cells.length > 0 || line.trim() !== '') close();
    }
    if (cells.length >= 2 && !rule) rows.push({ cells, start: at, end: at + line.length });
    at += line.length + 1;
  }
  close();
  return tables;
}

const folded = (text: string): string =>
  foldWord(text)
    .replace(/[^\p{L}\p{N}.%+-]+/gu, ' ')
    .trim();

/** Figures without their thousands separators, other text folded. */
const valueOf = (text: string): string =>
  folded(text.replace(/(?<=\d)[,\u00a0\u202f ](?=\d{3}(?!\d))/gu, ''));

/**
 * What the tables say of one cell: agrees, or the same row and column hold something else. Null where no
 * table has that row and column.
 */
export function checkCell(cell: TableCell, tables: readonly ReferenceTable[]): CellVerdict | null {
  const row = folded(cell.row);
  const column = folded(cell.column);
  if (row === '' || column === '') return null;
  let against: CellVerdict | null = null;
  for (const { reference, header, rows } of tables) {
    const at = header.findIndex((name, index) => index > 0 && folded(name) === column);
    if (at === -1) continue;
    for (const { cells, start, end } of rows) {
      if (folded(cells[0] ?? '') !== row) continue;
      const agrees = valueOf(cells[at] ?? '') === valueOf(cell.value);
      if (agrees) return { agrees, reference, start, end };
      against ??= { agrees, reference, start, end };
    }
  }
  return against;
}
