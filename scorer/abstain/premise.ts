/**
 * A question that takes for given what the sources contradict: nearly all of its words stand in the best
 * evidence sentence, only a year, a number, a name or an ordinal is another. The asker is told what the
 * sources say in its place, word for word.
 */
import type { Reference } from '../../src/core/nouns.ts';
import type { LooseSentence } from '../citation/assemble.ts';
import { namesOf } from '../support/features.ts';
import { checkQuantities, YEAR_KEY, type Quantity } from '../support/quantities.ts';
import { knowsName, profileOf, type TextProfile } from '../support/text-profile.ts';
import { bestEvidence, missingOf, ordinalsOf, statedQuantities } from './answerable-features.ts';
import { quotedSentence } from '../selection/quoted-sentence.ts';

/** Least share of the question's other words that the sentence and its title cover. */
const OTHERWISE_COVERED = 0.75;
/** Least weight of those other words: two content words say nothing about what is asked. */
const LEAST_OTHERS = 2.4;

export interface Premise {
  /** What the sources say, opened by what they do not say. */
  readonly sentence: LooseSentence;
  /** True for an exchanged year or number: nothing else could have been meant. */
  readonly exact: boolean;
}

/** What the sources say against the question's premise; null where they say nothing against it. */
export function contradictedPremise(
  questionText: string,
  references: readonly Reference[],
  language: string,
): Premise | null {
  const best = bestEvidence(references);
  if (best === null) return null;
  const question = profileOf(questionText);
  const sentence = profileOf(best.sentence.text);
  const title = profileOf(best.reference.title);
  const everywhere = references.map(({ title: name, text }) => profileOf(`${name}\n${text}`));
  const found =
    exchangedQuantity(question, sentence, [
      profileOf(`${best.reference.title}\n${best.reference.text}`),
    ]) ??
    exchangedOrdinal(questionText, best.sentence.text, best.reference) ??
    exchangedName(question, sentence, everywhere);
  if (found === null) return null;
  const { wrong, right } = found;
  const rest = profileOf(questionText.replace(wrong, ' '));
  if (rest.weight < LEAST_OTHERS || missingOf(rest, [sentence, title]).share < OTHERWISE_COVERED)
    return null;
  const quote = quotedSentence(best.sentence, best.reference);
  if (quote === null) return null;
  const text = opening(wrong, right, language) + quote.text;
  return { sentence: { text, citations: quote.citations }, exact: found.exact };
}

interface Exchanged {
  readonly wrong: string;
  /** null: the sentence has no single thing in its place. */
  readonly right: string | null;
  readonly exact: boolean;
}

const sameKind = (a: Quantity, b: Quantity): boolean => {
  const part = ({ key }: Quantity): string =>
    YEAR_KEY.test(key) ? 'year' : key.replace(/:.*/u, '');
  return part(a) === part(b) && (a.unit === b.unit || a.unit === null || b.unit === null);
};

/** A year or number that no reference has, and the only one of its kind in the sentence. */
function exchangedQuantity(
  question: TextProfile,
  sentence: TextProfile,
  everywhere: readonly TextProfile[],
): Exchanged | null {
  const there = everywhere.flatMap(({ quantities }) => quantities);
  const { missing } = checkQuantities(statedQuantities(question), there);
  const [wrong] = missing;
  if (wrong === undefined || missing.length > 1) return null;
  const others = sentence.quantities.filter(
    (one) =>
      one.strict && sameKind(one, wrong) && !question.quantities.some(({ key }) => key === one.key),
  );
  const [right] = others;
  if (right === undefined) return null;
  const text = ({ text: whole }: TextProfile, { start, end }: Quantity): string =>
    whole.slice(start, end).trim();
  const single = new Set(others.map(({ key }) => key)).size === 1;
  return {
    wrong: text(question, wrong),
    right: single ? text(sentence, right) : null,
    exact: single,
  };
}

/** `World War I` for `World War II`: the same word before another numeral. */
function exchangedOrdinal(
  question: string,
  sentence: string,
  { title }: Reference,
): Exchanged | null {
  const said = `${title} ${sentence}`;
  for (const one of ordinalsOf(question)) {
    const [before = ''] = /(?<!\p{L})\p{L}+\s+$/u.exec(question.slice(0, one.index)) ?? [];
    if (before === '' || !/^\p{Lu}/u.test(before) || said.includes(before + one[0])) continue;
    const other = ordinalsOf(said).find(({ index }) => said.slice(0, index).endsWith(before));
    if (other !== undefined) {
      return { wrong: before + one[0], right: before + other[0], exact: false };
    }
  }
  return null;
}

/** A name that no reference has, while the sentence has one that the question lacks. */
function exchangedName(
  question: TextProfile,
  sentence: TextProfile,
  everywhere: readonly TextProfile[],
): Exchanged | null {
  const unknown = question.tokens.filter(
    ({ name, text }) => name && !everywhere.some((one) => knowsName(text, one)),
  );
  const [first] = unknown;
  const last = unknown.at(-1);
  if (first === undefined || last === undefined) return null;
  // One name of several words stands in one place.
  const wrong = question.text.slice(first.start, last.end);
  if (wrong.split(/\s+/u).length > unknown.length) return null;
  if (!namesOf(sentence).some((name) => !question.words.has(name))) return null;
  return { wrong, right: null, exact: false };
}

function opening(wrong: string, right: string | null, language: string): string {
  if (language === 'zh') {
    return right === null ? `来源没有说到${wrong}，而是说：` : `来源说的是${right}，不是${wrong}：`;
  }
  return right === null
    ? `The sources do not say this of ${wrong}; what they say is: `
    : `The sources say ${right}, not ${wrong}: `;
}
