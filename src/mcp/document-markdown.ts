import type { Document } from '../core/nouns.ts';

/** The document's text with its headings marked as Markdown headings. */
export function documentMarkdown({ text, headings }: Document): string {
  let markdown = '';
  let at = 0;
  for (const { level, start } of [...headings].sort((a, b) => a.start - b.start)) {
    // A heading inside a block (it should not happen) stays as it is.
    if (start < at || (start > 0 && text[start - 1] !== '\n')) continue;
    markdown += `${text.slice(at, start)}${'#'.repeat(Math.min(6, Math.max(1, level)))} `;
    at = start;
  }
  return markdown + text.slice(at);
}
