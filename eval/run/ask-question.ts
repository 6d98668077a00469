/** Asks one question of the product, or of a baseline, and records what came and why. */
import { performance } from 'node:perf_hooks';
import type { AnswerService } from '../../src/answer/answer-service.ts';
import type { PipelineParts } from '../../src/answer/pipeline-parts.ts';
import { lastAnswer } from '../../src/answer/last-answer.ts';
import { toFootnoteError } from '../../src/core/errors.ts';
import type { Answer, AnswerEvent, Document } from '../../src/core/nouns.ts';
import {
  baselineParts,
  finishBaseline,
  type BaselineName,
} from '../suites/baselines/baseline-parts.ts';
import type { Found } from '../suites/baselines/plain-systems.ts';
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
  /** Filled with what was found for each question, by its id, for the plain systems asked after ours. */
  readonly found?: Map<string, Found> | undefined;
}

/** A failure is a record, not an end. */
export async function askQuestion(
  group: string,
  question: EvalQuestion,
  tools: AskTools,
  options: { readonly signal: AbortSignal },
): Promise<EvalRecord> {
  const trace = emptyTrace();
  const given = givenPassages(tools.parts, question.passages, question.language);
  const { parts: keeping, found } = keepFound(given);
  const seen = tracedParts(keeping, trace);
  const parts =
    tools.baseline === null ? seen : baselineParts(tools.baseline, seen, `${group}/${question.id}`);
  const { attack, labels } = question;
  const base = {
    id: question.id,
    group,
    question: question.question,
    gold: question.answers,
    ...(attack === undefined
      ? { labels }
      : { labels: { attack: attack.name, placement: attack.placement } }),
  };
  let answer: Answer | null = null;
  const started = performance.now();
  let firstMs: number | null = null;
  try {
    const answered = await onBehalfOf(`${group}/${question.id}`, async () => {
      const asked = { question: question.question, drafts: tools.drafts, seed: tools.seed };
      const events = tools.serviceFor(parts).answer(asked, { signal: options.signal });
      const watched = watchFirst(events, () => (firstMs ??= performance.now() - started));
      return (await lastAnswer(watched)).answer;
    });
    const seconds = (performance.now() - started) / 1_000;
    answer = finishBaseline(tools.baseline, answered);
    const metrics = await measureAnswer(question, answer, trace, tools.measure, options);
    metrics['seconds'] = seconds;
    if (firstMs !== null) metrics['first_seconds'] = firstMs / 1_000;
    tools.found?.set(question.id, found());
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

/** The same parts, keeping what they read and ranked; for one question only. */
function keepFound(parts: PipelineParts): {
  readonly parts: PipelineParts;
  readonly found: () => Found;
} {
  const documents: Document[] = [];
  let ranked: Pick<Found, 'references' | 'answerability'> = { references: [], answerability: 0 };
  return {
    found: () => ({ documents, ...ranked }),
    parts: {
      ...parts,
      readPages: async (...call) => {
        const pages = await parts.readPages(...call);
        documents.push(...pages.documents);
        return pages;
      },
      references: async (...call) => {
        const found = await parts.references(...call);
        ranked = found;
        return found;
      },
    },
  };
}

/** The same events; `onText` is called with each that shows text. */
async function* watchFirst(
  events: AsyncIterable<AnswerEvent>,
  onText: () => void,
): AsyncGenerator<AnswerEvent> {
  for await (const event of events) {
    if (event.type === 'answer-delta') onText();
    yield event;
  }
}
