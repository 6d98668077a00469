import { html, type Html } from './html.ts';

export function shownNumber(value: number): string {
  // A share of nothing: balanced accuracy where one class is absent.
  if (!Number.isFinite(value)) return '–';
  if (Number.isInteger(value)) return String(value);
  return Math.abs(value) >= 100 ? value.toFixed(1) : value.toFixed(3);
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function shown(value: unknown): string {
  if (value === null || value === undefined) return '–';
  if (typeof value === 'number') return shownNumber(value);
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Any value as a table: an object of objects by rows and columns, an object by rows, a list of objects too. */
export function valueTable(value: unknown): Html {
  const rows: readonly (readonly [string, unknown])[] = Array.isArray(value)
    ? value.map((row, index) => [String(index + 1), row] as const)
    : isObject(value)
      ? Object.entries(value)
      : [['', value]];
  const columns = [...new Set(rows.flatMap(([, row]) => (isObject(row) ? Object.keys(row) : [])))];
  const cells = (row: unknown): Html[] =>
    columns.length === 0
      ? [html`<td>${shown(row)}</td>`]
      : columns.map((column) => html`<td>${isObject(row) ? shown(row[column]) : ''}</td>`);
  return html`<div class="${columns.length === 0 ? 'scroll narrow' : 'scroll'}">
    <table>
      ${
        columns.length === 0
          ? html``
          : html`<thead>
              <tr>
                <th></th>
                ${columns.map((column) => html`<th>${column}</th>`)}
              </tr>
            </thead>`
      }
      <tbody>
        ${rows.map(
          ([name, row]) =>
            html`<tr>
              <td>${name}</td>
              ${cells(row)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}
