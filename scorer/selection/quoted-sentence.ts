/** One sentence of a reference as a sentence of an answer, whole or behind words of ours. */
import type { EvidenceSentence, Reference } from '../../src/core/nouns.ts';
import type { LooseSentence } from '../citation/assemble.ts';
import { stripMarks } from '../citation/citation-marks.ts';
import { cleanSentence } from '../citation/draft-sentences.ts';
import { textFragmentUrl } from '../citation/text-fragment-url.ts';

/** The sentence as it stands there, footnote marks out; null where nothing is left or it asks. */
export function quotedSentence(
  { start, end }: Pick<EvidenceSentence, 'start' | 'end'>,
  reference: Reference,
): LooseSentence | null {
  const quote = reference.text.slice(start, end);
  const text = cleanSentence(stripMarks(quote).text);
  if (text === '' || /[?？]$/u.test(text)) return null;
  const { number, url } = reference;
  const citation = { reference: number, quote, start, end, support: 1 };
  return { text, citations: [{ ...citation, url: textFragmentUrl(url, quote) }] };
}

/** What a source is called in an answer: its site, or the page where the site has no name of its own. */
export function sourceName({ site, title }: Reference): string {
  const named = site !== '' && !/^(?:[\d.:[\]]+|localhost(?::\d+)?)$/iu.test(site);
  return named ? site : title;
}

/** `2025-03-31`; null where the source has no date. */
export function sourceDate({ publishedAt }: Reference): string | null {
  return /^\d{4}-\d{2}-\d{2}/u.exec(publishedAt ?? '')?.[0] ?? null;
}
