/** The sentence that gives one thing's figure, as its source has it, ready to be cited. */
import { splitSentences } from '../../core/sentences.ts';
import type { AnswerBody, LooseSentence } from '../answer-body.ts';
import { keywordsOf } from '../understand/content-words.ts';
import { nearestQuantity, type Dimension, type Quantity } from './measured-quantity.ts';

export interface Figure {
  readonly quantity: Quantity;
  /** Cited: one of the answer's own, or a quotation of a reference. */
  readonly sentence: LooseSentence;
}

interface Wanted {
  readonly dimension: Dimension;
  /** Words near the quantity in a sentence: `deep`, `depth`. */
  readonly words: RegExp;
}

/** Characters between a figure and the word that names it. */
const NEAR = 40;
/** A sentence that names neither the thing nor the measure is no source for it. */
const LEAST = 3;
/** "Its greatest depth is …", "它全长…", or a line of a table ("Born: …"): said of what the page is about. */
const OF_THE_PAGE =
  /^(?:it|its|he|his|she|her|they|their|the (?:lake|mountain|peak|summit|tower|building|canal|river|city|country|bridge|island|rocket|volcano))\b|^[它牠他她其该該]|^[^|:：]{1,40}(?: \| |: |：)/iu;
/** "There is a cliff 8 km high" speaks of another thing than the page. */
const OF_ANOTHER = /\bthere (?:is|are|was|were)\b|有一[座条個个]/iu;

/**
 * The best figure among the answer's own sentences and those of its references: named beats near,
 * near beats first. Null where no sentence is about the thing and the measure.
 */
export function figureOf(
  answer: Pick<AnswerBody, 'abstained' | 'sentences' | 'references'>,
  thing: string,
  wanted: Wanted,
  linkTo: (url: string, quote: string) => string,
): Figure | null {
  const named = keywordsOf(thing);
  let best: (Figure & { readonly points: number }) | null = null;
  const weigh = (sentence: LooseSentence, title: string, bonus: number): void => {
    const quantity = nearestQuantity(sentence.text, wanted.dimension, wanted.words);
    if (quantity === null) return;
    const points =
      bonus +
      aboutness(sentence.text, title, named) +
      closeness(quantity, sentence.text, wanted.words);
    if (points >= LEAST && (best === null || points > best.points))
      best = { quantity, sentence, points };
  };
  const titleOf = (number: number): string => answer.references[number - 1]?.title ?? '';
  for (const sentence of answer.abstained ? [] : answer.sentences) {
    const titles = sentence.citations.map(({ reference }) => titleOf(reference)).join(' ');
    if (sentence.citations.length > 0) weigh(sentence, titles, 1);
  }
  for (const { number, text, title, url } of answer.references) {
    for (const { start, end } of splitSentences(text)) {
      const quote = text.slice(start, end);
      if (quote.length > 600) continue;
      const citation = {
        reference: number,
        url: linkTo(url, quote),
        start,
        end,
        quote,
        support: 1,
      };
      weigh({ text: quote, citations: [citation] }, title, -number / 10);
    }
  }
  return best;
}

function aboutness(text: string, title: string, named: readonly string[]): number {
  const share = (of: string): number => {
    const words = new Set(keywordsOf(of));
    return named.filter((word) => words.has(word)).length / Math.max(1, named.length);
  };
  const within = share(text);
  if (within > 0.5) return 3 * within;
  if (share(title) <= 0.5) return -3;
  return OF_ANOTHER.test(text) ? -1 : OF_THE_PAGE.test(text) ? 2 : 0.5;
}

function closeness({ start, text: figure }: Quantity, text: string, words: RegExp): number {
  const distances = [...text.matchAll(new RegExp(words.source, 'giu'))].map(({ index }) =>
    index < start ? start - index : index - start - figure.length,
  );
  const least = Math.min(...distances);
  return least <= NEAR ? 2 : Number.isFinite(least) ? 0.5 : -1.5;
}
