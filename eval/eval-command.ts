/** `footnote eval SUITE --data FILE_OR_DIR [--limit N] --out DIR` */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Writable } from 'node:stream';
import { z } from 'zod';
import type { AnswerService } from '../src/answer-service.ts';
import { FootnoteError } from '../src/core/errors.ts';
import {
  readPages,
  readQuestions,
  readRows,
  sampleQuestions,
} from './frozen-web/frozen-web-data.ts';
import { startFrozenWeb } from './frozen-web/frozen-web-server.ts';
import { makeReport, reportTable, writeReport, type EvalReport } from './report.ts';
import type { AnswerRecord, EvalQuestion } from './suites/answer-record.ts';
import { sampleWebQuestions } from './suites/sample-web.ts';
import { runQuestions } from './suites/run-questions.ts';

interface EvalApp {
  readonly service: AnswerService;
  readonly configuration: Readonly<Record<string, unknown>>;
  close(): Promise<void>;
}

export interface EvalOptions {
  readonly suite: string;
  readonly data: string;
  readonly out: string;
  /** Questions in a group; default 40, and half as many Chinese ones. */
  readonly limit?: number | undefined;
  readonly drafts?: number | undefined;
  readonly parallel?: number | undefined;
  readonly signal: AbortSignal;
  readonly log: Writable;
  /** Composes the product with these settings over the user's own. */
  readonly openApp: (overrides: Readonly<Record<string, unknown>>) => Promise<EvalApp>;
}

const LIVE_SUITES = [
  'questions',
  'webglm-nq',
  'webglm-webq',
  'nq-open',
  'simpleqa',
  'chinese-simpleqa',
];

/** @throws FootnoteError `bad-request` for a suite that does not exist */
export async function runEval(options: EvalOptions): Promise<EvalReport> {
  let report: EvalReport;
  if (options.suite !== 'sample-web' && options.data === '') {
    throw new FootnoteError('bad-request', `the suite ${options.suite} needs --data PATH`);
  }
  if (options.suite === 'frozen-web') report = await frozenWeb(options);
  else if (options.suite === 'sample-web') report = await sampleWeb(options);
  else if (LIVE_SUITES.includes(options.suite)) report = await liveQuestions(options);
  else {
    throw new FootnoteError(
      'bad-request',
      `no suite ${options.suite}; there are: frozen-web, sample-web, ${LIVE_SUITES.join(', ')}`,
    );
  }
  writeReport(report, options.out);
  options.log.write(reportTable(report));
  return report;
}

async function frozenWeb(options: EvalOptions): Promise<EvalReport> {
  const web = await startFrozenWeb(readPages(options.data));
  const app = await options.openApp({
    search: 'searxng',
    searxngUrl: web.origin,
    fetchAllow: web.allow,
    answerCacheSeconds: 0,
  });
  try {
    const questions = readQuestions(options.data);
    const limit = options.limit ?? 40;
    const records: AnswerRecord[] = [];
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    for (const [group, count] of [
      ['en', limit],
      ['zh', Math.ceil(limit / 2)],
      ['unanswerable', Math.ceil(limit / 2)],
    ] as const) {
      const sample = sampleQuestions(questions, group, count).map((one): EvalQuestion => ({
        id: one.qid,
        language: one.lang,
        question: one.question,
        answers: one.answers,
        goldUrl: web.url(one.page_id),
      }));
      records.push(...(await ask(app, group, sample, options)));
    }
    delay.disable();
    return makeReport('frozen-web', records, app.configuration, {
      event_loop_delay_ms: { p99: delay.percentile(99) / 1e6, max: delay.max / 1e6 },
    });
  } finally {
    await app.close();
    await web.close();
  }
}

/** The sample web's own questions; needs no data. */
async function sampleWeb(options: EvalOptions): Promise<EvalReport> {
  const app = await options.openApp({ search: 'sample', answerCacheSeconds: 0 });
  try {
    const records: AnswerRecord[] = [];
    for (const group of ['en', 'zh', 'unanswerable'] as const) {
      const questions = sampleWebQuestions(group).slice(0, options.limit);
      records.push(...(await ask(app, group, questions, options)));
    }
    return makeReport('sample-web', records, app.configuration, {});
  } finally {
    await app.close();
  }
}

const liveSchema = z.object({
  qid: z.string().optional(),
  id: z.string().optional(),
  lang: z.string().default('en'),
  question: z.string(),
  answers: z.array(z.string()).default([]),
});

/** Any JSON Lines file of questions, over whatever search is configured. */
async function liveQuestions(options: EvalOptions): Promise<EvalReport> {
  const rows = readRows(options.data, liveSchema).slice(0, options.limit);
  const app = await options.openApp({ answerCacheSeconds: 0 });
  try {
    const questions = rows.map((row, index): EvalQuestion => ({
      id: row.qid ?? row.id ?? String(index),
      language: row.lang,
      question: row.question,
      answers: row.answers,
    }));
    const records = await ask(app, options.suite, questions, options);
    return makeReport(options.suite, records, app.configuration, {});
  } finally {
    await app.close();
  }
}

function ask(
  app: EvalApp,
  group: string,
  questions: readonly EvalQuestion[],
  options: EvalOptions,
): Promise<AnswerRecord[]> {
  return runQuestions(app.service, group, questions, {
    signal: options.signal,
    drafts: options.drafts,
    parallel: options.parallel,
    onRecord: ({ metrics, question }, done, total) => {
      const mark =
        metrics['failed'] === 1
          ? '!'
          : (metrics['correct'] ?? metrics['abstained']) === 1
            ? '+'
            : '-';
      options.log.write(`${group} ${done}/${total} ${mark} ${question.slice(0, 100)}\n`);
    },
  });
}
