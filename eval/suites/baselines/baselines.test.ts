/** Baselines and ablation rows on one question, judged by the real scorer. */
import { describe, expect, it } from 'vitest';
import { judgeDrafts } from '../../../scorer/judge-drafts.ts';
import { abstention } from '../../../scorer/abstain/abstention.ts';
import type { PipelineParts } from '../../../src/answer/pipeline-parts.ts';
import type { Answer, Draft, Question, Reference } from '../../../src/core/nouns.ts';
import { lexicalJudge } from '../../metrics/lexical-judge.ts';
import type { EvalRecord } from '../../run/eval-record.ts';
import { emptyTrace } from '../../run/question-trace.ts';
import { judgeVariant, VARIANTS } from '../ablations/variants.ts';
import { ablationTables } from '../ablations/ablation-tables.ts';
import { BASELINES, baselineJudge, type BaselineName } from './baseline-parts.ts';

const options = { signal: new AbortController().signal };
const TEXT =
  'The lighthouse on the rock was finished in 1698 by Henry Winstanley. It stood for five years. The tower that stands today was lit in 1882.';
const evidence = { reference: 1, start: 0, end: 68, text: TEXT.slice(0, 68), score: 0.9 };
const reference: Reference = {
  number: 1,
  url: 'https://lights.example/',
  title: 'Lighthouses',
  site: 'lights.example',
  language: 'en',
  publishedAt: null,
  fetchedAt: '2026-01-01T00:00:00Z',
  text: TEXT,
  score: 1,
  evidence: [evidence],
};
const draft = (text: string, kind: Draft['kind'] = 'generated'): Draft => ({
  kind,
  text,
  promptTokens: 1,
  completionTokens: 1,
  finishReason: 'stop',
  meanLogProbability: null,
});
const drafts = [
  draft('The lighthouse on the rock was finished in 1705 by Henry Winstanley.'),
  draft('The lighthouse was finished in 1698 by Henry Winstanley.'),
  draft(evidence.text, 'extractive'),
];
const question: Question = {
  text: 'When was the lighthouse on the rock finished?',
  language: 'en',
  askedAt: '2026-01-01T00:00:00Z',
  sites: [],
};
const judge: PipelineParts['judge'] = (input) =>
  Promise.resolve(
    judgeDrafts({ ...input, question: input.question.text, language: input.question.language }),
  );

async function judged(name: BaselineName): Promise<string> {
  const { best, abstained } = await baselineJudge(
    name,
    judge,
    'en/1',
  )({ question, drafts, references: [reference], answerability: 0.9, pages: 1 }, options);
  return abstained ? 'abstained' : (best?.cited.answer ?? '');
}

describe('baselines', () => {
  it('no-support shows the false draft; the support judge does not', async () => {
    expect(await judged('no-support')).toBe(`${drafts[0]?.text ?? ''}[1]`);
    expect(await judged('first-draft')).not.toContain('1705');
    expect(await judged('no-scorer')).toContain('1698');
  });

  it('copy-top-passage cites every sentence of the passage, exactly', async () => {
    const { best } = await baselineJudge(
      'copy-top-passage',
      judge,
      'en/1',
    )({ question, drafts, references: [reference], answerability: 0.9, pages: 1 }, options);
    const sentences = best?.cited.sentences ?? [];
    expect(sentences).toHaveLength(3);
    for (const { text, start, end, citations } of sentences) {
      expect(best?.cited.answer.slice(start, end)).toBe(text);
      expect(citations.map(({ quote }) => quote)).toEqual([text]);
      expect(TEXT.slice(citations[0]?.start, citations[0]?.end)).toBe(text);
    }
  });

  it('no-retrieval cites nothing; random-draft is the same for the same question', async () => {
    expect(await judged('no-retrieval')).toBe(drafts[0]?.text);
    expect(await judged('random-draft')).toBe(await judged('random-draft'));
  });
});

describe('ablation rows', () => {
  const answer: Answer = {
    id: '1',
    question: question.text,
    answer: '',
    abstained: false,
    language: 'en',
    sentences: [],
    references: [],
    score: 1,
    model: 'm',
    usage: { prompt_tokens: 1, completion_tokens: 1 },
    timings_ms: { search: 0, fetch: 0, extract: 0, rank: 0, generate: 0, score: 0, total: 0 },
    steps: [],
    warnings: [],
  };
  const record: EvalRecord = {
    id: '1',
    group: 'en',
    question: question.text,
    gold: ['1698'],
    error: null,
    metrics: {},
    answer: {
      ...answer,
      references: [
        {
          number: 1,
          url: reference.url,
          title: reference.title,
          site: reference.site,
          published_at: null,
          fetched_at: reference.fetchedAt,
          text: TEXT,
          score: 1,
          evidence: [],
        },
      ],
    },
    trace: { ...emptyTrace(), references: [reference], drafts, answerability: 0.9, pages: 1 },
  };
  // Only what a row asks of the pipeline: its judge and its words for an abstention.
  const parts = {
    judge,
    abstention: (_: Question, references: readonly Reference[]) => abstention(references, 'en'),
  } as unknown as PipelineParts;

  it('judges the same drafts every way, and tables them', async () => {
    const rows = await Promise.all(
      VARIANTS.map((variant) =>
        judgeVariant(
          variant,
          record,
          { id: '1', language: 'en', question: question.text, answers: ['1698'] },
          parts,
          { judges: [{ judge: lexicalJudge, suffix: '_lexical' }], grade: null },
          options,
        ),
      ),
    );
    const correct = Object.fromEntries(
      rows.map(({ group, metrics }) => [group, metrics['correct']]),
    );
    expect(correct).toMatchObject({
      'best of 2': 1,
      'quotations alone': 1,
      'no-support': 0,
      'copy-top-passage': 1,
    });
    const tables = ablationTables(rows);
    expect(Object.keys(tables)).toEqual(['en: systems', 'en: what each further draft adds']);
    expect(tables['en: systems']?.['copy-top-passage']).toMatchObject({
      questions: 1,
      correct: 1,
      'recall, lexical': 1,
    });
    expect(Object.keys(tables['en: what each further draft adds'] ?? {})).toEqual([
      ...[1, 2, 4, 8].map((count) => `best of ${count}`),
      ...[1, 2, 4, 8].map((count) => `drafts alone, best of ${count}`),
      'first-draft',
      'random-draft',
    ]);
    const names = new Set(Object.keys(tables['en: systems'] ?? {}));
    expect(BASELINES.filter((name) => name !== 'no-retrieval' && !names.has(name))).toEqual([]);
  });
});
