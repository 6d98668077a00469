/**
 * Does the first sentence answer the question that was asked? It brings what the question lacks (a
 * date for "when", a number for "how many"), on the question's subject, in few words.
 */
import type { CitedAnswer, Reference } from '../../src/core/nouns.ts';
import { countWords } from '../../src/core/tokens.ts';
import { coverage } from '../support/align.ts';
import { namesOf } from '../support/features.ts';
import { readQuantities } from '../support/quantities.ts';
import { profileOf, type TextProfile } from '../support/text-profile.ts';
import { wantedKind } from './wanted-kind.ts';

/** Words that the text adds to the question: where an answer has to stand. */
export function addedWords(text: TextProfile, question: TextProfile): Set<string> {
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
  const asked = profileOf(question);
  const sentence = profileOf(first.text);
  const titles = references
    .filter(({ number }) => first.citations.some(({ reference }) => reference === number))
    .map(({ title }) => title)
    .join(' ');
  const own = coverage(asked, sentence);
  const named = coverage(asked, profileOf(titles));
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
