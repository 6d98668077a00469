/**
 * Finds a sentence word for word in a reference, over differences that do not matter: white space,
 * footnote marks, quotation mark styles, Traditional or Simplified characters.
 */
import { foldHan } from '../../src/core/tokens.ts';
import { stripMarks } from './citation-marks.ts';

export interface Plain {
  readonly text: string;
  /** Offset in the source of each unit of `text`. */
  readonly offsets: readonly number[];
}

/** The text as it is compared; one source unit gives at most one unit. */
export function plain(source: string): Plain {
  const stripped = stripMarks(source);
  const offsets: number[] = [];
  // Pieces are joined once: asking a text that grows for its end copies it each time.
  const pieces: string[] = [];
  const folded = foldHan(stripped.text);
  for (let index = 0; index < folded.length; index += 1) {
    const character = (folded[index] ?? '')
      .replace(/[“”„«»「」『』]/u, '"')
      .replace(/[‘’]/u, "'")
      .replace(/[–—]/u, '-')
      .replace(/，/u, ',');
    if (/\s/u.test(character)) {
      if (pieces.length === 0 || pieces.at(-1) === ' ') continue;
      pieces.push(' ');
    } else
      pieces.push(
        character.length === 1 ? character.toLowerCase().slice(0, 1) || character : character,
      );
    offsets.push(stripped.offsets[index] ?? 0);
  }
  offsets.push(source.length);
  return { text: pieces.join(''), offsets };
}

const EDGE = /^[\s.!?…。！？"'，,;；]+|(?<![\s.!?…。！？"'，,;；])[\s.!?…。！？"'，,;；]+$/gu;

/**
 * The span of `reference` that says `sentence` word for word, or null. Closing punctuation of the
 * sentence need not be there; the span grows over the punctuation that is.
 */
export function findVerbatim(
  sentence: string,
  reference: { readonly text: string; readonly plain: Plain },
): { readonly start: number; readonly end: number } | null {
  const needle = plain(sentence).text.replace(EDGE, '');
  if (needle.length < 2) return null;
  const hay = reference.plain.text;
  const word = /[\p{L}\p{N}]/u;
  const spaced = (character: string): boolean =>
    word.test(character) &&
    !/\p{Script=Han}|[\p{Script=Hiragana}\p{Script=Katakana}]/u.test(character);
  for (let at = hay.indexOf(needle); at >= 0; at = hay.indexOf(needle, at + 1)) {
    const end = at + needle.length;
    // Never the middle of a word or number.
    if (spaced(hay[at - 1] ?? '') && spaced(needle.charAt(0))) continue;
    if (spaced(hay[end] ?? '') && spaced(needle.charAt(needle.length - 1))) continue;
    const start = reference.plain.offsets[at] ?? 0;
    let stop = (reference.plain.offsets[end - 1] ?? reference.text.length - 1) + 1;
    while (/[.!?…。！？"”’」』)）]/u.test(reference.text.charAt(stop))) stop += 1;
    return { start, end: Math.min(stop, reference.text.length) };
  }
  return null;
}
