/** Suites over webs of our own: the frozen one, and the built-in sample. */
import { readPages, readQuestions, sampleQuestions } from './frozen-web/frozen-web-data.ts';
import { startFrozenWeb } from './frozen-web/frozen-web-server.ts';
import { areaUnderRisk, riskCoverage } from '../metrics/risk-coverage.ts';
import type { EvalRecord } from '../run/eval-record.ts';
import { sampleWebQuestions } from './sample-web.ts';
import type { OpenQuestions, QuestionSuite, SuiteOptions, Summary } from './suite.ts';
import { frozenOverrides } from './web-of-suite.ts';

async function openFrozenWeb(
  options: SuiteOptions,
  kinds: readonly ('en' | 'zh' | 'unanswerable')[],
): Promise<OpenQuestions> {
  const questions = readQuestions(options.data);
  const web = await startFrozenWeb(readPages(options.data));
  const limit = options.limit ?? 40;
  return {
    groups: kinds.map((name) => ({
      name,
      questions: sampleQuestions(questions, name, name === 'en' ? limit : Math.ceil(limit / 2)).map(
        (one) => ({
          id: one.qid,
          language: one.lang,
          question: one.question,
          answers: one.answers,
          goldUrl: web.url(one.page_id),
        }),
      ),
    })),
    overrides: frozenOverrides(web),
    standIn: null,
    close: () => web.close(),
  };
}

/** The risk-coverage curve over answerable and unanswerable questions, with the default's point on it. */
export function abstentionSummary(records: readonly EvalRecord[]): Summary {
  const items = records.flatMap(({ metrics, gold }) => {
    const { confidence, right_if_answered: right } = metrics;
    if (confidence === undefined || right === undefined) return [];
    return [{ confidence, right: right === 1, answerable: gold.length > 0 }];
  });
  if (items.length === 0) return {};
  const answered = records.filter(({ metrics }) => metrics['abstained'] === 0);
  const share = (some: readonly EvalRecord[], abstained: number): number | null =>
    some.length === 0
      ? null
      : some.filter(({ metrics }) => metrics['abstained'] === abstained).length / some.length;
  return {
    abstention: {
      'area under the risk-coverage curve': areaUnderRisk(items),
      'answerable answered': share(
        records.filter(({ gold }) => gold.length > 0),
        0,
      ),
      'unanswerable declined': share(
        records.filter(({ gold }) => gold.length === 0),
        1,
      ),
      'coverage at the default point': answered.length / records.length,
      'risk at the default point':
        answered.length === 0
          ? 0
          : answered.filter(({ metrics }) => metrics['correct'] !== 1).length / answered.length,
    },
    risk_coverage: riskCoverage(items),
  };
}

export const frozenWebSuite: QuestionSuite = {
  kind: 'questions',
  name: 'frozen-web',
  description: 'Wikipedia pages on loopback: retrieval, correctness, citations, abstention',
  live: false,
  needsData: true,
  open: (options) => openFrozenWeb(options, ['en', 'zh', 'unanswerable']),
  summarise: abstentionSummary,
};

export const efficiencySuite: QuestionSuite = {
  kind: 'questions',
  name: 'efficiency',
  description: 'seconds by stage over the frozen web (or the sample web without --data)',
  live: false,
  needsData: false,
  timed: true,
  open: (options) =>
    options.data === ''
      ? openSampleWeb(options, ['en', 'zh'])
      : openFrozenWeb(options, ['en', 'zh']),
};

function openSampleWeb(
  options: SuiteOptions,
  groups: readonly ('en' | 'zh' | 'unanswerable')[],
): Promise<OpenQuestions> {
  return Promise.resolve({
    groups: groups.map((name) => ({
      name,
      questions: sampleWebQuestions(name).slice(0, options.limit),
    })),
    overrides: { search: 'sample' },
    standIn: null,
    close: () => Promise.resolve(),
  });
}

export const sampleWebSuite: QuestionSuite = {
  kind: 'questions',
  name: 'sample-web',
  description: 'the built-in sample web; needs no data',
  live: false,
  needsData: false,
  open: (options) => openSampleWeb(options, ['en', 'zh', 'unanswerable']),
  summarise: abstentionSummary,
};
