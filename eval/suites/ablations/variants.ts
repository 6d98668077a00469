/** The rows of the ablation table: ways to make an answer of the same references and drafts. */
import type { PipelineParts } from '../../../src/answer/pipeline-parts.ts';
import type { Answer, Draft, Question } from '../../../src/core/nouns.ts';
import type { CallOptions } from '../../../src/core/seams.ts';
import { baselineJudge, type BaselineName } from '../baselines/baseline-parts.ts';
import type { EvalQuestion } from '../../run/eval-question.ts';
import type { EvalRecord } from '../../run/eval-record.ts';
import { measureAnswer, type MeasureTools } from '../../run/measure-answer.ts';
import { emptyTrace } from '../../run/question-trace.ts';

export interface Variant {
  readonly name: string;
  /** The drafts that are judged. */
  readonly drafts: (all: readonly Draft[]) => readonly Draft[];
  readonly baseline: BaselineName | null;
}

/** The first n generated drafts, and all quotations. */
const bestOf =
  (count: number) =>
  (all: readonly Draft[]): readonly Draft[] => {
    let left = count;
    return all.filter(({ kind }) => kind !== 'generated' || left-- > 0);
  };
const all = (drafts: readonly Draft[]): readonly Draft[] => drafts;

/** The first n generated drafts, and nothing else. */
const alone =
  (count: number) =>
  (all: readonly Draft[]): readonly Draft[] =>
    all.filter(({ kind }) => kind === 'generated').slice(0, count);

/** Prefix of the rows that count drafts beside quotations, and of those that count drafts alone. */
export const BEST_OF = 'best of ';
export const ALONE = 'drafts alone, best of ';

export const VARIANTS: readonly Variant[] = [
  ...[1, 2, 4, 8].map((count): Variant => ({
    name: `${BEST_OF}${count}`,
    drafts: bestOf(count),
    baseline: null,
  })),
  ...[1, 2, 4, 8].map((count): Variant => ({
    name: `${ALONE}${count}`,
    drafts: alone(count),
    baseline: null,
  })),
  { name: 'quotations alone', drafts: bestOf(0), baseline: null },
  { name: 'first-draft', drafts: all, baseline: 'first-draft' },
  { name: 'random-draft', drafts: all, baseline: 'random-draft' },
  { name: 'no-scorer', drafts: all, baseline: 'no-scorer' },
  { name: 'no-support', drafts: all, baseline: 'no-support' },
  { name: 'copy-top-passage', drafts: all, baseline: 'copy-top-passage' },
];

/** Rows of the table share one run: its seconds are none of theirs. */
export const UNTIMED: Answer['timings_ms'] = {
  search: 0,
  fetch: 0,
  extract: 0,
  rank: 0,
  generate: 0,
  score: 0,
  total: 0,
};

/** Judges one traced question the variant's way. */
export async function judgeVariant(
  variant: Variant,
  record: EvalRecord,
  question: EvalQuestion,
  parts: PipelineParts,
  tools: MeasureTools,
  options: CallOptions,
): Promise<EvalRecord> {
  const { trace = emptyTrace(), answer: before } = record;
  if (before === null) return { ...record, group: variant.name };
  const asked: Question = {
    text: question.question,
    language: before.language,
    askedAt: new Date().toISOString(),
    sites: [],
  };
  const plain: PipelineParts['judge'] = (input, call) => parts.judge(input, call);
  const judge =
    variant.baseline === null
      ? plain
      : baselineJudge(variant.baseline, plain, `${record.group}/${record.id}`);
  const { references } = trace;
  const judged =
    references.length === 0
      ? { best: null, abstained: true, confidence: null }
      : await judge(
          {
            question: asked,
            drafts: variant.drafts(trace.drafts),
            references,
            answerability: trace.answerability ?? 1,
            pages: trace.pages,
          },
          options,
        );
  const abstained = judged.abstained || judged.best === null;
  const spoken =
    abstained || judged.best === null ? parts.abstention(asked, references) : judged.best.cited;
  const answer: Answer = {
    ...before,
    answer: spoken.answer,
    sentences: spoken.sentences,
    abstained,
    score: abstained ? null : (judged.best?.score ?? null),
    timings_ms: UNTIMED,
  };
  const seen = { ...trace, best: judged.best, confidence: judged.confidence ?? null };
  return {
    id: record.id,
    group: variant.name,
    question: record.question,
    gold: record.gold,
    labels: { language: record.group },
    answer,
    error: null,
    metrics: await measureAnswer(question, answer, seen, tools, options),
  };
}
