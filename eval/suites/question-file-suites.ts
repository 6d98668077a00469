/** Suites that read questions from a file: over the live web, or from passages that come with them. */
import { z } from 'zod';
import { readRows } from './frozen-web/frozen-web-data.ts';
import { simpleScores, type SimpleGrade } from '../metrics/simpleqa.ts';
import type { EvalQuestion } from '../run/eval-question.ts';
import type { EvalRecord } from '../run/eval-record.ts';
import { findData, fixedSample } from './find-data.ts';
import type { QuestionSuite, Summary } from './suite.ts';
import { liveWeb } from './web-of-suite.ts';

const rowSchema = z.looseObject({
  qid: z.string().optional(),
  id: z.union([z.string(), z.number()]).optional(),
  lang: z.string().default('en'),
  question: z.string(),
  answers: z.array(z.string()).default([]),
  incorrect_answers: z.array(z.string()).optional(),
});
type Row = z.infer<typeof rowSchema>;

function toQuestion(row: Row, index: number): EvalQuestion {
  return {
    id: row.qid ?? String(row.id ?? index),
    language: row.lang,
    question: row.question,
    answers: row.answers,
    // A file without answers is a list of questions to look at, not of unanswerable ones.
    open: row.answers.length === 0,
  };
}

function fileSuite(
  name: string,
  pattern: RegExp,
  description: string,
  more: Partial<Pick<QuestionSuite, 'summarise'>> & {
    readonly question?: (row: Row, plain: EvalQuestion) => EvalQuestion;
    /** Keeps the file's order; the named sets are sampled by hash. */
    readonly inOrder?: boolean;
  } = {},
): QuestionSuite {
  return {
    kind: 'questions',
    name,
    description,
    live: true,
    needsData: true,
    summarise: more.summarise,
    open: async (options) => {
      const rows = readRows(findData(options.data, pattern), rowSchema).map((row, index) => {
        const plain = toQuestion(row, index);
        return more.question?.(row, plain) ?? plain;
      });
      const questions =
        more.inOrder === true
          ? rows.slice(0, options.limit)
          : fixedSample(rows, ({ id }) => id, options.limit);
      return liveWeb(options, [{ name, questions }]);
    },
  };
}

/** SimpleQA's three grades: by the gold answer's containment, and by a grader where one was asked. */
function simpleSummary(records: readonly EvalRecord[]): Summary {
  const graded = (correct: string): SimpleGrade[] =>
    records.flatMap(({ metrics }): SimpleGrade[] => {
      if (metrics[correct] === undefined) return [];
      if (metrics['abstained'] === 1) return ['not-attempted'];
      return [metrics[correct] === 1 ? 'correct' : 'incorrect'];
    });
  const byGrader = graded('graded_correct');
  return {
    'SimpleQA scores, by normalised containment': simpleScores(graded('correct')),
    ...(byGrader.length === 0
      ? {}
      : { 'SimpleQA scores, by the grader model': simpleScores(byGrader) }),
  };
}

const longformSchema = z.looseObject({
  qid: z.string(),
  lang: z.string().default('en'),
  question: z.string(),
  gold_long_answer: z.string(),
  passages: z.array(z.object({ title: z.string(), sentences: z.array(z.string()) })),
});

const longformSuite: QuestionSuite = {
  kind: 'questions',
  name: 'longform',
  description: 'qa-feedback: passages given, so retrieval is skipped; citations and claim recall',
  live: false,
  needsData: true,
  open: (options) => {
    const rows = readRows(findData(options.data, /qa-feedback/u), longformSchema);
    const questions = rows.map((row): EvalQuestion => ({
      id: row.qid,
      language: row.lang,
      question: row.question,
      answers: [],
      open: true,
      longAnswer: row.gold_long_answer,
      passages: row.passages.map(({ title, sentences }) => ({ title, text: sentences.join(' ') })),
    }));
    return Promise.resolve({
      groups: [
        { name: 'longform', questions: fixedSample(questions, ({ id }) => id, options.limit) },
      ],
      // No search happens; the sample web keeps the start from looking for a live one.
      overrides: { search: 'sample' },
      standIn: null,
      close: () => Promise.resolve(),
    });
  },
};

export const QUESTION_FILE_SUITES: readonly QuestionSuite[] = [
  fileSuite('questions', /questions?\.jsonl/u, 'any JSON Lines file of questions', {
    inOrder: true,
  }),
  fileSuite('webglm-nq', /webglm-nq_open/u, "WebGLM's 400 questions of NQ-open"),
  fileSuite('webglm-webq', /webglm-web_questions/u, "WebGLM's 400 WebQuestions"),
  fileSuite('nq-open', /(?:^|\/)nq_open/u, 'NQ-open'),
  fileSuite('simpleqa', /(?:^|\/)simpleqa/u, 'SimpleQA', { summarise: simpleSummary }),
  fileSuite('chinese-simpleqa', /chinese_simpleqa/u, 'Chinese SimpleQA', {
    summarise: simpleSummary,
  }),
  fileSuite('strategyqa', /strategyqa/u, 'StrategyQA: yes or no, where the answer says so', {
    question: (_, plain) => ({ ...plain, yesNo: true }),
  }),
  fileSuite('truthfulqa', /truthfulqa/u, 'TruthfulQA: nearer to a true than to a false answer', {
    question: ({ incorrect_answers: incorrect }, plain) => ({ ...plain, incorrect }),
  }),
  longformSuite,
];
