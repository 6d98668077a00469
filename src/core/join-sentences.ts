/** What goes between two sentences: nothing where both are of scripts without spaces, else a space. */

const UNSPACED_END =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\u3000-\u303f\uff00-\uff60]["”’」』)）]?$/u;
const UNSPACED_START =
  /^["“‘「『(（]?[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\u3000-\u303f\uff00-\uff60]/u;

export function gapBetween(before: string, after: string): '' | ' ' {
  return UNSPACED_END.test(before) && UNSPACED_START.test(after) ? '' : ' ';
}
