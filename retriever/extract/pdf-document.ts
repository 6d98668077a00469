/** PDF to blocks: lines rebuilt by position in `pdf-layout.ts`, text by pdf.js (unpdf's build of it). */
import { getDocumentProxy } from 'unpdf';
import { FootnoteError } from '../../src/core/errors.ts';
import type { TextBlock } from './assemble-text.ts';
import { normaliseLine } from './normalise-text.ts';
import { parseDate } from './parse-date.ts';
import { layoutPages, type PdfFragment, type PdfPage } from './pdf-layout.ts';

const MAX_PAGES = 60;
/** Pages are read until this much time is spent: a part of a long paper beats none of it. */
const BUDGET_MS = 2_500;

export interface PdfParts {
  readonly title: string | null;
  readonly byline: string | null;
  readonly publishedAt: string | null;
  readonly blocks: readonly TextBlock[];
}

function plausibleTitle(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  const title = normaliseLine(value);
  const bad =
    /^(?:untitled|microsoft (?:word|powerpoint)|document\d*$|slide \d|doi:)|\.(?:docx?|pdf|tex|dvi|indd|qxd|pptx?)$/iu;
  return title.length < 4 || bad.test(title) || !/\p{L}{2}/u.test(title)
    ? null
    : title.slice(0, 300);
}

function pdfDate(value: unknown): string | null {
  const match = typeof value === 'string' ? /^D:(\d{4})(\d{2})(\d{2})/u.exec(value) : null;
  return match === null ? null : parseDate(`${match[1]}-${match[2]}-${match[3]}`);
}

/**
 * Reads a PDF (at most 60 pages or 2.5 s of work).
 * @throws FootnoteError `extract-failed` for damaged or encrypted files
 */
export async function pdfParts(bytes: Uint8Array): Promise<PdfParts> {
  try {
    const started = performance.now();
    // pdf.js takes the buffer for itself.
    const pdf = await getDocumentProxy(Uint8Array.from(bytes), { verbosity: 0 });
    const pages: PdfPage[] = [];
    for (let number = 1; number <= Math.min(pdf.numPages, MAX_PAGES); number += 1) {
      if (performance.now() - started > BUDGET_MS && pages.length > 0) break;
      const page = await pdf.getPage(number);
      const [left = 0, bottom = 0, right = 612, top = 792] = page.view;
      const content = await page.getTextContent();
      const fragments: PdfFragment[] = [];
      for (const item of content.items) {
        if (!('str' in item) || item.str.trim() === '') continue;
        const [a = 1, b = 0, c = 0, d = 1, x = 0, y = 0] = item.transform as number[];
        // Text on its side is a stamp or an axis label.
        if (Math.abs(b) > Math.abs(a)) continue;
        fragments.push({ text: item.str, x, y, width: item.width, size: Math.hypot(c, d) });
      }
      pages.push({ left, right, bottom, top, fragments });
      page.cleanup();
    }
    const metadata = await pdf.getMetadata().catch(() => null);
    const info = (metadata?.info ?? {}) as Readonly<Record<string, unknown>>;
    const { blocks, title } = layoutPages(pages);
    await pdf.cleanup();
    return {
      title: plausibleTitle(info['Title']) ?? title,
      byline:
        typeof info['Author'] === 'string' && info['Author'].trim() !== ''
          ? normaliseLine(info['Author'])
          : null,
      publishedAt: pdfDate(info['CreationDate']),
      blocks,
    };
  } catch (error) {
    throw new FootnoteError(
      'extract-failed',
      `the PDF cannot be read: ${(error as Error).message}`,
      { stage: 'extract', cause: error },
    );
  }
}
