/**
 * Sentence boundaries by rule: a pattern for stops, a list of abbreviations, and the blank line, for
 * English, Chinese, Japanese and other scripts with a stop of their own. `Intl.Segmenter` is
 * superlinear on long text and was measured to be worse; this runs in linear time.
 */

/** Half open, in UTF-16 code units of the text it was made from. Starts and ends on non-space. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Stops that need a look at what stands around them. */
const WEAK_STOP = /[.!?…]/u;
/** A run of stops, then closing quotes, brackets and footnote marks, which belong to the sentence. */
const STOP = /[.!?…。！？｡؟۔।॥።။]+(?:["'”’»›)\]}」』】》〉）］｝〕*_]{0,8}(?:\[\d{1,4}\]){0,8})/gu;
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\u3000-\u303f\uff01-\uff60]$/u;
/** After a closed quotation these carry the same sentence on: “好吗？”，他问. */
const CARRIES_ON = /^[,，、;；:：—–)）]/u;
const LIST_MARK =
  /^[ \t]*(?:[-*•·‣◦▪–—][ \t]+|\(?(?:\d{1,3}|[a-zA-Z])[.)、．][ \t]*|[（(][一二三四五六七八九十\d]{1,3}[)）]|[一二三四五六七八九十]{1,3}、|#{1,6} |\||>)/u;
const HEADING_LINE = /^[ \t]*(?:#{1,6} |\|)/u;

/** Never the end of a sentence: something always follows. Lower case, without the last stop. */
const LEADING = new Set(
  (
    'mr mrs ms mx dr prof rev fr sr hon st mt ft gen col maj capt cmdr lt sgt cpl pvt adm gov sen rep pres ' +
    'messrs mme mlle vs v cf e.g eg i.e ie viz al fig figs eq eqs sec secs ch chap vol vols no nos nr art pp p ' +
    'ed eds trans approx ca c circa b d r est dept univ op cit ibid lit fl ref refs ' +
    'z.b d.h u.a bzw vgl bspw usw ggf ca abb hr hrn fr str'
  ).split(' '),
);
/** The end of a sentence only when a new one clearly begins. */
const TRAILING = new Set(
  (
    'etc inc ltd corp co bros jr sr esq ph.d m.d b.a m.a d.c u.s u.s.a u.k u.n e.u a.m p.m a.d b.c b.c.e c.e ' +
    'ave blvd rd jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thur thurs fri sat sun ' +
    'ft in lb lbs oz yd mi km cm mm kg hr hrs min mins sec'
  ).split(' '),
);
/** Words that begin a new sentence after `U.S.` or `Inc.` more often than they go on in a name. */
const OPENER =
  /^["'“‘(]*(?:The|A|An|In|On|At|By|For|From|It|Its|He|His|She|Her|They|Their|We|Our|I|You|This|That|These|Those|There|Then|When|While|After|Before|As|But|And|However|Although|Since|During|With|According|Many|Most|Some|Several|Other|Also|Both|Under|Between|If|To|What|Who)\b/u;
const MONTH_AFTER_ORDINAL =
  /^(?:Januar|Jänner|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember|Jahrhundert)/u;

/**
 * Splits a text into sentences. The spans are in order and do not overlap, and what stands between
 * them is white space only. A blank line always ends a sentence, so a heading that is a block of its
 * own is a sentence of its own; so does a line break before a list mark or after a short line
 * without a stop. Closing quotes, brackets and `[3]`-like marks stay with the sentence they close.
 */
export function splitSentences(text: string): Span[] {
  const sentences: Span[] = [];
  for (const block of splitBlocks(text)) splitBlock(text, block, sentences);
  return sentences;
}

/** Stretches that no sentence crosses. */
function splitBlocks(text: string): Span[] {
  const blocks: Span[] = [];
  let start = 0;
  let lineStart = 0;
  const close = (end: number): void => {
    if (end > start) blocks.push({ start, end });
  };
  while (lineStart < text.length) {
    const newline = text.indexOf('\n', lineStart);
    if (newline < 0) break;
    const line = text.slice(lineStart, newline);
    const next = newline + 1;
    if (next >= text.length) break;
    if (line.trim() === '' || breaksAfter(line, text.slice(next, next + 80))) {
      close(newline);
      start = next;
    }
    lineStart = next;
  }
  close(text.length);
  return blocks;
}

/** Does the line break after `line` end a sentence whatever the line ends with? */
function breaksAfter(line: string, next: string): boolean {
  if (/^[^\S\n]*(?:\n|$)/u.test(next)) return true;
  if (HEADING_LINE.test(line) || LIST_MARK.test(next)) return true;
  const content = line.trim();
  // A short line without a stop before a line that starts anew: a heading, a cell, a line of verse.
  if (content.length >= 50 || /[,，、;；\-–—([（「《]$/u.test(content)) return false;
  return /^[ \t]*["'“‘(「『《]?[\p{Lu}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\d]/u.test(
    next,
  );
}

function splitBlock(text: string, block: Span, into: Span[]): void {
  const content = text.slice(block.start, block.end);
  let start = 0;
  const close = (end: number): void => {
    let from = start;
    while (from < end && isSpace(content, from)) from += 1;
    let to = end;
    while (to > from && isSpace(content, to - 1)) to -= 1;
    if (to > from) into.push({ start: block.start + from, end: block.start + to });
    start = end;
  };
  for (const match of content.matchAll(STOP)) {
    const end = match.index + match[0].length;
    if (end < content.length && endsSentence(content, start, match.index, end)) close(end);
  }
  close(content.length);
}

/** Is the stop run at `stop`, whose closers reach to `end`, the end of the sentence from `start`? */
function endsSentence(text: string, start: number, stop: number, end: number): boolean {
  let next = end;
  while (next < text.length && isSpace(text, next)) next += 1;
  const after = text.slice(next, next + 24);
  if (after === '' || CARRIES_ON.test(after)) return after === '';
  const mark = text.charAt(stop);
  if (!WEAK_STOP.test(mark)) return true;
  const spaced = next > end;
  const before = text.slice(Math.max(start, stop - 24), stop);
  if (!spaced) return mark !== '.' && UNSPACED.test(before);
  if (mark === '…' && UNSPACED.test(before)) return false;
  // A lower-case word goes on: "Really?" she asked; e.g. this; wait... what.
  if (/^["'“‘(«]*\p{Ll}/u.test(after)) return false;
  if (mark !== '.' || text.charAt(stop + 1) === '.') return true;
  return !isAbbreviation(text, start, stop, before, after);
}

function isAbbreviation(
  text: string,
  start: number,
  stop: number,
  before: string,
  after: string,
): boolean {
  const word = /(?<![\p{L}\p{M}\p{N}.'’&-])[\p{L}\p{M}\p{N}.'’&-]+$/u.exec(before)?.[0] ?? '';
  const lower = word.toLowerCase().replace(/^[.'’-]+/u, '');
  const sentence = stop - start;
  // `1.` or `a.` at the start marks a list item.
  if (sentence <= 4 && /^\s*\(?(?:\d{1,3}|[a-zA-Z])$/u.test(text.slice(start, stop))) return true;
  if (/^\d{1,2}$/u.test(lower) && MONTH_AFTER_ORDINAL.test(after)) return true;
  if (LEADING.has(lower)) {
    // `no.` and the like are abbreviations only before a number; "He said no. Then" is an end.
    return ['no', 'nos', 'art', 'ch', 'sec', 'p', 'pp', 'fig', 'est', 'd', 'v', 'c', 'fl'].includes(
      lower,
    )
      ? /^["'“(]*(?:\d|[A-Z]\b|[ivxlc]+\b)/u.test(after)
      : true;
  }
  // Initials: J. K. Rowling, but not "vitamin C. The".
  if (/^\p{Lu}$/u.test(word)) return !OPENER.test(after);
  if (TRAILING.has(lower) || /^(?:\p{L}\.)+\p{L}$/u.test(word)) return !OPENER.test(after);
  return false;
}

function isSpace(text: string, index: number): boolean {
  const code = text.charCodeAt(index);
  if (code <= 32) return code === 32 || (code >= 9 && code <= 13);
  return (
    code === 0xa0 ||
    code === 0x3000 ||
    code === 0xfeff ||
    code === 0x2028 ||
    code === 0x2029 ||
    (code >= 0x2000 && code <= 0x200a) ||
    code === 0x202f ||
    code === 0x205f ||
    code === 0x1680
  );
}
