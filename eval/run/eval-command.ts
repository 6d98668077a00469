/** `footnote eval SUITE --data FILE_OR_DIR [--limit N] --out DIR` */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Writable } from 'node:stream';
import type { PipelineParts } from '../../src/answer/pipeline-parts.ts';
import type { AnswerService } from '../../src/answer/answer-service.ts';
import type { WebTap } from '../../src/composition/web-seams.ts';
import { FootnoteError } from '../../src/core/errors.ts';
import { packageVersion } from '../../src/core/package-root.ts';
import { BASELINES, type BaselineName } from '../suites/baselines/baseline-parts.ts';
import { ModelGrader, type GraderOptions } from '../metrics/graders/model-grader.ts';
import { lexicalJudge } from '../metrics/lexical-judge.ts';
import type { EvalReport } from '../report/eval-report.ts';
import { makeReport, reportTable, writeReport } from '../report/make-report.ts';
import type { EvalRecord } from './eval-record.ts';
import type { MeasureTools } from './measure-answer.ts';
import { itemsOf, plainSystems, waitForIndex } from './question-items.ts';
import { runItems } from './run-items.ts';
import { RunJournal } from './run-journal.ts';
import { runStage, type OpenStage } from './run-stage.ts';
import { supportJudge } from './support-judge.ts';
import type { QuestionSuite, Suite } from '../suites/suite.ts';
import { SUITES } from '../suites/suite-table.ts';
import { recordingTap, replayTap } from './warc/archive-taps.ts';
import { ArchiveWriter } from './warc/archive-writer.ts';
import { WebArchive } from './warc/web-archive.ts';

interface EvalApp {
  readonly parts: PipelineParts;
  /** The product's service around the given parts, without a cache. */
  readonly serviceFor: (parts: PipelineParts) => Pick<AnswerService, 'answer'>;
  readonly configuration: Readonly<Record<string, unknown>>;
  /** True: no web was reached, and the built-in sample web answers. */
  readonly sample: boolean;
  close(): Promise<void>;
}

export interface EvalOptions {
  readonly suite: string;
  /** File or folder; empty for suites that need none. */
  readonly data: string;
  readonly out: string;
  /** Items in a group; default: the suite's own (frozen web: 40, and half as many Chinese ones). */
  readonly limit?: number | undefined;
  readonly drafts?: number | undefined;
  /** Questions asked at the same time; default by the number of cores, and 1 where time is measured. */
  readonly parallel?: number | undefined;
  readonly seed?: number | undefined;
  readonly baseline?: string | undefined;
  /** Plain systems asked after ours, over what ours found, in the same tables. */
  readonly beside?: readonly string[] | undefined;
  /** A WARC file of an earlier run: its web is used in place of any. */
  readonly replay?: string | undefined;
  /** Folder of a frozen web that stands in for the live one. */
  readonly frozenWeb?: string | undefined;
  /** True: what an earlier run left in `out` is removed. */
  readonly fresh?: boolean | undefined;
  readonly grader?: GraderOptions | null | undefined;
  /** The user's configuration without secrets: part of what tells two runs apart. */
  readonly configuration: Readonly<Record<string, unknown>>;
  readonly signal: AbortSignal;
  readonly log: Writable;
  /** Composes the product with these settings over the user's own. */
  readonly openApp: (
    overrides: Readonly<Record<string, unknown>>,
    web: WebTap | undefined,
  ) => Promise<EvalApp>;
  readonly openStage: (name: string) => Promise<OpenStage>;
}

/** Options that say where things are, or how fast they go, not what comes out. */
const VOLATILE = new Set(
  `host port apiKeys logLevel threads cacheDir modelDir maxConcurrent maxQueued maxWaitSeconds answerCacheSeconds
  searxngUrl fetchAllow pipCommand hubEndpoint chromiumPath graderUrl`.split(/\s+/u),
);

/** @throws FootnoteError `bad-request` for a suite, baseline or file that does not exist */
export async function runEval(options: EvalOptions): Promise<EvalReport> {
  const suite = SUITES.find(({ name }) => name === options.suite);
  if (suite === undefined) {
    const names = SUITES.map(({ name }) => name).join(', ');
    throw new FootnoteError('bad-request', `no suite ${options.suite}; there are: ${names}`);
  }
  if (suite.needsData && options.data === '') {
    throw new FootnoteError('bad-request', `the suite ${suite.name} needs --data PATH`);
  }
  const report =
    suite.kind === 'stage'
      ? await stageReport(suite, options)
      : await questionReport(suite, options);
  writeReport(report, options.out);
  options.log.write(reportTable(report));
  options.log.write(`report: ${join(options.out, 'report.html')}\n`);
  return report;
}

function openJournal(suite: Suite, options: EvalOptions): RunJournal {
  const settings = {
    suite: suite.name,
    version: packageVersion,
    data: options.data,
    drafts: options.drafts,
    seed: options.seed ?? 0,
    baseline: options.baseline,
    beside: options.beside,
    replay: options.replay,
    frozenWeb: options.frozenWeb,
    grader: options.grader?.model,
    configuration: Object.fromEntries(
      Object.entries(options.configuration).filter(([name]) => !VOLATILE.has(name)),
    ),
  };
  return RunJournal.open(options.out, settings, options.fresh === true);
}

async function stageReport(
  suite: Extract<Suite, { kind: 'stage' }>,
  options: EvalOptions,
): Promise<EvalReport> {
  const journal = openJournal(suite, options);
  const stage = await options.openStage(suite.stage);
  try {
    const records = await runStage(suite, stage, { ...options, journal });
    const { configuration } = options;
    const notes = [`what is measured is the line that \`footnote ${suite.stage} --jsonl\` gives`];
    const extra = suite.summarise?.(records) ?? {};
    return makeReport({ suite: suite.name, notes, configuration, extra, records });
  } finally {
    await stage.close();
  }
}

async function questionReport(suite: QuestionSuite, options: EvalOptions): Promise<EvalReport> {
  const baseline = baselineOf(options.baseline);
  const beside = plainSystems(options.beside);
  const journal = openJournal(suite, options);
  const open = await suite.open({
    data: options.data,
    limit: options.limit,
    frozenWeb: options.replay === undefined ? options.frozenWeb : undefined,
    corpus: asText(options.configuration['corpusDir']),
  });
  const notes: string[] = open.standIn === null ? [] : [open.standIn];
  let web = open.tap;
  let writer: ArchiveWriter | null = null;
  if (options.replay !== undefined) {
    web = replayTap(await WebArchive.open(options.replay));
    notes.push(
      `replayed from ${options.replay}: no web was touched; search and fetch took no time`,
    );
  } else if (suite.live) {
    writer = await ArchiveWriter.open(join(options.out, 'web.warc.gz'));
    web = recordingTap(writer);
    notes.push('what was searched and fetched is in web.warc.gz; --replay FILE runs on it offline');
  }
  const app = await options.openApp(
    {
      ...open.overrides,
      // Behind an offline tap any provider will do: it is never asked.
      ...(web?.offline === true ? { search: 'mediawiki' } : {}),
      answerCacheSeconds: 0,
    },
    web,
  );
  const judge = supportJudge(await options.openStage('support'));
  try {
    if (app.sample && suite.live && open.standIn === null) {
      notes.push(
        'no web was reached: the built-in sample web stands in for it, and holds almost none of the answers',
      );
    }
    if (baseline !== null) notes.push(`baseline: ${baseline}`);
    const grader = graderOf(options, notes);
    const measure: MeasureTools = {
      judges: [
        { judge, suffix: '' },
        { judge: lexicalJudge, suffix: '_lexical' },
        ...(grader === null ? [] : [{ judge: grader, suffix: '_graded' }]),
      ],
      grade:
        grader === null
          ? null
          : ({ question, answers: gold }, answer, call) =>
              grader.grade({ question, gold, answer }, call),
    };
    notes.push(
      `citation_recall and citation_precision: ALCE's definitions, entailment by ${judge.name}; _lexical: by ${lexicalJudge.name}`,
    );
    const parallel =
      options.parallel ??
      (suite.timed === true ? 1 : Math.max(1, Math.min(4, Math.floor(availableParallelism() / 4))));
    if (parallel > 1)
      notes.push(`${parallel} questions at a time: seconds are longer than for one`);
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    const tools = {
      ...app,
      measure,
      baseline,
      drafts: options.drafts,
      seed: options.seed ?? 0,
    };
    if (open.indexed === true) await waitForIndex(app.parts, options);
    const records: EvalRecord[] = await runItems(
      open.groups.flatMap(({ name, questions }) =>
        questions.flatMap((question) => itemsOf(name, question, beside, tools, options)),
      ),
      { ...options, parallel, journal },
    );
    delay.disable();
    await writer?.flush();
    const extra = {
      ...suite.summarise?.(records),
      event_loop_delay_ms: { p99: delay.percentile(99) / 1e6, max: delay.max / 1e6 },
    };
    const { configuration } = app;
    return makeReport({ suite: suite.name, notes, configuration, extra, records });
  } finally {
    await Promise.allSettled([app.close(), judge.close(), open.close(), writer?.flush()]);
  }
}

const asText = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : undefined;

function baselineOf(name: string | undefined): BaselineName | null {
  if (name === undefined) return null;
  const found = BASELINES.find((one) => one === name);
  if (found === undefined) {
    throw new FootnoteError(
      'bad-request',
      `no baseline ${name}; there are: ${BASELINES.join(', ')}`,
    );
  }
  return found;
}

function graderOf({ grader }: EvalOptions, notes: string[]): ModelGrader | null {
  if (grader === null || grader === undefined) return null;
  notes.push(`graded_* and *_graded: by the model ${grader.model} at ${new URL(grader.url).host}`);
  return new ModelGrader(grader);
}
