/** What metadata is read from besides markup: an element's text, and the lines at the top of the page. */
import { normaliseLine } from './normalise-text.ts';

/** The first 600 characters of an element's text, on one line. */
export const elementText = (element: Element | null | undefined): string =>
  normaliseLine((element?.textContent ?? '').slice(0, 600));

/** Letters and digits alone, in lower case: for comparing names and titles. */
export const folded = (value: string): string =>
  value.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '');

/** The first 8,000 characters that a reader sees, a line per piece of text. */
export function leadLines(document: Document): string {
  const lines: string[] = [];
  let size = 0;
  const visit = (node: Node): void => {
    for (let child = node.firstChild; child !== null && size < 8_000; child = child.nextSibling) {
      if (child.nodeType === 1) visit(child);
      else if (child.nodeType === 3) {
        const line = normaliseLine(child.nodeValue ?? '');
        if (line !== '') lines.push(line);
        size += line.length;
      }
    }
  };
  visit(document.body);
  return lines.join('\n');
}
