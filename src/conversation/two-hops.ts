/** "When was the person who designed UTF-8 born?": one question inside another. */
import { namesIn } from './english-topics.ts';

export interface TwoHops {
  /** Asked first. */
  readonly inner: string;
  /** Asked second, with `{it}` where the first one's answer goes. */
  readonly outer: string;
}

const PEOPLE =
  /^(?:person|man|woman|scientist|author|writer|artist|painter|inventor|engineer|president|king|queen|emperor|pope|actor|actress|director|singer|composer|player|astronaut|explorer|founder|designer|philosopher|mathematician|physicist|chemist|doctor|leader|team member|programmer)$/iu;
const NESTED =
  /^(.+?)\bthe ([\p{L}-]+(?: [\p{L}-]+)?) (?:that|who|which) ((?:\p{L}+(?:ed|s|t|d|e|w|n|k)|is|was|has|had|won|wrote|built|made|led|took|sang|cut)\b.+?)(\s(?:born|died?|live|lived|founded|built|made|located|called|named|come from|study|studied|opened|written))?\?*$/iu;

/** A question around a description of something that has to be found first; null for any other. */
export function twoHopsIn(question: string): TwoHops | null {
  const match = NESTED.exec(question.trim());
  if (match === null) return null;
  const [, before = '', noun = '', clause = '', after = ''] = match;
  if (!/^(?:who|what|when|where|which|how|in|is|was|did|does|of)\b/iu.test(before)) return null;
  // "Who is the man who …?" asks for the description itself.
  if (/^(?:who|what|which)(?:['’]s| is| was| are| were)?\s*$/iu.test(before.trim())) return null;
  const person = PEOPLE.test(noun);
  return {
    inner: `${person ? 'Who' : `Which ${noun}`} ${clause}?`,
    outer: `${before}{it}${after}?`,
  };
}

/**
 * The thing that an answer names and its question did not; null where none stands out.
 * @param sentence the first sentence of the answer to `inner`
 */
export function namedBy(sentence: string, inner: string): string | null {
  const known = inner.toLowerCase();
  return (
    namesIn(sentence).find((name) => name.length > 2 && !known.includes(name.toLowerCase())) ?? null
  );
}
