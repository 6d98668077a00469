/**
 * What the cross-encoder and the embedder say of a question and an answer: how well they fit, and whether the
 * answer answers. Measured on the answer's substance, without sentences that only say the question again,
 * so that neither praise nor a copied prompt can raise them.
 */
import { splitSentences } from '../../src/core/sentences.ts';
import { dot } from '../../src/runtime/e5/dot.ts';
import type { E5Embedder } from '../../src/runtime/e5/e5-embedder.ts';
import type { CrossEncoder } from '../../src/runtime/cross-encoder/cross-encoder.ts';
import { LONG_QUESTION, substanceOf, type PreferenceInput } from './preference-features.ts';

export const READING_FEATURES = [
  'relevance',
  'answerable',
  'cosine',
  'cosineFirst',
  'relevanceReferenced',
  'answerableReferenced',
  'cosineReferenced',
  'cosineFirstReferenced',
] as const;

export interface AnswerModels {
  readonly crossEncoder: Pick<CrossEncoder, 'scorePairs'>;
  readonly embedder: Pick<E5Embedder, 'embed'>;
}

/** Relevance and answerability (log-odds), cosine of question and answer, and of its first sentence. */
export type Readings = readonly [number, number, number, number];

/** What an answer gets that says nothing. */
const NOTHING: Readings = [-6, -6, 0.7, 0.7];
const MOST_CHARACTERS = 800;
const MOST_FIRST = 300;
/** Of a long prompt its end is read: that is where it says what is wanted. */
const QUESTION_END = 300;

/** The question as it is read, and the answer's substance. */
function texts(input: PreferenceInput): { question: string; answer: string; first: string } {
  const { question } = input;
  const text = substanceOf(input);
  const [first] = splitSentences(text);
  return {
    question: question.length > LONG_QUESTION ? question.slice(-QUESTION_END) : question,
    answer: text.slice(0, MOST_CHARACTERS),
    first: first === undefined ? '' : text.slice(first.start, first.end).slice(0, MOST_FIRST),
  };
}

/** Relevance and answerability of question and answer; one pass. @throws FootnoteError `cancelled` */
export async function crossEncoderSays(
  input: PreferenceInput,
  crossEncoder: AnswerModels['crossEncoder'],
  { signal }: { readonly signal: AbortSignal },
): Promise<readonly [number, number]> {
  const { question, answer } = texts(input);
  if (answer.trim() === '' || question.trim() === '') return [NOTHING[0], NOTHING[1]];
  const [reading] = await crossEncoder.scorePairs([{ question, title: '', text: answer }], {
    signal,
  });
  return [reading?.relevance ?? NOTHING[0], reading?.answerable ?? NOTHING[1]];
}

/** Cosines of the question with the answer and its first sentence. @throws FootnoteError `cancelled` */
export async function embedderSays(
  input: PreferenceInput,
  embedder: AnswerModels['embedder'],
  { signal }: { readonly signal: AbortSignal },
): Promise<readonly [number, number]> {
  const { question, answer, first } = texts(input);
  if (answer.trim() === '' || question.trim() === '') return [NOTHING[2], NOTHING[3]];
  const [asked] = await embedder.embed([question], { kind: 'query', signal });
  const [whole, opening] = await embedder.embed([answer, first], { kind: 'passage', signal });
  if (asked === undefined || whole === undefined) return [NOTHING[2], NOTHING[3]];
  return [dot(asked, whole), dot(asked, opening ?? whole)];
}

/**
 * One pass of the cross-encoder and three of the embedder, some 50 ms together on one core; questions and answers
 * that were read before cost nothing.
 * @throws FootnoteError `cancelled`, `timeout`
 */
export async function readAnswer(
  input: PreferenceInput,
  { crossEncoder, embedder }: AnswerModels,
  options: { readonly signal: AbortSignal },
): Promise<Readings> {
  return [
    ...(await crossEncoderSays(input, crossEncoder, options)),
    ...(await embedderSays(input, embedder, options)),
  ];
}

/** In the order of `READING_FEATURES`: what is said counts otherwise where references are given. */
export function readingFeatures(readings: Readings, referenced: boolean): number[] {
  const none = readings.map(() => 0);
  return referenced ? [...none, ...readings] : [...readings, ...none];
}
