/**
 * Checked sentences in the number, length and plainness that were asked for. Only whole sentences are
 * used: they are chosen and ordered, never reworded, so that every citation stays true.
 */
import type { Warning } from '../../core/nouns.ts';
import { countWords } from '../../core/tokens.ts';
import type { LooseSentence } from '../answer-body.ts';
import type { AnswerStyle } from '../understand/answer-style.ts';

type Sentences = readonly LooseSentence[];

export interface ShapedAnswer {
  readonly sentences: Sentences;
  /** What of the style could not be had. */
  readonly warnings: readonly Warning[];
}

const MOST_ROWS = 6;

/**
 * @param answer what was judged best
 * @param alternatives other supported answers, best first: sentences are added from them where more
 *   were asked for
 */
export function shapeAnswer(
  answer: Sentences,
  alternatives: readonly Sentences[],
  style: AnswerStyle,
): ShapedAnswer {
  const warnings: Warning[] = [];
  const limited = (message: string): void => {
    warnings.push({ code: 'style-limited', message });
  };
  const wanted = wantedSentences(style, answer.length);
  const base = style.simple === true ? plainest(answer, alternatives) : answer;
  let sentences = [...base];
  if (wanted > sentences.length) sentences = withMore(sentences, [answer, ...alternatives], wanted);
  if (style.sentences !== undefined) {
    sentences = sentences.slice(0, style.sentences);
    if (sentences.length < style.sentences) {
      limited(
        `the sources support ${sentences.length} of the ${style.sentences} sentences asked for`,
      );
    }
  }
  if (style.words !== undefined) {
    sentences = withinWords(sentences, style.words);
    const words = wordsOf(sentences);
    if (words > style.words) {
      limited(`the shortest supported sentence has ${words} words: it is quoted whole, not cut`);
    }
  }
  if (style.simple === true) {
    limited(
      'the plainest supported sentences were chosen; their words are those of the sources, not made simpler',
    );
  }
  if (style.detailed === true && sentences.length <= base.length) {
    limited('the sources support no more than this');
  }
  return { sentences, warnings };
}

/** How many sentences a style wants at best. */
function wantedSentences(style: AnswerStyle, has: number): number {
  if (style.sentences !== undefined) return style.sentences;
  if (style.words !== undefined) return has;
  return style.shape !== undefined || style.detailed === true ? MOST_ROWS : has;
}

const wordsOf = (sentences: Sentences): number =>
  sentences.reduce((sum, { text }) => sum + countWords(text), 0);

function withinWords(sentences: Sentences, words: number): LooseSentence[] {
  const kept: LooseSentence[] = [];
  for (const sentence of sentences) {
    if (kept.length > 0 && wordsOf([...kept, sentence]) > words) break;
    kept.push(sentence);
  }
  if (wordsOf(kept) <= words) return kept;
  // The lead is too long: a shorter one that fits, if there is any.
  const fitting = sentences.find(({ text }) => countWords(text) <= words);
  return fitting === undefined ? kept : [fitting];
}

/** Sentences that quote something new, in the order of the answers they come from. */
function withMore(
  sentences: Sentences,
  answers: readonly Sentences[],
  wanted: number,
): LooseSentence[] {
  const all = [...sentences];
  for (const candidate of answers.flat()) {
    if (all.length >= wanted) break;
    if (candidate.citations.length === 0 || all.some((one) => overlaps(one, candidate))) continue;
    all.push(candidate);
  }
  return all;
}

function overlaps(a: LooseSentence, b: LooseSentence): boolean {
  if (a.text.includes(b.text) || b.text.includes(a.text)) return true;
  return a.citations.some((one) =>
    b.citations.some(
      (other) =>
        one.reference === other.reference && one.start < other.end && other.start < one.end,
    ),
  );
}

/** The answer whose words and sentences are shortest, among those that are nearly as short as the best. */
function plainest(answer: Sentences, alternatives: readonly Sentences[]): Sentences {
  const cost = (sentences: Sentences): number => {
    const text = sentences.map((one) => one.text).join(' ');
    const words = Math.max(1, countWords(text));
    return text.length / words + words / Math.max(1, sentences.length) / 6;
  };
  return alternatives
    .filter((sentences) => sentences.length > 0)
    .reduce((best, one) => (cost(one) < cost(best) - 0.5 ? one : best), answer);
}
