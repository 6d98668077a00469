/**
 * `footnote eval ablations`: one run over the frozen web with many drafts, and from its traces every
 * baseline, and what each further draft adds. References and drafts are the same for all rows, so that a
 * difference is the part's own. Only the row without retrieval asks the generator again.
 */
import { join } from 'node:path';
import { FootnoteError } from '../../../src/core/errors.ts';
import { packageVersion } from '../../../src/core/package-root.ts';
import type { EvalOptions } from '../../run/eval-command.ts';
import { lexicalJudge } from '../../metrics/lexical-judge.ts';
import type { EvalReport } from '../../report/eval-report.ts';
import { makeReport, reportTable, writeReport } from '../../report/make-report.ts';
import { askQuestion, type AskTools } from '../../run/ask-question.ts';
import type { EvalRecord } from '../../run/eval-record.ts';
import { runItems } from '../../run/run-items.ts';
import { RunJournal } from '../../run/run-journal.ts';
import { supportJudge } from '../../run/support-judge.ts';
import { frozenWebSuite } from '../frozen-web-suites.ts';
import { ablationTables } from './ablation-tables.ts';
import { judgeVariant, UNTIMED, VARIANTS } from './variants.ts';

const DRAFTS = 8;

/** @throws FootnoteError `bad-request` without data */
export async function runAblations(options: EvalOptions): Promise<EvalReport> {
  if (options.data === '') throw new FootnoteError('bad-request', 'ablations needs --data PATH');
  const drafts = options.drafts ?? DRAFTS;
  const seed = options.seed ?? 0;
  const journal = RunJournal.open(
    options.out,
    { suite: 'ablations', version: packageVersion, data: options.data, drafts, seed },
    options.fresh === true,
  );
  const open = await frozenWebSuite.open({
    data: options.data,
    limit: options.limit,
    frozenWeb: undefined,
  });
  const app = await options.openApp({ ...open.overrides, answerCacheSeconds: 0 }, undefined);
  const judge = supportJudge(await options.openStage('support'));
  const scorer = await options.openStage('score');
  try {
    const measure = {
      judges: [
        { judge, suffix: '' },
        { judge: lexicalJudge, suffix: '_lexical' },
      ],
      grade: null,
    };
    // All drafts are judged as wholes: what the rows choose among.
    const parts = { ...app.parts, writer: undefined };
    const tools: AskTools = { ...app, parts, measure, baseline: null, drafts, seed };
    const questions = open.groups.flatMap(({ name, questions: own }) =>
      own.map((question) => ({ name, question })),
    );
    const run = { ...options, journal, parallel: options.parallel ?? 1 };
    const traced = await runItems(
      questions.map(({ name, question }) => ({
        group: name,
        id: question.id,
        work: () => askQuestion(name, question, tools, options),
      })),
      run,
    );
    const closed = await runItems(
      questions
        .filter(({ name }) => name !== 'unanswerable')
        .map(({ name, question }) => ({
          group: `no-retrieval ${name}`,
          id: question.id,
          work: () =>
            askQuestion(
              `no-retrieval ${name}`,
              question,
              { ...tools, baseline: 'no-retrieval', drafts: 1 },
              options,
            ),
        })),
      run,
    );
    const byId = new Map(
      questions.map(({ name, question }) => [`${name}/${question.id}`, question]),
    );
    const records: EvalRecord[] = [];
    for (const variant of VARIANTS) {
      for (const record of traced) {
        const question = byId.get(`${record.group}/${record.id}`);
        if (question === undefined || record.error !== null) continue;
        const judged = await judgeVariant(variant, record, question, app.parts, measure, options);
        records.push(judged);
      }
      options.log.write(`${variant.name}: ${traced.length} questions judged\n`);
    }
    records.push(
      ...closed.map((record) => ({
        ...record,
        group: 'no-retrieval',
        answer: record.answer === null ? null : { ...record.answer, timings_ms: UNTIMED },
        labels: { language: record.group.replace('no-retrieval ', '') },
        trace: undefined,
      })),
    );
    const scored = await withPreference(records, scorer, options.signal);
    const report = makeReport({
      suite: 'ablations',
      notes: [
        `all rows judge the same references and up to ${drafts} drafts of one run; so seconds are not shown (see the suites frozen-web and efficiency)`,
        `citation figures: ALCE's definitions, entailment by ${judge.name}; lexical: by ${lexicalJudge.name}`,
        "preferred: how often our own scorer puts the answer above the first draft's, ties half",
      ],
      configuration: app.configuration,
      extra: ablationTables(scored),
      records: scored,
    });
    writeReport(report, options.out);
    options.log.write(reportTable({ ...report, groups: {} }));
    options.log.write(`report: ${join(options.out, 'report.html')}\n`);
    return report;
  } finally {
    await Promise.allSettled([app.close(), judge.close(), scorer.close(), open.close()]);
  }
}

/** Adds what the scorer thinks of each answer beside the first draft's to the same question. */
async function withPreference(
  records: readonly EvalRecord[],
  scorer: Awaited<ReturnType<EvalOptions['openStage']>>,
  signal: AbortSignal,
): Promise<EvalRecord[]> {
  const scores = new Map<EvalRecord, number>();
  const first = new Map<string, number>();
  for (const record of records) {
    if (record.answer === null || record.answer.abstained) continue;
    const { answer, question, references } = {
      ...record.answer,
      answer: record.answer.sentences.map(({ text }) => text).join(' '),
    };
    const line = { id: 0, question, answer, references };
    const { score } = (await scorer.work(line, signal)) as { readonly score: number };
    scores.set(record, score);
    if (record.group === 'first-draft') first.set(record.id, score);
  }
  return records.map((record) => {
    const own = scores.get(record);
    const other = first.get(record.id);
    if (own === undefined || other === undefined) return record;
    const preferred = own === other ? 0.5 : own > other ? 1 : 0;
    return { ...record, metrics: { ...record.metrics, preferred, preference: own } };
  });
}
