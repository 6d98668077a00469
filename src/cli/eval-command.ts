/** `footnote eval`: its flags, and the product and its stages as the evaluation opens them. */
import type { Writable } from 'node:stream';
import { InvalidArgumentError, type Command } from 'commander';
import { runAblations } from '../../eval/suites/ablations/run-ablations.ts';
import { compareRuns } from '../../eval/report/compare/compare-runs.ts';
import { runEval, type EvalOptions } from '../../eval/run/eval-command.ts';
import { SUITES } from '../../eval/suites/suite-table.ts';
import { PLAIN_SYSTEMS } from '../../eval/suites/baselines/plain-systems.ts';
import { BASELINES } from '../../eval/suites/baselines/baseline-parts.ts';
import type { App } from '../app.ts';
import { AnswerService } from '../answer/answer-service.ts';
import type { WebTap } from '../composition/web-seams.ts';
import { loadConfig, redactConfig, type Config } from '../core/config.ts';
import { FootnoteError } from '../core/errors.ts';
import { STAGES } from './stage-command.ts';

export interface EvalCommandDeps {
  readonly configOf: (command: Command) => Config;
  readonly openApp: (config: Config, web: WebTap | undefined) => Promise<App>;
  readonly signal: AbortSignal;
  readonly stdout: Writable;
  readonly stderr: Writable;
}

interface EvalFlags {
  readonly data: string;
  readonly out: string;
  readonly limit?: number;
  readonly parallel?: number;
  readonly drafts?: number;
  readonly seed?: number;
  readonly baseline?: string;
  readonly beside?: string[];
  readonly replay?: string;
  readonly frozenWeb?: string;
  readonly fresh?: true;
  readonly compare?: string[];
}

const natural = (value: string): number => {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 0) throw new InvalidArgumentError('must be a number');
  return number;
};

/** Adds the command to the program. */
export function addEvalCommand(program: Command, deps: EvalCommandDeps): void {
  const suites = SUITES.map(({ name, description }) => `  ${name.padEnd(18)} ${description}`);
  program
    .command('eval')
    .description('the evaluation: report.json, report.html and the trace of every question')
    .argument('[suite]', 'a suite, or ablations; none with --compare')
    .option('--data <path>', 'file or folder of the suite’s data; some suites need none', '')
    .requiredOption('--out <folder>', 'where the report and the traces go')
    .option('--limit <number>', 'questions in a group', natural)
    .option('--parallel <number>', 'questions asked at the same time; default by cores', natural)
    .option('--seed <number>', 'seed of the sampled drafts; default 0', natural)
    .option('--baseline <name>', `a plain system in place of ours: ${BASELINES.join(', ')}`)
    .option(
      '--beside <names...>',
      `plain systems asked after ours, in the same tables: ${PLAIN_SYSTEMS.join(', ')}`,
    )
    .option('--replay <file>', 'run offline on what an earlier run recorded (web.warc.gz)')
    .option('--frozen-web <folder>', 'pages that stand in for the live web')
    .option('--fresh', 'start anew where the folder holds an earlier run')
    .option('--compare <folders...>', 'two runs: intervals of their differences, flipped questions')
    .addHelpText(
      'after',
      `
A run that was stopped goes on with the same command. --drafts 0 answers with quotations alone.

Suites:
${suites.join('\n')}
  ${'ablations'.padEnd(18)} every baseline and best of 1, 2, 4, 8 drafts from one run over the frozen web

A large model grades beside the metrics with --grader-url and --grader-model (FOOTNOTE_GRADER_KEY).`,
    )
    .action(async (suite: string | undefined, flags: EvalFlags, command: Command) => {
      if (flags.compare !== undefined) {
        const [a, b, more] = flags.compare;
        if (a === undefined || b === undefined || more !== undefined) {
          throw new FootnoteError('bad-request', '--compare takes two folders of finished runs');
        }
        deps.stdout.write(compareRuns(a, b, flags.out));
        return;
      }
      if (suite === undefined) {
        throw new FootnoteError('bad-request', 'name a suite; footnote eval --help lists them');
      }
      // An option of the configuration, which the program has taken before the command sees it.
      const { drafts } = command.optsWithGlobals<{ readonly drafts?: string }>();
      const given = drafts === undefined ? flags : { ...flags, drafts: natural(drafts) };
      const options = evalOptions(suite, given, deps.configOf(command), deps);
      await (suite === 'ablations' ? runAblations(options) : runEval(options));
    });
}

function evalOptions(
  suite: string,
  flags: EvalFlags,
  config: Config,
  deps: EvalCommandDeps,
): EvalOptions {
  const { signal, stderr: log } = deps;
  const { compare: _, ...own } = flags;
  return {
    suite,
    ...own,
    fresh: flags.fresh === true,
    grader:
      config.graderUrl === undefined
        ? null
        : { url: config.graderUrl, model: config.graderModel, key: config.graderKey },
    configuration: redactConfig(config),
    signal,
    log,
    openApp: async (overrides, web) => {
      const merged = loadConfig({ flags: { ...config, ...overrides } });
      const app = await deps.openApp(merged, web);
      await app.warm();
      await app.prepare(deps);
      return {
        parts: app.parts,
        // The evaluation bounds by itself how many questions it asks at once.
        serviceFor: (parts) =>
          new AnswerService(parts, { ...merged, answerCacheSeconds: 0, maxConcurrent: 1_000 }),
        configuration: redactConfig(merged),
        sample: app.sample,
        close: () => app.close(),
      };
    },
    openStage: async (name) => {
      const stage = STAGES.find((one) => one.name === name);
      if (stage === undefined) throw new FootnoteError('bad-request', `no stage ${name}`);
      return stage.open(config, {
        input: process.stdin,
        output: deps.stdout,
        notice: (text) => log.write(`${text}\n`),
        signal,
      });
    },
  };
}
