/* oxlint-disable no-control-regex, no-misleading-character-class -- control characters are what is removed */
/**
 * Whitespace and invisible characters of extracted text, so that words compare, quotes are verbatim
 * and offsets stay put downstream: the result is what `Document.text` holds.
 */

/** Zero-width and control characters that carry no text (soft hyphens, joiners between Latin letters, BOMs, bidi marks). */
const JUNK =
  /[\u0000-\u0008\u000E-\u001F\u007F-\u0084\u0086-\u009F\u00AD\u200B\u200E\u200F\u202A-\u202E\u2060-\u2064\u2066-\u206F\uFEFF\uFFF9-\uFFFB\uFFFE\uFFFF]/gu;
/** Joiners are letters' own business in Arabic, Persian and Indic scripts and in emoji; elsewhere junk. */
const STRAY_JOINER =
  /(?<=[\p{Script=Latin}\p{Script=Han}\p{P}\s\d]|^)[\u200C\u200D]|[\u200C\u200D](?=[\p{Script=Latin}\p{Script=Han}\p{P}\s\d]|$)/gu;
const LONE_SURROGATE = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g;
const SPACES = /[\t\n\v\f\r \u0085\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000]+/gu;

const WIDE = String.raw`[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\u3000-\u3003\u3005-\u303F\u30FB\u30FC\uFF01-\uFF60\uFFE0-\uFFE6]`;
/** A line end of the source between characters that need no space: browsers show none (CSS Text 3, 4.1.2). */
const WIDE_LINE_END = new RegExp(String.raw`(?<=${WIDE})[\t ]*[\n\r][\t\n\r ]*(?=${WIDE})`, 'gu');

/** Removes invisible junk; half surrogates become U+FFFD. Newlines stay. */
function stripInvisible(text: string): string {
  const clean = text.replace(JUNK, '');
  const joined = /[\u200C\u200D]/u.test(clean) ? clean.replace(STRAY_JOINER, '') : clean;
  return joined.replace(LONE_SURROGATE, '\uFFFD');
}

/**
 * One line: every run of white space (no-break and ideographic too) becomes one space, none where a line of
 * Chinese or Japanese goes on; trimmed.
 */
export function normaliseLine(text: string): string {
  const clean = stripInvisible(text);
  const joined = /[\n\r]/u.test(clean) ? clean.replace(WIDE_LINE_END, '') : clean;
  return joined.replace(SPACES, ' ').trim();
}

/** Verbatim text (`pre`): line breaks and indentation stay, line ends are trimmed, blank lines collapse to none. */
export function normaliseVerbatim(text: string): string {
  return stripInvisible(text)
    .replace(/\r\n?|\u2028|\u2029|\u0085|\v|\f/gu, '\n')
    .replace(/[\u00A0\u2000-\u200A\u202F\u205F]/gu, ' ')
    .replace(/(?<![\t \u3000])[\t \u3000]+$/gmu, '')
    .replace(/\n{2,}/gu, '\n')
    .replace(/^\n+|(?<!\n)\n+$/gu, '');
}
