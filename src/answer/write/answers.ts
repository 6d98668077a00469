/** Whether what was written answers the question: decided after writing, where the ranker doubts it. */
import { terms } from '../../core/tokens.ts';
import type { Reference } from '../../core/nouns.ts';
import type { LooseSentence } from '../answer-body.ts';

/** Share of the question's content words that the answer and the titles of its sources have to hold. */
const LEAST_ASKED = 0.6;
/** Below this confidence of the ranker nothing that was written is believed. */
const LEAST_CONFIDENCE = 0.02;

const ASKING = new Set(
  `a an the of in on at to for from by with and or but as is are was were be been do does did has have had
  can could may might will would shall should it its this that these those what which who whom whose when
  where why how much many long often i my me we our you your there so if not no than then into about between
  kind way make get please tell explain`.split(/\s+/u),
);

/** Does the answer speak of what was asked? `confidence`: the ranker's, null where it has none. */
export function answersQuestion(
  question: string,
  sentences: readonly LooseSentence[],
  references: readonly Pick<Reference, 'number' | 'title'>[],
  confidence: number | null,
): boolean {
  if (sentences.length === 0) return false;
  if (confidence !== null && confidence < LEAST_CONFIDENCE) return false;
  const cited = new Set(
    sentences.flatMap(({ citations }) => citations.map((one) => one.reference)),
  );
  const titles = references.filter(({ number }) => cited.has(number)).map(({ title }) => title);
  const said = new Set(
    terms([...sentences.map(({ text }) => text), ...titles].join('\n'), { stem: true }),
  );
  const asked = [...new Set(terms(question, { stem: true }))].filter((term) => !ASKING.has(term));
  const held = asked.filter((term) => said.has(term)).length;
  return asked.length === 0 || held / asked.length >= LEAST_ASKED;
}
