/**
 * A cited answer in the shape that was asked for. Only whole, checked sentences are used: they are
 * chosen, ordered and laid out, never reworded, so that every citation stays true.
 */
import type { CitedSentence, Warning } from '../../core/nouns.ts';
import { countWords } from '../../core/tokens.ts';
import type { AnswerStyle } from '../understand/answer-style.ts';
import { layOut } from './lay-out.ts';

/** A text and its sentences, as offsets into it. */
interface Shaped {
  readonly answer: string;
  readonly sentences: readonly CitedSentence[];
}

export interface StyledAnswer extends Shaped {
  /** What of the style could not be had. */
  readonly warnings: readonly Warning[];
}

const MOST_ROWS = 6;

/**
 * @param answer what was judged best
 * @param alternatives other supported answers, best first: sentences are added from them where more
 *   were asked for
 * @param language decides the words around the sentences
 */
export function shapeAnswer(
  answer: Shaped,
  alternatives: readonly Shaped[],
  style: AnswerStyle,
  language: string,
): StyledAnswer {
  const warnings: Warning[] = [];
  const limited = (message: string): void => {
    warnings.push({ code: 'style-limited', message });
  };
  const wanted = wantedSentences(style, answer.sentences.length);
  const base = style.simple === true ? plainest(answer, alternatives) : answer;
  let sentences = [...base.sentences];
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
  if (style.detailed === true && sentences.length <= base.sentences.length) {
    limited('the sources support no more than this');
  }
  return { ...layOut(sentences, style.shape, language), warnings };
}

/** How many sentences a style wants at best. */
function wantedSentences(style: AnswerStyle, has: number): number {
  if (style.sentences !== undefined) return style.sentences;
  if (style.words !== undefined) return has;
  return style.shape !== undefined || style.detailed === true ? MOST_ROWS : has;
}

const wordsOf = (sentences: readonly CitedSentence[]): number =>
  sentences.reduce((sum, { text }) => sum + countWords(text), 0);

function withinWords(sentences: readonly CitedSentence[], words: number): CitedSentence[] {
  const kept: CitedSentence[] = [];
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
  sentences: readonly CitedSentence[],
  answers: readonly Shaped[],
  wanted: number,
): CitedSentence[] {
  const all = [...sentences];
  for (const candidate of answers.flatMap((one) => one.sentences)) {
    if (all.length >= wanted) break;
    if (candidate.citations.length === 0 || all.some((one) => overlaps(one, candidate))) continue;
    all.push(candidate);
  }
  return all;
}

function overlaps(a: CitedSentence, b: CitedSentence): boolean {
  if (a.text.includes(b.text) || b.text.includes(a.text)) return true;
  return a.citations.some((one) =>
    b.citations.some(
      (other) =>
        one.reference === other.reference && one.start < other.end && other.start < one.end,
    ),
  );
}

/** The answer whose words and sentences are shortest, among those that are nearly as short as the best. */
function plainest(answer: Shaped, alternatives: readonly Shaped[]): Shaped {
  const cost = ({ sentences }: Shaped): number => {
    const text = sentences.map((one) => one.text).join(' ');
    const words = Math.max(1, countWords(text));
    return text.length / words + words / Math.max(1, sentences.length) / 6;
  };
  return alternatives
    .filter(({ sentences }) => sentences.length > 0)
    .reduce((best, one) => (cost(one) < cost(best) - 0.5 ? one : best), answer);
}
