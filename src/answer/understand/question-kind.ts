/** Which kind of thing a question asks for, by the words that tell (`kind-patterns.ts`). */
import type { QuestionKind } from '../../core/question-kind.ts';
import { foldHan } from '../../core/tokens.ts';
import { KIND_PATTERNS } from './kind-patterns.ts';

/** Longer texts are told by their end, where the question stands. */
const LONGEST = 300;

/** What a search box is given: no sentence mark, no asking word. */
const KEYWORDS = /^[^?？。!！]{1,80}$/u;

/**
 * @param question without polite forms (`plainQuestion`)
 * @returns the kind, and whether the text is words for a search box rather than a sentence
 */
export function questionKind(question: string): {
  readonly kind: QuestionKind;
  readonly keywordsOnly: boolean;
} {
  const folded = foldHan(question.slice(-LONGEST)).trim();
  // What leads up to the question tells the least: "We are going on a hike. What should we pack?"
  const asked = lastQuestion(folded);
  const kind = kindOf(asked) ?? kindOf(folded);
  const bare = KEYWORDS.test(folded) && folded.split(/\s+/u).length <= 10;
  if (kind === null) {
    const short = folded.length <= 80 && folded.split(/\s+/u).length <= 10;
    return { kind: short ? 'keywords' : 'summary', keywordsOnly: bare };
  }
  return { kind, keywordsOnly: bare && !isSentence(folded) };
}

function kindOf(text: string): QuestionKind | null {
  for (const [kind, patterns] of KIND_PATTERNS) {
    if (patterns.some((pattern) => pattern.test(text))) return kind;
  }
  return null;
}

/** The sentence that ends in a question mark, where statements lead up to it. */
function lastQuestion(text: string): string {
  const sentences = text.match(
    /[^.!?。！？]+(?:[.!?。！？]+(?=\s|$|[\p{Script=Han}])|$|[.!?。！？])/gu,
  );
  const asking = sentences?.filter((sentence) => /[?？]\s*$/u.test(sentence)) ?? [];
  const only = asking.length === 1 ? (asking[0] ?? text).trim() : text;
  return only.split(/\s+/u).length >= 3 || /[\p{Script=Han}]{4}/u.test(only) ? only : text;
}

const ASKING =
  /^(?:who|whom|whose|when|where|which|what|why|how|is|are|was|were|do|does|did|can|could|should|will|would|wer|wann|wo|was|wie|warum|qui|quand|où|comment|pourquoi|quién|cuándo|dónde|qué|cómo|chi|quando|dove|cosa|come|perché)\b|谁|什么|哪|何|几|多少|怎|如何|吗|誰|いつ|どこ|なぜ|どう/iu;
const isSentence = (text: string): boolean => ASKING.test(text);
