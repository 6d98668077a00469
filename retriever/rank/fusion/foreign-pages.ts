import type { Document } from '../../../src/core/nouns.ts';
import { mainScript } from '../dense/dense-ranks.ts';

/** Of a page, what is looked at to tell its script, in code units. */
const LOOKED_AT = 2_000;
/** Nearly all pages must be in another script: with some in the question's own, words find those. */
const MOST_OWN = 0.1;

/**
 * The language that a question should be translated into before its words are looked for in these pages:
 * theirs, when nearly all are written in another script; null where the question can stand as it is.
 */
export function translationTarget(
  question: string,
  documents: readonly Pick<Document, 'text' | 'language'>[],
): 'en' | 'zh' | null {
  const own = mainScript(question);
  if (own === null || documents.length === 0) return null;
  const scripts = documents.map(({ text }) => mainScript(text.slice(0, LOOKED_AT)));
  if (scripts.filter((script) => script === own).length >= MOST_OWN * documents.length) return null;
  const share = (language: 'en' | 'zh'): number =>
    documents.filter((document) => document.language.startsWith(language)).length /
    documents.length;
  if (share('en') > 0.5) return 'en';
  return share('zh') > 0.5 ? 'zh' : null;
}
