/**
 * Links that make a browser scroll to a quote and mark it: URL text fragments
 * (https://wicg.github.io/scroll-to-text-fragment/). `text=START` for short quotes,
 * `text=START,END` for long ones or ones that cross a block, since a single term must stand in one block.
 */

/** Quotes longer than this (UTF-16 units) are named by their first and last words. */
const LONGEST_EXACT = 120;
const EDGE = 32;
/** Blocks are lines; the cells of a table's row are blocks of their own, which extraction joins by bars. */
const BLOCK_END = /\n+| \| /u;

/** Percent-encodes a term; `-`, `,` and `&` have a meaning in the directive and are encoded as well. */
function encodeTerm(term: string): string {
  return encodeURIComponent(term.replace(/\p{Surrogate}/gu, '\ufffd')).replace(
    /[-!'()*]/gu,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** First words of a text up to about `EDGE` units; never half a word, never half a character. */
function head(text: string): string {
  if (text.length <= EDGE) return text;
  const spaced = /^.{12,32}(?=\s)/su.exec(text)?.[0];
  if (spaced !== undefined && spaced.length <= EDGE) return spaced.trimEnd();
  const word = /^\S{1,80}(?=\s)/u.exec(text)?.[0];
  if (word !== undefined && !/\p{Script=Han}/u.test(word)) return word;
  return characters(text, 16, false);
}

function tail(text: string): string {
  if (text.length <= EDGE) return text;
  const spaced = /\s(\S.{11,31})$/su.exec(text)?.[1];
  if (spaced !== undefined && spaced.length <= EDGE) return spaced.trimStart();
  const word = /\s(\S{1,80})$/u.exec(text)?.[1];
  if (word !== undefined && !/\p{Script=Han}/u.test(word)) return word;
  return characters(text, 16, true);
}

/** Up to `count` units from one side, made of whole grapheme clusters. */
function characters(text: string, count: number, fromEnd: boolean): string {
  const slice = fromEnd ? text.slice(-count * 2) : text.slice(0, count * 2);
  const clusters = Array.from(new Intl.Segmenter('und').segment(slice), ({ segment }) => segment);
  return (fromEnd ? clusters.slice(-count) : clusters.slice(0, count)).join('');
}

/**
 * The page's URL with a text fragment to `quote`; an existing fragment is dropped (a page's own
 * `#anchor` would keep working only through the `:~:` delimiter, and stale ones mislead).
 * @param quote verbatim text of the page; may hold blank lines, where it crosses a block, and bars between a table's cells
 */
export function textFragmentUrl(url: string, quote: string): string {
  const hash = url.indexOf('#');
  const page = hash < 0 ? url : url.slice(0, hash);
  const text = quote.trim();
  if (text === '') return page;
  const crossesBlock = BLOCK_END.test(text);
  if (text.length <= LONGEST_EXACT && !crossesBlock) return `${page}#:~:text=${encodeTerm(text)}`;
  const blocks = text.split(BLOCK_END).filter((block) => block.trim() !== '');
  const start = head((blocks[0] ?? text).trim());
  const end = tail((blocks.at(-1) ?? text).trim());
  // A start that also ends the quote would make an empty range.
  if (start === end) {
    return `${page}#:~:text=${encodeTerm(start)}`;
  }
  return `${page}#:~:text=${encodeTerm(start)},${encodeTerm(end)}`;
}
