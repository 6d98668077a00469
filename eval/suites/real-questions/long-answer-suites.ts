/** CLAPnq (long answers over Wikipedia) and RGB (Chinese news; facts that sources tell wrongly). */
import { join } from 'node:path';
import { z } from 'zod';
import type { EvalQuestion } from '../../run/eval-question.ts';
import { readPages, readRows } from '../frozen-web/frozen-web-data.ts';
import { startFrozenWeb } from '../frozen-web/frozen-web-server.ts';
import { findData, stratifiedSample } from '../find-data.ts';
import type { QuestionSuite, SuiteOptions } from '../suite.ts';
import { frozenOverrides } from '../web-of-suite.ts';
import { wholeAnswerSummary } from './whole-answer-tables.ts';

const rowSchema = z.looseObject({
  qid: z.string(),
  lang: z.string(),
  source: z.string(),
  question: z.string(),
  answerable: z.boolean(),
  page_id: z.string().optional(),
  gold_answers: z.array(z.string()).default([]),
  gold_sentences: z.array(z.array(z.string())).default([]),
  answers_all: z.array(z.array(z.string())).default([]),
});
type Row = z.infer<typeof rowSchema>;

function clapnqQuestion(row: Row, goldUrl: string | undefined): EvalQuestion {
  return {
    id: row.qid,
    language: row.lang,
    question: row.question,
    answers: [],
    open: true,
    answerable: row.answerable,
    marked: { sentences: row.gold_sentences, answers: row.gold_answers },
    goldUrl,
    labels: { kind: clapnqKind(row), language: row.lang },
  };
}

const clapnqKind = ({ answerable }: Row): string => (answerable ? 'answerable' : 'unanswerable');
const rgbKind = ({ answers_all: all }: Row): string => (all.length > 1 ? 'two facts' : 'one fact');

function rgbQuestion(row: Row): EvalQuestion {
  return {
    id: row.qid,
    language: row.lang,
    question: row.question,
    answers: [],
    open: true,
    answerable: row.answerable,
    allOf: row.answers_all,
    labels: { kind: rgbKind(row), language: row.lang },
  };
}

function pagedSuite(
  name: string,
  description: string,
  kind: (row: Row) => string,
  question: (row: Row, goldUrl: string | undefined) => EvalQuestion,
): QuestionSuite {
  return {
    kind: 'questions',
    name,
    description,
    live: false,
    needsData: true,
    open: async ({ data, limit }: SuiteOptions) => {
      const rows = readRows(join(data, 'questions.jsonl.gz'), rowSchema);
      const web = await startFrozenWeb(readPages(data));
      const sample = stratifiedSample(rows, { id: ({ qid }) => qid, kind }, limit);
      return {
        groups: [
          {
            name: 'footnote',
            questions: sample.map((row) =>
              question(row, row.page_id === undefined ? undefined : web.url(row.page_id)),
            ),
          },
        ],
        overrides: frozenOverrides(web),
        standIn: null,
        close: () => web.close(),
      };
    },
    summarise: wholeAnswerSummary,
  };
}

export const clapnqSuite = pagedSuite(
  'clapnq',
  'long answers over Wikipedia pages: marked sentences conveyed, own ones on point',
  clapnqKind,
  clapnqQuestion,
);

export const rgbSuite = pagedSuite(
  'rgb',
  'Chinese news: one fact, or two facts asked at once',
  rgbKind,
  rgbQuestion,
);

const caseSchema = z.looseObject({
  qid: z.string(),
  lang: z.string(),
  question: z.string(),
  answer: z.array(z.string()),
  fake_answer: z.array(z.string()),
  true_texts: z.array(z.string()),
  altered_texts: z.array(z.string()),
  other_texts: z.array(z.string()),
});

/** Other texts that stand between those with the fact. */
const OTHERS = 2;

/**
 * Each case with the true texts, with the altered ones, and with both. An answer over altered sources
 * follows them (`says_altered`); over both, a good answer tells both sides.
 */
export const rgbCounterfactualSuite: QuestionSuite = {
  kind: 'questions',
  name: 'rgb-counterfactual',
  description: 'passages whose fact was altered: what is said over true, altered and both',
  live: false,
  needsData: true,
  open: ({ data, limit }) => {
    const rows = readRows(findData(data, /cases\.jsonl/u), caseSchema);
    const of = { id: (row: z.infer<typeof caseSchema>) => row.qid, kind: () => '' };
    const questions = stratifiedSample(rows, of, limit).flatMap((row): EvalQuestion[] =>
      (['true', 'altered', 'both'] as const).map((kind) => ({
        id: `${row.qid} ${kind}`,
        language: row.lang,
        question: row.question,
        answers: [],
        open: true,
        answerable: true,
        allOf: [row.answer],
        altered: row.fake_answer,
        passages: [
          ...(kind === 'altered' ? [] : row.true_texts),
          ...(kind === 'true' ? [] : row.altered_texts),
          ...row.other_texts.slice(0, OTHERS),
        ].map((text) => ({ title: '', text })),
        labels: { kind, language: row.lang },
      })),
    );
    return Promise.resolve({
      groups: [{ name: 'footnote', questions }],
      // No search happens; the sample web keeps the start from looking for a live one.
      overrides: { search: 'sample' },
      standIn: null,
      close: () => Promise.resolve(),
    });
  },
  summarise: wholeAnswerSummary,
};
