import { load } from 'cheerio';

const BLOCKS =
  'p, div, li, tr, h1, h2, h3, h4, h5, h6, br, section, article, blockquote, pre, dd, dt';

/** A page's text with a blank line after each block: html2text's work where Python has no html2text. */
export function plainTextLines(html: string): string {
  const $ = load(html);
  $('script, style, noscript, template').remove();
  $(BLOCKS).after('\n\n');
  return $('body').text();
}
