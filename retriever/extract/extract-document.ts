import { FootnoteError } from '../../src/core/errors.ts';
import type { Document, FetchedPage } from '../../src/core/nouns.ts';
import { assembleText, type TextBlock } from './assemble-text.ts';
import { contentKind } from './content-kind.ts';
import { decodeText } from './decode-text.ts';
import { detectLanguage } from './detect-language.ts';
import { xmlParts } from './feed-document.ts';
import { htmlDocument } from './html-document.ts';
import { jsonParts } from './json-document.ts';
import { markdownParts } from './markdown-document.ts';
import { hostOf } from './page-metadata.ts';
import { MAX_PDF_BYTES, MAX_TEXT_BYTES } from './page-bytes.ts';
import { parseDate } from './parse-date.ts';
import { textBlocks } from './text-document.ts';

interface Parts {
  readonly title: string | null;
  readonly byline?: string | null;
  readonly publishedAt?: string | null;
  readonly language?: string | null;
  readonly blocks: readonly TextBlock[];
}

function fileName(url: string): string {
  try {
    const last = new URL(url).pathname.split('/').findLast((part) => part !== '') ?? '';
    return decodeURIComponent(last)
      .replace(/\.\w{1,8}$/u, '')
      .replace(/[-_+]+/gu, ' ')
      .trim();
  } catch {
    return '';
  }
}

function toDocument(parts: Parts, page: FetchedPage): Document {
  const { text, headings } = assembleText(parts.blocks);
  if (text === '')
    throw new FootnoteError('extract-failed', 'the document holds no text', { stage: 'extract' });
  const heading = parts.blocks.find((block) => block.kind === 'heading')?.text;
  const firstLine = parts.blocks[0]?.text.split('\n')[0] ?? '';
  const title =
    parts.title ?? heading ?? (firstLine.length <= 100 ? firstLine : fileName(page.finalUrl));
  return {
    url: page.finalUrl,
    title: title === '' ? fileName(page.finalUrl) : title,
    byline: parts.byline ?? null,
    publishedAt: parts.publishedAt ?? null,
    language: detectLanguage(text, parts.language ?? null),
    text,
    headings,
    site: hostOf(page.finalUrl),
    canonicalUrl: null,
    fetchedAt: page.fetchedAt,
  };
}

/**
 * Turns a page's bytes into a document. Pure; meant to run in a child process, because hostile markup
 * may take long.
 * @throws FootnoteError `unsupported-content` (not text), `extract-failed` (no text, damaged),
 *   `page-too-large` (a PDF beyond 32 MB)
 */
export async function extractDocument(page: FetchedPage): Promise<Document> {
  const kind = contentKind(page.body, page.contentType, page.finalUrl);
  if (kind === 'unsupported') {
    throw new FootnoteError(
      'unsupported-content',
      `cannot read ${page.contentType ?? 'this kind of file'}`,
      { stage: 'extract' },
    );
  }
  if (kind === 'pdf') {
    if (page.body.byteLength > MAX_PDF_BYTES) {
      throw new FootnoteError('page-too-large', `the PDF has more than ${MAX_PDF_BYTES} bytes`, {
        stage: 'extract',
      });
    }
    // pdf.js is big; most children never need it.
    const { pdfParts } = await import('./pdf-document.ts');
    return toDocument(await pdfParts(page.body), page);
  }
  const bytes =
    page.body.byteLength > MAX_TEXT_BYTES ? page.body.subarray(0, MAX_TEXT_BYTES) : page.body;
  const { text } = decodeText(
    bytes,
    page.rendered ? 'text/html; charset=utf-8' : page.contentType,
    kind === 'html' || kind === 'xml',
  );
  switch (kind) {
    case 'html':
      return htmlDocument(text, page);
    case 'markdown': {
      const { blocks, frontMatter } = markdownParts(text);
      return toDocument(
        {
          blocks,
          title: frontMatter.get('title') ?? null,
          byline: frontMatter.get('author') ?? null,
          publishedAt: parseDate(frontMatter.get('date') ?? ''),
          language: frontMatter.get('lang') ?? frontMatter.get('language') ?? null,
        },
        page,
      );
    }
    case 'json':
      return toDocument(jsonParts(text), page);
    case 'xml':
      return toDocument(xmlParts(text), page);
    default:
      return toDocument({ title: null, blocks: textBlocks(text) }, page);
  }
}
