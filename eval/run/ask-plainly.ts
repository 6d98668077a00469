/** Plain systems asked after ours, over what ours found; each gives a record of its own. */
import { lastAnswer } from '../../src/answer/last-answer.ts';
import type { PipelineParts } from '../../src/answer/pipeline-parts.ts';
import { toFootnoteError } from '../../src/core/errors.ts';
import type { Answer } from '../../src/core/nouns.ts';
import { plainAnswer, type Found, type PlainSystem } from '../suites/baselines/plain-systems.ts';
import type { AskTools } from './ask-question.ts';
import type { EvalQuestion } from './eval-question.ts';
import type { EvalRecord } from './eval-record.ts';
import { measureAnswer } from './measure-answer.ts';
import { emptyTrace } from './question-trace.ts';

/** Parts that find again what was found before, at once. */
function foundParts(
  parts: PipelineParts,
  { documents, references, answerability }: Found,
): PipelineParts {
  return {
    ...parts,
    search: ({ text }) => Promise.resolve({ queries: [text], results: [], warnings: [] }),
    readPages: () =>
      Promise.resolve({
        documents,
        failures: [],
        warnings: [],
        timings: { fetchMs: 0, extractMs: 0 },
      }),
    references: () => Promise.resolve({ references, answerability }),
  };
}

/** @param ours the record of our own answer, which has to have one */
export async function askPlainly(
  system: PlainSystem,
  question: EvalQuestion,
  ours: EvalRecord,
  found: Found,
  tools: AskTools,
  { signal }: { readonly signal: AbortSignal },
): Promise<EvalRecord> {
  const base = { ...ours, group: system, trace: undefined };
  if (ours.answer === null) return { ...base, metrics: { failed: 1 } };
  try {
    const { search, fetch, extract, rank } = ours.answer.timings_ms;
    const before = search + fetch + extract + rank;
    let answer: Answer;
    if (system === 'quotations') {
      const service = tools.serviceFor(foundParts(tools.parts, found));
      const request = { question: question.question, drafts: 0 };
      ({ answer } = await lastAnswer(service.answer(request, { signal })));
      answer = {
        ...answer,
        timings_ms: { ...answer.timings_ms, total: answer.timings_ms.total + before },
      };
    } else answer = await plainAnswer(system, ours.answer, found, tools.parts, { signal });
    // Pasted references are a bound, not an answer: nobody's citations are measured on them.
    const judged = system === 'references' ? { ...tools.measure, judges: [] } : tools.measure;
    const metrics = await measureAnswer(question, answer, emptyTrace(), judged, { signal });
    metrics['seconds'] = answer.timings_ms.total / 1_000;
    return { ...base, answer, error: null, metrics };
  } catch (thrown) {
    const { code, message } = toFootnoteError(thrown);
    return { ...base, answer: null, error: `${code}: ${message}`, metrics: { failed: 1 } };
  }
}
