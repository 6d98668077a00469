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

/**
 * Tokens of a text in order, with their offsets in it.
 * @param options.stem Porter-stems words of ASCII letters; harmless for other languages' words
 */
export function tokenize(text: string, options: { readonly stem?: boolean } = {}): Token[] {
  const tokens: Token[] = [];
  for (const match of text.matchAll(TOKEN)) {
    const source = match[0];
    const unspaced = UNSPACED_START.test(source);
    let folded = unspaced ? simplify(source) : foldWord(source);
    if (folded === '') continue;
    if (options.stem === true && /^[a-z]{3,}$/u.test(folded)) folded = stemmer(folded);
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
  for (const token of tokenize(text)) words += token.unspaced ? 0.5 : 1;
  return Math.ceil(words);
}
