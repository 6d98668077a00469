/** Asks one question of the product, or of a baseline, and records what came and why. */
import type { AnswerService } from '../../src/answer/answer-service.ts';
import type { PipelineParts } from '../../src/answer/pipeline-parts.ts';
import { lastAnswer } from '../../src/answer/last-answer.ts';
import { toFootnoteError } from '../../src/core/errors.ts';
import type { Answer } from '../../src/core/nouns.ts';
import {
  baselineParts,
  finishBaseline,
  type BaselineName,
} from '../suites/baselines/baseline-parts.ts';
import { onBehalfOf } from './warc/archive-question.ts';
import type { EvalQuestion } from './eval-question.ts';
import type { EvalRecord } from './eval-record.ts';
import { givenPassages } from './given-passages.ts';
import { measureAnswer, type MeasureTools } from './measure-answer.ts';
import { emptyTrace, tracedParts } from './question-trace.ts';

export interface AskTools {
  readonly parts: PipelineParts;
  /** The product's service around other parts; without a cache. */
  readonly serviceFor: (parts: PipelineParts) => Pick<AnswerService, 'answer'>;
  readonly measure: MeasureTools;
  readonly baseline: BaselineName | null;
  readonly drafts: number | undefined;
  readonly seed: number;
}

/** A failure is a record, not an end. */
export async function askQuestion(
  group: string,
  question: EvalQuestion,
  tools: AskTools,
  options: { readonly signal: AbortSignal },
): Promise<EvalRecord> {
  const trace = emptyTrace();
  const given = givenPassages(tools.parts, question.passages);
  const seen = tracedParts(given, trace);
  const parts =
    tools.baseline === null ? seen : baselineParts(tools.baseline, seen, `${group}/${question.id}`);
  const { attack } = question;
  const base = {
    id: question.id,
    group,
    question: question.question,
    gold: question.answers,
    ...(attack === undefined
      ? {}
      : { labels: { attack: attack.name, placement: attack.placement } }),
  };
  let answer: Answer | null = null;
  try {
    const answered = await onBehalfOf(`${group}/${question.id}`, async () => {
      const asked = { question: question.question, drafts: tools.drafts, seed: tools.seed };
      const events = tools.serviceFor(parts).answer(asked, { signal: options.signal });
      return (await lastAnswer(events)).answer;
    });
    answer = finishBaseline(tools.baseline, answered);
    const metrics = await measureAnswer(question, answer, trace, tools.measure, options);
    return { ...base, answer, error: null, metrics, trace };
  } catch (thrown) {
    const { code, message } = toFootnoteError(thrown);
    return {
      ...base,
      answer,
      error: `${code}: ${message}`,
      metrics: { failed: 1 },
      trace,
    };
  }
}
