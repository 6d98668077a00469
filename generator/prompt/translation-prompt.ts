/** Asking a chat model for a question in another language: a search query, and a second way to match. */
import type { Prompt } from '../../src/core/nouns.ts';

/** Languages that questions are translated into. */
export type TranslationTarget = 'en' | 'zh';

const WORDING: Readonly<
  Record<TranslationTarget, { readonly system: string; readonly turns: readonly string[] }>
> = {
  en: {
    system: 'You translate questions into English. You write nothing but the translation.',
    turns: [
      '诺曼底位于哪个国家？',
      'In what country is Normandy located?',
      '《红楼梦》的作者是谁，写于什么时候？',
      'Who is the author of Dream of the Red Chamber, and when was it written?',
    ],
  },
  zh: {
    system: '你把问题翻译成中文，只写译文。',
    turns: [
      'In what country is Normandy located?',
      '诺曼底位于哪个国家？',
      'Who wrote Pride and Prejudice, and when?',
      '《傲慢与偏见》的作者是谁，写于什么时候？',
    ],
  },
};

/** Longest question that is translated, in code units. */
const LONGEST = 300;

/** A prompt with two examples; a small model needs them to answer with the translation alone. */
export function translationPrompt(question: string, target: TranslationTarget): Prompt {
  const { system, turns } = WORDING[target];
  const asked = question.replace(/\s+/gu, ' ').trim().slice(0, LONGEST);
  return {
    kind: 'chat',
    messages: [
      { role: 'system', content: system },
      ...turns.map((content, at) => ({
        role: at % 2 === 0 ? ('user' as const) : ('assistant' as const),
        content,
      })),
      { role: 'user', content: asked },
    ],
  };
}

/** The model's translation, or null where it is none: empty, in another script, or a refusal's length. */
export function readTranslation(text: string, target: TranslationTarget): string | null {
  const line = (text.trim().split('\n')[0] ?? '').replace(/^["“「]|["”」]$/gu, '').trim();
  const han = line.match(/\p{Script=Han}/gu)?.length ?? 0;
  const latin = line.match(/\p{Script=Latin}/gu)?.length ?? 0;
  const fits = target === 'en' ? latin >= 6 && han <= latin : han >= 3 && han * 3 >= latin;
  return fits && line.length <= 2 * LONGEST ? line : null;
}
