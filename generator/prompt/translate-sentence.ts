/** Sentences of an answer in the asker's language, where the sources are in another one. */
import { deadline } from '../../src/core/deadline.ts';
import type { Prompt } from '../../src/core/nouns.ts';
import type { CallOptions, Generator } from '../../src/core/seams.ts';

/** Names of the languages that are translated into, in English. */
const LANGUAGES: Readonly<Record<string, string>> = {
  en: 'English',
  zh: 'Chinese',
  de: 'German',
  fr: 'French',
  es: 'Spanish',
  it: 'Italian',
  pt: 'Portuguese',
  ja: 'Japanese',
  ko: 'Korean',
  ru: 'Russian',
};
const SCRIPTS: Readonly<Record<string, RegExp>> = {
  zh: /\p{Script=Han}/gu,
  ja: /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/gu,
  ko: /\p{Script=Hangul}/gu,
  ru: /\p{Script=Cyrillic}/gu,
};
const PATIENCE_MS = 15_000;
const MOST_TOKENS = 160;

function prompt(text: string, language: string): Prompt {
  const content = `Translate this sentence into ${language}. Keep every number and every name of a person or place exactly as it is written. Write only the translation.\n\n${text}`;
  return { kind: 'chat', messages: [{ role: 'user', content }] };
}

const numbersOf = (text: string): string =>
  (text.replace(/(?<=\d)[,. ](?=\d{3}\b)/gu, '').match(/\d+/gu) ?? []).toSorted().join(' ');

/** Names in the middle of a sentence; the first word may be no name. */
const namesOf = (text: string): string[] =>
  [...text.matchAll(/(?<=[\p{Ll}\d,)] )\p{Lu}\p{Ll}{2,}/gu)].map(([name]) => name);

/** Does a translation keep what may not change: numbers, names (where the script is the same), the script? */
export function keepsFacts(source: string, translation: string, language: string): boolean {
  if (translation.trim() === '' || translation.length > 3 * source.length + 20) return false;
  if (numbersOf(source) !== numbersOf(translation)) return false;
  const script = SCRIPTS[language];
  if (script !== undefined) {
    const own = translation.match(script)?.length ?? 0;
    return own >= 0.3 * translation.replace(/[^\p{L}]/gu, '').length;
  }
  if (language === 'en' || /\p{Script=Han}/u.test(source)) return true;
  // Months and weekdays are capitalised and translated: one name in three may differ.
  const names = namesOf(source);
  const kept = names.filter((name) => translation.includes(name));
  return kept.length >= (names.length * 2) / 3 && translation.trim() !== source.trim();
}

/**
 * The sentence in another language, or null where there is no wording for it, no generator, no time, or
 * the translation lost a fact.
 * @throws FootnoteError `cancelled`
 */
export async function translateSentence(
  text: string,
  language: string,
  generator: Generator,
  { signal }: CallOptions,
): Promise<string | null> {
  const name = LANGUAGES[language];
  if (name === undefined) return null;
  const limit = deadline(PATIENCE_MS, signal, 'generate');
  try {
    const [draft] = await generator.generate(prompt(text, name), {
      signal: limit.signal,
      drafts: 1,
      maxTokens: MOST_TOKENS,
      temperature: 0,
      topP: 1,
      topK: 1,
      seed: 1,
      stop: ['\n'],
    });
    const translation = draft?.text.trim().replace(/^["“「]|["”」]$/gu, '') ?? '';
    return keepsFacts(text, translation, language) ? translation : null;
  } catch (error) {
    if (signal.aborted) throw error;
    return null;
  } finally {
    limit.clear();
  }
}
