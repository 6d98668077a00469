/**
 * Words as ranking, search and citation compare them: one tokenisation for all rooms, so that what
 * one finds the other can check. Latin and other spaced scripts give lower-cased, accent-free,
 * optionally stemmed words; scripts without spaces (Han, kana, Hangul, Thai, …) give characters, from
 * which `bigrams` makes the usual overlapping pairs. Traditional characters are folded to Simplified,
 * one to one, so offsets always stay those of the source.
 */
import { Converter } from 'opencc-js/t2cn';
import { stemmer } from 'stemmer';

export interface Token {
  /** Folded form to compare by. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** True for one character of a script without spaces. */
  readonly unspaced: boolean;
}

const UNSPACED = String.raw`\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}`;
const TOKEN = new RegExp(
  `[${UNSPACED}]|(?:(?![${UNSPACED}])[\\p{L}\\p{M}])+(?:['’](?:(?![${UNSPACED}])\\p{L})+)*|\\d+(?:[.,:]\\d+)*`,
  'gu',
);
const UNSPACED_START = new RegExp(`^[${UNSPACED}]`, 'u');
const convert = Converter({ from: 't', to: 'cn' });
const simplified = new Map<string, string>();

/** One Han character in its Simplified form, of the same length in code units. */
function simplify(character: string): string {
  const known = simplified.get(character);
  if (known !== undefined) return known;
  const converted = convert(character) ?? character;
  const folded = converted.length === character.length ? converted : character;
  simplified.set(character, folded);
  return folded;
}

/** Folds Traditional to Simplified Han, character by character; the length never changes. */
export function foldHan(text: string): string {
  return text.replace(/\p{Script=Han}/gu, simplify);
}

/** Lower case, no accents, full-width forms to ASCII. May change the length. */
export function foldWord(word: string): string {
  return word
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
    .replace(/['’]s?$/u, '');
}

/** A page says the same words again and again; folding and stemming each once halves the time. */
const MOST_REMEMBERED = 40_000;
const foldedWords = new Map<string, string>();
const stemmedWords = new Map<string, string>();

function comparable(word: string, stem: boolean): string {
  const memo = stem ? stemmedWords : foldedWords;
  const known = memo.get(word);
  if (known !== undefined) return known;
  const folded = foldWord(word);
  const made = stem && /^[a-z]{3,}$/u.test(folded) ? stemmer(folded) : folded;
  // Hostile pages have long and endless new words: they are not kept, and the memory is bounded.
  if (word.length <= 32) {
    if (memo.size >= MOST_REMEMBERED) memo.clear();
    memo.set(word, made);
  }
  return made;
}

/**
 * Tokens of a text in order, with their offsets in it.
 * @param options.stem Porter-stems words of ASCII letters; harmless for other languages' words
 */
export function tokenize(text: string, options: { readonly stem?: boolean } = {}): Token[] {
  const tokens: Token[] = [];
  for (const match of text.matchAll(TOKEN)) {
    const source = match[0];
    // Below U+0E00 every script has spaces; asking the number is faster than the pattern.
    const unspaced = source.charCodeAt(0) >= 0x0e00 && UNSPACED_START.test(source);
    const folded = unspaced ? simplify(source) : comparable(source, options.stem === true);
    if (folded === '') continue;
    tokens.push({ text: folded, start: match.index, end: match.index + source.length, unspaced });
  }
  return tokens;
}

/**
 * Search terms: words as they are, runs of unspaced characters as overlapping pairs (a single one
 * stands for itself).
 */
export function terms(text: string, options: { readonly stem?: boolean } = {}): string[] {
  const tokens = tokenize(text, options);
  const result: string[] = [];
  tokens.forEach((token, index) => {
    if (!token.unspaced) {
      result.push(token.text);
      return;
    }
    const next = tokens[index + 1];
    const previous = tokens[index - 1];
    const joined = next?.unspaced === true && next.start === token.end;
    if (joined) result.push(token.text + next.text);
    else if (!(previous?.unspaced === true && previous.end === token.start))
      result.push(token.text);
  });
  return result;
}

/** Number of words, counting two unspaced characters as one word; for length limits across scripts. */
export function countWords(text: string): number {
  let words = 0;
  for (const [token] of text.matchAll(TOKEN)) {
    words += token.charCodeAt(0) >= 0x0e00 && UNSPACED_START.test(token) ? 0.5 : 1;
  }
  return Math.ceil(words);
}
