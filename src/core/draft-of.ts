import type { Draft } from './nouns.ts';

/** A text as a draft that cost no tokens: a quotation, or one that came from elsewhere. */
export function draftOf(text: string, kind: Draft['kind'] = 'generated'): Draft {
  return {
    kind,
    text,
    promptTokens: 0,
    completionTokens: 0,
    finishReason: 'stop',
    meanLogProbability: null,
  };
}
