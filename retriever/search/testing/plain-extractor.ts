import { load } from 'cheerio/slim';
import { FootnoteError } from '../../../src/core/errors.ts';
import type { Document, FetchedPage } from '../../../src/core/nouns.ts';
import type { CallOptions, Extractor } from '../../../src/core/seams.ts';

/**
 * The least an extractor can be: all text of an HTML page (or the text itself), its `title`, and its
 * `date`, `canonical` and `lang` where it has them. For tests of what only needs text out of a file.
 */
export class PlainExtractor implements Extractor {
  /** URLs read, in order. */
  readonly read: string[] = [];

  async extract(page: FetchedPage, options: CallOptions): Promise<Document> {
    options.signal.throwIfAborted();
    this.read.push(page.url);
    const source = new TextDecoder().decode(page.body);
    const html = page.contentType?.includes('html') === true;
    const $ = load(html ? source : '');
    const text = html ? $('body').text().trim() : source.trim();
    if (text === '') throw new FootnoteError('extract-failed', `${page.url} has no text`);
    return {
      url: page.url,
      title: html ? $('title').text() : (source.split('\n')[0] ?? '').replace(/^#+\s*/u, ''),
      byline: null,
      publishedAt: $('meta[name=date]').attr('content') ?? null,
      language: $('html').attr('lang') ?? 'en',
      text,
      headings: [],
      site: '',
      canonicalUrl: $('link[rel=canonical]').attr('href') ?? null,
      fetchedAt: page.fetchedAt,
    };
  }
}
