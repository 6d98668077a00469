/**
 * Long answers against the sentences that people marked as the answer (CLAPnq): how many of the marked
 * sentences the answer conveys, and how many of its own sentences are about them. Both by stemmed
 * content words, those of the question left out: a sentence is conveyed when the answer holds at least
 * `COVERED_AT` of its words, and a sentence of the answer is on point when at least `ON_POINT_AT` of its
 * words are in the marked sentences or in the answers that people wrote.
 */
import { splitSentences } from '../../src/core/sentences.ts';
import { terms } from '../../src/core/tokens.ts';

const COVERED_AT = 0.5;
const ON_POINT_AT = 0.5;

const FUNCTION_WORDS = new Set(
  `a an the of in on at to for from by with and or but as is are was were be been being it its this that
  these those he she they his her their them which who whom whose what when where why how not no nor so
  than then there here has have had do does did can could may might will would shall should also into
  over under about between after before during such some any all more most other`.split(/\s+/u),
);

const contentOf = (text: string, without: ReadonlySet<string>): Set<string> =>
  new Set(
    terms(text, { stem: true }).filter((term) => !FUNCTION_WORDS.has(term) && !without.has(term)),
  );

function share(wanted: ReadonlySet<string>, given: ReadonlySet<string>): number {
  let common = 0;
  for (const word of wanted) if (given.has(word)) common += 1;
  return wanted.size === 0 ? 1 : common / wanted.size;
}

export interface CoveredSentences {
  /** Share of the marked sentences that the answer conveys, by the annotator who fits best. */
  readonly covered: number;
  /** Share of the answer's own sentences that are about what was marked or written. */
  readonly onPoint: number;
}

/**
 * @param marked for each annotator the sentences that hold the answer
 * @param written answers that people wrote
 */
export function coveredSentences(
  question: string,
  answer: string,
  marked: readonly (readonly string[])[],
  written: readonly string[],
): CoveredSentences {
  const asked = new Set(terms(question, { stem: true }));
  const said = contentOf(answer, asked);
  const covered = marked.map(
    (sentences) =>
      sentences.filter((one) => share(contentOf(one, asked), said) >= COVERED_AT).length /
      Math.max(1, sentences.length),
  );
  const about = contentOf([...marked.flat(), ...written].join('\n'), asked);
  const own = splitSentences(answer)
    .map(({ start, end }) => answer.slice(start, end).trim())
    .filter((one) => one !== '');
  const onPoint = own.filter((one) => share(contentOf(one, asked), about) >= ON_POINT_AT).length;
  return {
    covered: Math.max(0, ...covered),
    onPoint: own.length === 0 ? 0 : onPoint / own.length,
  };
}
