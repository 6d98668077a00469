/** Whether what was written answers the question: decided after writing, where the ranker doubts it. */
import { foldHan, terms } from '../../core/tokens.ts';
import type { Reference } from '../../core/nouns.ts';
import type { QuestionKind } from '../../core/question-kind.ts';
import type { LooseSentence } from '../answer-body.ts';

/** Share of the question's content words that the answer and the titles of its sources have to hold. */
const LEAST_ASKED = 0.6;
/** The same by pairs of characters, of which many join two words. */
const LEAST_ASKED_PAIRS = 0.35;
/** From this confidence of the ranker on, what is written and supported is believed. */
const ENOUGH_CONFIDENCE = 0.3;
/** Below this one nothing is. */
const LEAST_CONFIDENCE = 0.02;

/** Share of the question's content words in a sentence that takes it up. */
const TAKEN_UP = 0.5;
const TAKEN_UP_PAIRS = 0.3;

const ASKING = new Set(
  `a an the of in on at to for from by with and or but as is are was were be been do does did has have had
  can could may might will would shall should it its this that these those what which who whom whose what when
  where why how much many long often i my me we our you your there so if not no than then into about between
  kind way make get please tell explain der die das ein eine und oder ist sind war was wer wie wo wann warum
  welche welcher welches bei mit von für zu im in den dem des le la les un une et ou est sont qui que quoi
  comment pourquoi quand où el los las y o es son quién qué cómo cuándo dónde por`.split(/\s+/u),
);
const ASKING_HAN =
  /什么|怎么样?|如何|为什么|为何|哪[个些里位年]?|多少|几[个年岁]?|是否|吗|呢|谁|请问|[的是了在和与有]/gu;

/** Content words of a question, without those that only ask. */
function askedTerms(question: string): string[] {
  const bare = foldHan(question).replace(ASKING_HAN, ' ');
  return [...new Set(terms(bare, { stem: true }))].filter((term) => !ASKING.has(term));
}

/** 0..1: share of the question's content words that a text holds. */
export function askedShare(question: string, text: string): number {
  const asked = askedTerms(question);
  const said = new Set(terms(text, { stem: true }));
  return asked.length === 0 ? 1 : asked.filter((term) => said.has(term)).length / asked.length;
}

/** Does the answer speak of what was asked? `confidence`: the ranker's, null where it has none. */
export function answersQuestion(
  question: string,
  sentences: readonly LooseSentence[],
  references: readonly Pick<Reference, 'number' | 'title'>[],
  confidence: number | null,
  kind: QuestionKind = 'explanation',
): boolean {
  if (sentences.length === 0) return false;
  if (confidence !== null && confidence >= ENOUGH_CONFIDENCE) return true;
  // The ranker looks for what was asked; where the answer is no, the sources say something else.
  const doubted = confidence !== null && confidence < LEAST_CONFIDENCE;
  if (doubted && kind !== 'yes-no') return false;
  const cited = new Set(
    sentences.flatMap(({ citations }) => citations.map((one) => one.reference)),
  );
  const titles = references.filter(({ number }) => cited.has(number)).map(({ title }) => title);
  const text = [...sentences.map((one) => one.text), ...titles].join('\n');
  const least = /\p{Script=Han}/u.test(question) ? LEAST_ASKED_PAIRS : LEAST_ASKED;
  return askedShare(question, text) >= least;
}

/** Does a sentence take the question up, so that an answer may begin with it? */
export function takesUp(question: string, sentence: string): boolean {
  const least = /\p{Script=Han}/u.test(question) ? TAKEN_UP_PAIRS : TAKEN_UP;
  return askedShare(question, sentence) >= least;
}
