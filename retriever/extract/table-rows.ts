/**
 * Data tables as lines of text: each row with the labels of its columns and the cells that span it, so
 * that a row can be quoted alone. Tables that only lay out a page are told apart.
 */

import { isLineNumber } from './inline-text.ts';

interface TableCell {
  readonly element: Element;
  readonly isHeader: boolean;
}

const MAX_ROWS = 3_000;
const MAX_COLUMNS = 60;
/** A longer cell is a text of its own: the table is layout. */
const MAX_CELL_CHARS = 600;
const MAX_LABEL_CHARS = 60;
/** With more columns the labels would drown the values. */
const MAX_LABELLED = 12;

function rowsOf(table: Element): readonly Element[] {
  const rows = [...table.querySelectorAll('tr')];
  return rows.length > 0 ? rows : [...table.querySelectorAll('[role=row]')];
}

/**
 * A data table has several columns of short cells and no table, form or heading inside; one row alone must
 * be short.
 */
export function isDataTable(table: Element): boolean {
  const role = table.getAttribute('role');
  if (role === 'presentation' || role === 'none') return false;
  if (table.querySelector('table, form, ul li ul, h1, h2, pre') !== null) return false;
  const rows = rowsOf(table).slice(0, 30);
  if (rows.length === 0) return false;
  let wide = 0;
  for (const row of rows) {
    let cells = 0;
    for (const cell of row.children) {
      const chars = (cell.textContent ?? '').trim().length;
      if (chars > (rows.length === 1 ? 200 : MAX_CELL_CHARS)) return false;
      if (rows.length === 1 && cell.querySelector('p, div div, ul, img') !== null) return false;
      if (chars > 0 || row.children.length === 2) cells += 1;
    }
    if (cells >= 2) wide += 1;
  }
  return wide >= rows.length * 0.5;
}

/** Rows of cells by column; a cell that spans several stands in each of them. */
function grid(table: Element): (TableCell | undefined)[][] {
  const result: (TableCell | undefined)[][] = [];
  const rows = rowsOf(table).slice(0, MAX_ROWS);
  rows.forEach((row, y) => {
    const line = (result[y] ??= []);
    let x = 0;
    for (const element of row.children) {
      while (line[x] !== undefined) x += 1;
      const isHeader =
        element.tagName === 'TH' ||
        element.getAttribute('role') === 'columnheader' ||
        element.getAttribute('role') === 'rowheader';
      const across = span(element.getAttribute('colspan'), MAX_COLUMNS - x);
      const down = span(element.getAttribute('rowspan'), rows.length - y);
      for (let dy = 0; dy < down; dy += 1) {
        const target = (result[y + dy] ??= []);
        for (let dx = 0; dx < across; dx += 1) target[x + dx] = { element, isHeader };
      }
      x += across;
      if (x >= MAX_COLUMNS) break;
    }
  });
  return result;
}

function span(value: string | null, most: number): number {
  const number = Number(value ?? 1);
  return Number.isInteger(number) && number > 0 ? Math.max(1, Math.min(number, most)) : 1;
}

/** How many rows at the top are labels: `thead`, rows of `th`, or a first row all in bold. */
function headerRows(
  table: Element,
  cells: readonly (readonly (TableCell | undefined)[])[],
): number {
  let count = 0;
  const heads = new Set(table.querySelectorAll('thead tr'));
  const rows = rowsOf(table);
  while (count < Math.min(4, cells.length - 1)) {
    const line = cells[count] ?? [];
    const filled = line.filter((cell) => cell !== undefined);
    const inHead = heads.has(rows[count]!);
    const allLabels = filled.length > 1 && filled.every((cell) => cell.isHeader);
    const bold =
      count === 0 &&
      filled.length > 1 &&
      filled.every(({ element }) => {
        const text = (element.textContent ?? '').trim();
        const strong = element.querySelector('b, strong');
        return text !== '' && strong !== null && (strong.textContent ?? '').trim() === text;
      });
    if (!inHead && !allLabels && !bold) break;
    count += 1;
  }
  return count;
}

/**
 * The lines of a data table.
 * @param textOf the text of a cell, on one line
 */
export function tableLines(table: Element, textOf: (cell: Element) => string): readonly string[] {
  const cells = grid(table);
  const texts = new Map<Element, string>();
  const text = (cell: TableCell | undefined): string => {
    if (cell === undefined) return '';
    let known = texts.get(cell.element);
    if (known === undefined) {
      known = textOf(cell.element);
      texts.set(cell.element, known);
    }
    return known;
  };
  const top = headerRows(table, cells);
  const columns = Math.max(0, ...cells.map((line) => line.length));
  const labels: string[] = [];
  for (let x = 0; x < columns; x += 1) {
    const parts: string[] = [];
    for (let y = 0; y < top; y += 1) {
      const part = text(cells[y]?.[x]);
      // A label that spans the whole table is its title.
      const title =
        columns > 1 && (cells[y] ?? []).every((cell) => cell?.element === cells[y]?.[0]?.element);
      if (part !== '' && !title && !parts.includes(part)) parts.push(part);
    }
    labels.push(parts.join(' '));
  }
  const labelled =
    top > 0 && columns <= MAX_LABELLED && labels.every((label) => label.length <= MAX_LABEL_CHARS);
  const lines: string[] = [];
  cells.forEach((line, y) => {
    const isTop = y < top;
    const whole = line.every((cell) => cell?.element === line[0]?.element);
    if (isTop && labelled && !(whole && columns > 1)) return;
    const parts: string[] = [];
    line.forEach((cell, x) => {
      // Printed once where it spans several columns.
      if (x > 0 && cell !== undefined && cell.element === line[x - 1]?.element) return;
      const value = text(cell);
      if (value === '') return;
      const label = labelled && !isTop && !whole ? (labels[x] ?? '') : '';
      parts.push(
        label === '' || label === value ? value : `${label.replace(/\s*:$/u, '')}: ${value}`,
      );
    });
    const rowLabel = line[0];
    const joined =
      !labelled && !isTop && parts.length === 2 && rowLabel?.isHeader === true && !whole
        ? `${parts[0]!.replace(/\s*:$/u, '')}: ${parts[1]!}`
        : parts.join(' | ');
    if (joined !== '') lines.push(joined);
  });
  return lines;
}

/**
 * The code of a table that lists it line by line, a number before each; null when it is no such table.
 */
export function codeOfTable(table: Element): string | null {
  const rows = rowsOf(table);
  if (rows.length < 2 || table.querySelector('pre, table') !== null) return null;
  const lines: string[] = [];
  for (const row of rows) {
    const [number, code] = row.children;
    if (number === undefined || code === undefined || row.children.length !== 2) return null;
    const counts = isLineNumber(number) || number.hasAttribute('data-line-number');
    if (!counts || (number.textContent ?? '').trim().length > 6) return null;
    lines.push((code.textContent ?? '').replace(/^\n|\n$/gu, ''));
  }
  return lines.join('\n');
}
