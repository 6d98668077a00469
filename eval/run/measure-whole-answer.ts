/** Is the answer whole? Figures of the suites whose questions have more than one fact for an answer. */
import { containsNormalised } from '../metrics/correctness.ts';
import { coveredSentences } from '../metrics/covered-sentences.ts';
import { rougeL } from '../metrics/rouge.ts';
import { scoreNuggets } from '../metrics/nuggets.ts';
import type { EvalQuestion } from './eval-question.ts';

type Metrics = Record<string, number>;

const yes = (value: boolean): number => (value ? 1 : 0);

/** @param spoken the answer's sentences without marks; empty when it abstained */
export function measureWholeAnswer(
  question: EvalQuestion,
  abstained: boolean,
  spoken: string,
): Metrics {
  const { answerable, nuggets = [], marked, allOf, altered } = question;
  const metrics: Metrics = {};
  if (answerable === true) metrics['answered'] = yes(!abstained);
  if (answerable === false) metrics['declined'] = yes(abstained);
  if (nuggets.length > 0) {
    const score = scoreNuggets(nuggets, spoken);
    if (score.vital !== null) metrics['vital_nuggets'] = score.vital;
    metrics['nuggets'] = score.all;
    metrics['all_vital'] = yes(score.full);
  }
  if (marked !== undefined && answerable === true) {
    const { covered, onPoint } = coveredSentences(
      question.question,
      spoken,
      marked.sentences,
      marked.answers,
    );
    metrics['gold_sentences'] = abstained ? 0 : covered;
    if (!abstained) metrics['on_point'] = onPoint;
    metrics['rouge_l'] = Math.max(0, ...marked.answers.map((one) => rougeL(spoken, one).f1));
  }
  if (allOf !== undefined && answerable !== false) {
    metrics['all_facts'] = yes(allOf.every((one) => containsNormalised(spoken, one)));
    metrics['facts'] =
      allOf.filter((one) => containsNormalised(spoken, one)).length / Math.max(1, allOf.length);
  }
  if (altered !== undefined) metrics['says_altered'] = yes(containsNormalised(spoken, altered));
  return metrics;
}
