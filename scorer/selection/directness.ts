/**
 * Does the first sentence answer the question that was asked? It brings what the question lacks (a
 * date for "when", a number for "how many"), on the question's subject, in few words.
 */
import type { CitedAnswer, Reference } from '../../src/core/nouns.ts';
import { countWords } from '../../src/core/tokens.ts';
import { coverage } from '../support/align.ts';
import { namesOf } from '../support/features.ts';
import { readQuantities } from '../support/quantities.ts';
import { read, type Reading } from '../support/reading.ts';

type Wanted = 'date' | 'number' | 'name' | 'any';

/** What kind of thing the question asks for. */
function wantedKind(question: string): Wanted {
  if (
    /\b(?:when|(?:what|which) (?:year|date|day|month|decade|century))\b|何时|何時|什么时候|什麼時候|哪一?[年天日]|几年|幾年|什么年代/iu.test(
      question,
    )
  )
    return 'date';
  if (
    /\bhow (?:many|much|long|old|far|tall|high|big|fast|large|deep|often)\b|\bwhat (?:percent\w*|number|amount)\b|多少|几[个個名次人岁歲位条條]|幾[個名次人歲位條]|多[长長大高远遠久]|第几|第幾/iu.test(
      question,
    )
  )
    return 'number';
  if (
    /\bwho(?:se|m)?\b|\bwhere\b|谁|誰|何人|哪位|哪里|哪裡|何处|何處|哪[个個](?:国家|國家|城市|地方)/iu.test(
      question,
    )
  )
    return 'name';
  return 'any';
}

/** Words that the text adds to the question: where an answer has to stand. */
export function addedWords(text: Reading, question: Reading): Set<string> {
  return new Set(
    text.tokens
      .filter((token) => token.weight > 0.2 && !question.words.has(token.text))
      .map((token) => token.pair ?? token.text),
  );
}

/** 0..1 for the first sentence of an answer. */
export function directness(
  cited: CitedAnswer,
  question: string,
  references: readonly Reference[],
): number {
  const [first] = cited.sentences;
  if (first === undefined) return 0;
  const asked = read(question);
  const sentence = read(first.text);
  const titles = references
    .filter(({ number }) => first.citations.some(({ reference }) => reference === number))
    .map(({ title }) => title)
    .join(' ');
  const own = coverage(asked, sentence);
  const named = coverage(asked, read(titles));
  let total = 0;
  let sum = 0;
  asked.tokens.forEach((token, index) => {
    total += token.weight;
    sum += token.weight * Math.max(own.covered[index] ?? 0, 0.8 * (named.covered[index] ?? 0));
  });
  const subject = total === 0 ? 0 : sum / total;
  const added = addedWords(sentence, asked);
  const wanted = wantedKind(question);
  const fresh = readQuantities(first.text).filter(
    ({ key }) => !asked.quantities.some((known) => known.key === key),
  );
  const holds =
    added.size === 0
      ? 0
      : wanted === 'date'
        ? fresh.some(({ key }) => /^(?:month|decade|century):|^n:\d{3,4}$/u.test(key))
          ? 1
          : 0.1
        : wanted === 'number'
          ? fresh.length > 0
            ? 1
            : 0.1
          : wanted === 'name'
            ? sentence.tokens.some(({ unspaced }) => unspaced) ||
              namesOf(sentence).some((name) => !asked.words.has(name))
              ? 1
              : 0.3
            : 1;
  const words = countWords(first.text);
  const short = words <= 30 ? 1 : Math.max(0.4, 30 / words);
  return (0.5 * subject + 0.5 * holds) * short;
}
