/** The language a question is asked in, as the BCP 47 primary subtag the answer should have. */

const SCRIPTS: readonly (readonly [RegExp, string])[] = [
  [/[\p{Script=Hiragana}\p{Script=Katakana}]/gu, 'ja'],
  [/\p{Script=Hangul}/gu, 'ko'],
  [/\p{Script=Han}/gu, 'zh'],
  [/\p{Script=Thai}/gu, 'th'],
  [/\p{Script=Hebrew}/gu, 'he'],
  [/\p{Script=Greek}/gu, 'el'],
];
const ENGLISH_START =
  /^(?:who|what|when|where|which|why|how|whose|whom|is|are|was|were|did|does|do|can|could|name|in what|in which|at what|on what)\b/iu;

/**
 * Scripts that belong to one language decide by themselves; other text goes to the `eld` detector
 * (Nito T.M., n-gram based), loaded when first needed. Unreliable verdicts count as English.
 */
export async function questionLanguage(text: string): Promise<string> {
  const letters = text.match(/\p{L}/gu)?.length ?? 0;
  if (letters === 0) return 'en';
  for (const [script, language] of SCRIPTS) {
    const share = (text.match(script)?.length ?? 0) / letters;
    // Names in Latin letters are common inside Chinese and Japanese questions.
    if (share > (language === 'ja' ? 0.1 : 0.2)) return language;
  }
  if (ENGLISH_START.test(text)) return 'en';
  const { eld } = await import('eld/extrasmall');
  const verdict = eld.detect(text);
  return verdict.language !== '' && verdict.isReliable() ? verdict.language : 'en';
}
