/** HTML as values: what is not `Html` is escaped, so that text from the web stays text. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/core/package-root.ts';

export interface Html {
  readonly html: string;
}

function escapeHtml(text: string): string {
  return text
    .replace(/&/gu, '&amp;')
    .replace(/</gu, '&lt;')
    .replace(/>/gu, '&gt;')
    .replace(/"/gu, '&quot;')
    .replace(/'/gu, '&#39;');
}

type Value = Html | string | number | readonly (Html | string)[];

const render = (value: Value): string => {
  if (typeof value === 'string') return escapeHtml(value);
  if (typeof value === 'number') return String(value);
  return 'html' in value ? value.html : value.map(render).join('');
};

/** A template whose values are escaped, unless they are `Html` themselves. */
export function html(parts: TemplateStringsArray, ...values: readonly Value[]): Html {
  return {
    html: parts.map((part, index) => part + render(values[index] ?? '')).join(''),
  };
}

const file = (name: string): string =>
  readFileSync(join(packageRoot, 'eval/report/page', name), 'utf8');
const hashOf = (text: string): string =>
  `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/**
 * A page that stands alone: its style and script are in it, and its policy lets nothing else run or load.
 * @param data set as JSON for the script; left out, the page has no script
 */
export function standalonePage(title: string, body: Html, data?: unknown): string {
  const style = `${file('page.css')}\n${file('records.css')}`;
  const script = data === undefined ? '' : file('page.js');
  const policy = [
    "default-src 'none'",
    `style-src ${hashOf(style)}`,
    ...(script === '' ? [] : [`script-src ${hashOf(script)}`]),
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  // Inside a script element only `<` can end it.
  const json = JSON.stringify(data ?? null).replace(/</gu, '\\u003c');
  const scripts =
    script === ''
      ? ''
      : `<script type="application/json" id="records">${json}</script>\n<script>${script}</script>\n`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
${body.html}
${scripts}</body>
</html>
`;
}
