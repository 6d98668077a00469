/** "When was the person who designed UTF-8 born?": one question inside another. */
import { namesIn } from '../understand/english-topics.ts';

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

/** A longer question holds no second one in a clause. */
const MOST_CHARACTERS = 400;

/** A question around a description of something that has to be found first; null for any other. */
export function twoHopsIn(question: string): TwoHops | null {
  if (question.length > MOST_CHARACTERS) return null;
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
 * @param title of the page that it came from: "the Curies" on the page "Marie Curie" is she
 */
export function namedBy(sentence: string, inner: string, title = ''): string | null {
  const known = inner.toLowerCase();
  const person = /^who\b/iu.test(inner);
  // A person is no quoted title, and the maker stands after "by".
  const plain = person ? sentence.replace(/["“«][^"”»]{2,80}["”»]/gu, ' ') : sentence;
  const maker = person
    ? / by (?:the \p{Ll}[\p{L} ]{2,30} )?(\p{Lu}[^]*)$/u.exec(plain)?.[1]
    : undefined;
  const isNew = (name: string): boolean =>
    name.length > 2 && !known.includes(name.toLowerCase().replace(/^the /u, ''));
  const names = [...(maker === undefined ? [] : namesIn(maker)), ...namesIn(plain)].filter(isNew);
  const [first] = names;
  // A full name says more than a part of it.
  const best = names.find((name) => first !== undefined && name.endsWith(` ${first}`)) ?? first;
  if (best === undefined) return null;
  const stem = best.replace(/s$/u, '');
  const whole = person && title.split(/\s+/u).length <= 4 && title.includes(` ${stem}`);
  return whole ? title : best;
}
