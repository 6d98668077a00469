/** The one understanding of what is asked: kind, parts, and the words that are searched for. */
import type { AskedQuestion } from '../../core/question-kind.ts';
import { plainQuestion } from './plain-question.ts';
import { questionKind } from './question-kind.ts';

/** Pure; rules for English and Chinese first, and the asking words of de, fr, es, it and ja. */
export function askedQuestion(question: string): AskedQuestion {
  const text = plainQuestion(question);
  return { text, ...questionKind(text), parts: [] };
}
