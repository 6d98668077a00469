import { z } from 'zod';
import { FootnoteError } from '../../src/core/errors.ts';
import { parseLine } from '../../src/core/parse-line.ts';
import type { CallOptions, Extractor } from '../../src/core/seams.ts';

const lineSchema = z.looseObject({
  id: z.union([z.string(), z.number()]),
  url: z.string(),
  html: z.string().optional(),
  html_base64: z.string().optional(),
  content_type: z.string().nullish(),
});

/** One line of `footnote extract --jsonl`, as it goes out. */
export interface ExtractedLine {
  readonly id: string | number;
  readonly title: string;
  readonly byline: string | null;
  readonly published_at: string | null;
  readonly language: string;
  readonly text: string;
}

/**
 * The `extract` stage alone (contract): `{id, url, html | html_base64, content_type?}` to text and
 * metadata. `html` is text already and is taken as UTF-8 whatever it declares; `html_base64` is the raw
 * bytes, whose charset is sniffed.
 * @throws FootnoteError `bad-request` when the line lacks a field, or what the extractor throws
 */
export async function extractLine(
  line: unknown,
  extractor: Extractor,
  options: CallOptions,
): Promise<ExtractedLine> {
  const {
    id,
    url,
    html,
    html_base64: base64,
    content_type: contentType,
  } = parseLine(lineSchema, line, 'extract');
  if (html === undefined && base64 === undefined) {
    throw new FootnoteError('bad-request', 'the line needs html or html_base64', {
      stage: 'extract',
    });
  }
  const body = html === undefined ? Buffer.from(base64 ?? '', 'base64') : Buffer.from(html, 'utf8');
  const type = contentType ?? (html === undefined ? null : 'text/html');
  const media = (type ?? 'text/html').split(';')[0]!.trim();
  const document = await extractor.extract(
    {
      url,
      finalUrl: url,
      status: 200,
      contentType: html === undefined ? type : `${media}; charset=utf-8`,
      body,
      fetchedAt: new Date().toISOString(),
      rendered: false,
      lastModified: null,
    },
    options,
  );
  return {
    id,
    title: document.title,
    byline: document.byline,
    published_at: document.publishedAt,
    language: document.language,
    text: document.text,
  };
}
