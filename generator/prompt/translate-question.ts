/** Questions in another language, by the local generator: what searching and ranking ask for. */
import { LRUCache } from 'lru-cache';
import {
  readTranslation,
  translationPrompt,
  type TranslationTarget,
} from './translation-prompt.ts';
import { deadline, orAbort } from '../../src/core/deadline.ts';
import type { CallOptions, Generator } from '../../src/core/seams.ts';

/** A question's translation; null where there is none in time. Throws only `cancelled`. */
export type TranslateQuestion = (
  question: string,
  target: TranslationTarget,
  options: CallOptions,
) => Promise<string | null>;

/** Some forty tokens take a second; a generator that is still being opened is not waited for longer. */
const PATIENCE_MS = 8_000;
const MOST_TOKENS = 48;
const REMEMBERED = 256;

/**
 * @param open the generator, or null where there is none
 * @param patienceMs for one translation, the generator's opening included
 */
export function questionTranslator(
  open: (options: CallOptions) => Promise<Generator | null>,
  patienceMs: number = PATIENCE_MS,
): TranslateQuestion {
  const known = new LRUCache<string, string>({ max: REMEMBERED });
  return async (question, target, { signal }) => {
    const key = `${target} ${question}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const limit = deadline(patienceMs, signal, 'generate');
    try {
      const generator = await orAbort(open({ signal: limit.signal }), limit.signal);
      const [draft] =
        (await generator?.generate(translationPrompt(question, target), {
          signal: limit.signal,
          drafts: 1,
          maxTokens: MOST_TOKENS,
          temperature: 0,
          topP: 1,
          topK: 1,
          seed: 1,
          stop: ['\n'],
        })) ?? [];
      const translation = draft === undefined ? null : readTranslation(draft.text, target);
      if (translation !== null) known.set(key, translation);
      return translation;
    } catch (error) {
      // A help, not a need: without it the question stands as it is.
      if (signal.aborted) throw error;
      return null;
    } finally {
      limit.clear();
    }
  };
}
