import { tokenize, type Token } from '../../src/core/tokens.ts';

/** Characters of a text looked at, so that one huge file cannot hold up a search. */
const MAX_CHARACTERS = 400_000;
const SPACED_LENGTH = 320;
const UNSPACED_LENGTH = 160;

/**
 * The window of a text that holds the most of the sought terms: different ones first, then more
 * occurrences, then the earliest. About 320 characters (160 in scripts without spaces), cut at the
 * borders of words, white space as single blanks, `…` where something was left out.
 * @param sought search terms as `terms(text, { stem: true })` makes them
 */
export function snippetWindow(text: string, sought: ReadonlySet<string>): string {
  const source = text.slice(0, MAX_CHARACTERS);
  const tokens = tokensOf(source);
  const matches: { start: number; end: number; term: string }[] = [];
  tokens.forEach((token, index) => {
    if (!token.unspaced) {
      if (sought.has(token.text)) matches.push({ ...token, term: token.text });
      return;
    }
    const next = tokens[index + 1];
    const pair = next?.start === token.end ? token.text + next.text : token.text;
    if (sought.has(pair)) {
      matches.push({ start: token.start, end: next?.end ?? token.end, term: pair });
    }
  });
  const unspaced = tokens.slice(0, 50).filter((token) => token.unspaced).length > 25;
  const length = unspaced ? UNSPACED_LENGTH : SPACED_LENGTH;
  const center = bestWindow(matches, length);
  const start = Math.max(0, Math.min(center - length / 2, source.length - length));
  return cut(source, start, start + length);
}

/** Words tokenised before: those of a language recur, and folding and stemming them is the cost. */
const known = new Map<string, readonly Token[]>();
const MAX_KNOWN = 50_000;

/** As `tokenize(text, { stem: true })`, from white space to white space. */
function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  for (const { 0: chunk, index } of text.matchAll(/\S+/gu)) {
    let found = known.get(chunk);
    if (found === undefined) {
      found = tokenize(chunk, { stem: true });
      if (chunk.length <= 24) {
        if (known.size >= MAX_KNOWN) known.clear();
        known.set(chunk, found);
      }
    }
    for (const token of found) {
      tokens.push({ ...token, start: token.start + index, end: token.end + index });
    }
  }
  return tokens;
}

/** Middle of the best window; the start of the text when nothing matches. */
function bestWindow(
  matches: readonly { readonly start: number; readonly end: number; readonly term: string }[],
  length: number,
): number {
  const counts = new Map<string, number>();
  let best = 0;
  let center = 0;
  let first = 0;
  for (const [last, match] of matches.entries()) {
    counts.set(match.term, (counts.get(match.term) ?? 0) + 1);
    for (let left = matches[first]; left !== undefined && match.end - left.start > length;) {
      const rest = (counts.get(left.term) ?? 1) - 1;
      if (rest === 0) counts.delete(left.term);
      else counts.set(left.term, rest);
      first++;
      left = matches[first];
    }
    const score = counts.size * 1_000 + Math.min(999, last - first + 1);
    const left = matches[first];
    if (score > best && left !== undefined) {
      best = score;
      center = (left.start + match.end) / 2;
    }
  }
  return center;
}

function cut(text: string, from: number, to: number): string {
  let start = Math.max(0, Math.floor(from));
  let end = Math.min(text.length, Math.ceil(to));
  const letter = /[\p{L}\p{N}\p{M}]/u;
  const han = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u;
  const splitsWord = (place: number): boolean => {
    const before = text[place - 1] ?? ' ';
    const after = text[place] ?? ' ';
    if (/[\udc00-\udfff]/u.test(after)) return true;
    return letter.test(before) && letter.test(after) && !han.test(after);
  };
  for (let steps = 0; start > 0 && steps < 30 && splitsWord(start); steps++) start--;
  for (let steps = 0; end < text.length && steps < 30 && splitsWord(end); steps++) end++;
  const middle = text.slice(start, end).replace(/\s+/gu, ' ').trim();
  return `${start > 0 ? '…' : ''}${middle}${end < text.length ? '…' : ''}`;
}
