#!/usr/bin/env node
/** The `footnote` command. */
import { Argument, Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { pino } from 'pino';
import type { App } from './app.ts';
import type { AnswerRequest } from './answer/answer-service.ts';
import { ask } from './cli/ask-command.ts';
import { chat } from './cli/chat-command.ts';
import { completionScript, SHELLS, type Shell } from './cli/completion.ts';
import { keysNewCommand } from './cli/keys-command.ts';
import { modelsListCommand, modelsPullCommand, modelsVerifyCommand } from './cli/models-command.ts';
import { waitUntilIndexed } from './cli/wait-until-indexed.ts';
import { verify, VERIFY_FORMATS, type VerifyFormat } from './cli/verify-command.ts';
import type { WebTap } from './composition/web-seams.ts';
import {
  CONFIG_FIELDS,
  loadConfig,
  terminalOpensLinks,
  type Config,
  type ConfigName,
} from './core/config.ts';
import { FootnoteError, toFootnoteError } from './core/errors.ts';
import { packageVersion } from './core/package-root.ts';
import { ProgressLine } from './runtime/models/progress-line.ts';

const stop = new AbortController();
const terminal = {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  links: terminalOpensLinks(),
};
const kebab = (name: string): string =>
  name.replace(/[A-Z]/gu, (upper) => `-${upper.toLowerCase()}`);

/** Options of one subcommand that are configuration, by their flag. */
function configOf(command: Command): Config {
  const given = command.optsWithGlobals<Record<string, unknown>>();
  const flags = Object.fromEntries(
    Object.keys(CONFIG_FIELDS).map((name) => [name, given[name]]),
  ) as Partial<Record<ConfigName, unknown>>;
  return loadConfig({ flags, file: given['config'] as string | undefined });
}

/** An app that tells on stderr what it fetches and passes over. */
async function openApp(config: Config, signal = stop.signal, web?: WebTap): Promise<App> {
  const { createApp } = await import('./app.ts');
  const line = new ProgressLine(process.stderr);
  const notice = (message: string): void => {
    line.notice(message);
  };
  return createApp(config, {
    signal,
    web,
    onNotice: notice,
    onProgress: (progress) => {
      line.update(progress);
    },
  });
}

const positive = (value: string): number => {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 0) throw new InvalidArgumentError('must be a number');
  return number;
};

const program = new Command('footnote')
  .description('Answers from the web in which every sentence carries a checked citation.')
  .version(packageVersion)
  .showHelpAfterError()
  .configureHelp({ showGlobalOptions: false })
  .exitOverride()
  .addHelpText(
    'after',
    `
Examples:
  $ footnote ask "When did the Eiffel Tower open?"
  $ footnote ask --json --lang zh "大熊猫吃什么？" | jq -r .answer
  $ FOOTNOTE_CORPUS_DIR=~/papers FOOTNOTE_SEARCH=local footnote ask "What did we measure in May?"
  $ footnote serve --port 8080
  $ footnote doctor

Every option of the configuration is also a flag of every command (see footnote doctor).`,
  );
program.option('--config <file>', 'JSON file with configuration');
for (const [name, field] of Object.entries(CONFIG_FIELDS)) {
  program.addOption(
    new Option(`--${kebab(name)} <value>`, `${field.help} (${field.env})`).hideHelp(),
  );
}

program
  .command('ask')
  .description('answer one question with citations')
  .argument('<question>')
  .option('--json', 'print the Answer object and nothing else on stdout')
  .option('--lang <tag>', 'language of the answer, such as zh; default: that of the question')
  .option('--freshness <span>', 'day, week, month, year, or a date: how recent sources must be')
  .option('--site <host...>', 'limit the search to these hosts')
  .option('--seed <number>', 'seed of the sampled drafts', positive)
  .option('--no-wait', 'do not wait until a folder is indexed; answer from what is there')
  .option('--strict', 'exit with 3 when the sources do not hold an answer')
  .addHelpText(
    'after',
    `
Examples:
  $ footnote ask "When did the Eiffel Tower open?"
  $ footnote ask --freshness week --site bbc.com "What was decided on fishing quotas?"
  $ footnote ask --json "How deep is Lake Baikal?" | jq -r '.sentences[].citations[].url'
  $ footnote ask --strict "Who won?" > answer.txt || echo "no answer ($?)"

The answer goes to stdout, everything else to stderr. Exit codes: 0 answered (or declined, without
--strict), 1 failed, 2 wrong usage or configuration, 3 declined with --strict, 130 stopped.`,
  )
  .action(async (question: string, options: AskOptions, command: Command) => {
    const config = configOf(command);
    const app = await openApp(config);
    try {
      // Models load while the search runs; what fails here is said where it is needed.
      app.warm().catch(() => undefined);
      if (options.wait) await waitUntilIndexed(app, terminal.stderr, stop);
      const request: AnswerRequest = {
        question,
        language: options.lang,
        freshness: options.freshness,
        sites: options.site,
        seed: options.seed,
      };
      const answer = await ask(app.service, request, terminal, {
        json: options.json === true,
        signal: stop.signal,
      });
      if (answer.abstained && options.strict === true) process.exitCode = 3;
    } finally {
      await app.close();
    }
  });

interface AskOptions {
  readonly json?: true;
  readonly strict?: true;
  readonly wait: boolean;
  readonly lang?: string;
  readonly freshness?: string;
  readonly site?: string[];
  readonly seed?: number;
}

program
  .command('serve')
  .description('the REST service, with the web page at /')
  .action(async (_: unknown, command: Command) => {
    const config = configOf(command);
    const logger = pino({ level: config.logLevel }, pino.destination(2));
    // Stopping must not take the models from answers in hand: the service closes the app itself.
    const app = await openApp(config, new AbortController().signal);
    const { serve } = await import('./cli/serve-command.ts');
    await serve(app, config, logger, stop.signal);
  });

program
  .command('chat')
  .description('a conversation in the terminal')
  .option('--lang <tag>', 'language of the answers')
  .addHelpText(
    'after',
    `
Examples:
  $ footnote chat
  > How deep is Lake Baikal?
  > And how old?                          a follow-up: the conversation goes with it
  > /sources                              /new, /help, /quit
  $ footnote chat < questions.txt > answers.txt

Ctrl-C stops the answer first and the program second.`,
  )
  .action(async (options: { readonly lang?: string }, command: Command) => {
    const app = await openApp(configOf(command));
    try {
      // Models load while the first question is typed.
      app.warm().catch(() => undefined);
      const failures = await chat(app.service, terminal, {
        language: options.lang,
        signal: stop.signal,
      });
      if (failures > 0 && !process.stdin.isTTY) process.exitCode = 1;
    } finally {
      await app.close();
    }
  });

program
  .command('verify')
  .description('check every sentence of a text against texts, pages or a search')
  .argument('[file]', 'the text; - or none: stdin')
  .option('--url <url...>', 'check against these pages')
  .option('--reference <file...>', 'check against the texts of these files')
  .option('--search', 'check against what a search finds')
  .option('--question <text>', 'what the text answers')
  .addOption(
    new Option('--format <name>', 'how to print the verdicts')
      .choices(VERIFY_FORMATS)
      .default('text'),
  )
  .addHelpText(
    'after',
    `
Examples:
  $ footnote verify answer.md --url https://example.org/report
  $ some-model "…" | footnote verify --reference notes.txt --format junit > verify.xml

Exit codes: 0 every claim is supported, 1 failed, 2 wrong usage or configuration, 3 some claim is not
supported, 130 stopped.`,
  )
  .action(async (file: string | undefined, options: VerifyOptions, command: Command) => {
    const app = await openApp(configOf(command));
    try {
      const held = await verify(app.verifier, terminal, {
        file,
        urls: options.url ?? [],
        referenceFiles: options.reference ?? [],
        search: options.search === true,
        question: options.question,
        format: options.format,
        signal: stop.signal,
      });
      if (!held) process.exitCode = 3;
    } finally {
      await app.close();
    }
  });

interface VerifyOptions {
  readonly url?: string[];
  readonly reference?: string[];
  readonly search?: true;
  readonly question?: string;
  readonly format: VerifyFormat;
}

program
  .command('mcp')
  .description(
    'tools for agents over the Model Context Protocol: answer, search, read_page, verify',
  )
  .option('--http', 'streamable HTTP at /mcp on --host and --port, in place of stdin and stdout')
  .addHelpText(
    'after',
    `
Examples:
  $ footnote mcp                          for a client that starts it: command "footnote", args ["mcp"]
  $ footnote mcp --http --port 8081       http://127.0.0.1:8081/mcp; FOOTNOTE_API_KEYS asks for a key`,
  )
  .action(async (options: { readonly http?: true }, command: Command) => {
    const config = configOf(command);
    const app = await openApp(config, new AbortController().signal);
    const { mcp } = await import('./cli/mcp-command.ts');
    await mcp(app, config, { http: options.http === true, signal: stop.signal });
  });

const io = { stdout: process.stdout, stderr: process.stderr, signal: stop.signal };
const models = program.command('models').description('the model store');
models
  .command('list')
  .description('what is here and what can be fetched')
  .option('--json', 'print JSON')
  .action(async (options: { readonly json?: boolean }, command: Command) => {
    process.exitCode = await modelsListCommand(configOf(command), options, io);
  });
models
  .command('pull')
  .description('fetch models, by name, hub id (org/repo[:file]) or path; default: those in use')
  .argument('[name...]')
  .option('--from <folder>', 'look in this folder first')
  .action(async (names: string[], options: { readonly from?: string }, command: Command) => {
    process.exitCode = await modelsPullCommand(configOf(command), { names, ...options }, io);
  });
models
  .command('verify')
  .description('hash the files again')
  .argument('[name...]')
  .action(async (names: string[], _: unknown, command: Command) => {
    process.exitCode = await modelsVerifyCommand(configOf(command), { names }, io);
  });

program
  .command('keys')
  .description('API keys')
  .command('new')
  .description('make a key and the hash of it that FOOTNOTE_API_KEYS takes')
  .option('--json', 'print JSON')
  .option('--own <key>', 'hash a key of your own instead')
  .action((options: { readonly json?: boolean; readonly own?: string }) => {
    keysNewCommand(options, process.stdout);
  });

program
  .command('doctor')
  .description('what works on this machine, and how to mend what does not')
  .option('--json', 'print JSON')
  .action(async (options: { readonly json?: boolean }, command: Command) => {
    const { doctorCommand } = await import('./cli/doctor-command.ts');
    process.exitCode = await doctorCommand(configOf(command), options, io);
  });

/** Commands that need nothing of the evaluation and the stages, which take half of the start. */
const quick = new Set(['ask', 'serve', 'chat', 'mcp', 'models', 'keys', 'doctor', '--version']);

async function addOtherCommands(): Promise<void> {
  const { addEvalCommand } = await import('./cli/eval-command.ts');
  const { STAGES, stageCommand } = await import('./cli/stage-command.ts');
  addEvalCommand(program, {
    configOf,
    openApp: (config, web) => openApp(config, stop.signal, web),
    signal: stop.signal,
    stdout: process.stdout,
    stderr: process.stderr,
  });

  program
    .command('completion')
    .description('a completion script for your shell')
    .addArgument(new Argument('<shell>').choices(SHELLS))
    .addHelpText(
      'after',
      `
  Examples:
    $ source <(footnote completion bash)
    $ footnote completion zsh > ~/.zfunc/_footnote
    $ footnote completion fish > ~/.config/fish/completions/footnote.fish`,
    )
    .action((shell: Shell) => {
      process.stdout.write(completionScript(program, shell));
    });

  for (const { name, description } of STAGES) {
    program
      .command(name)
      .description(description)
      .option('--jsonl', 'JSON Lines on stdin, one line out for each line in (the only form)')
      .action(async (_: unknown, command: Command) => {
        await stageCommand(name, configOf(command), {
          input: process.stdin,
          output: process.stdout,
          notice: (text) => process.stderr.write(`${text}\n`),
          signal: stop.signal,
        });
      });
  }
}

/** Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 3 declined (`ask --strict`) or not held (`verify`), 130 stopped. */
async function main(): Promise<void> {
  const serving = process.argv.includes('serve');
  // `footnote … | head` closes the pipe when it has enough; shells call that SIGPIPE, 128 + 13.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(141);
    throw error;
  });
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    let seen = false;
    process.on(name, () => {
      // The second time the user means it.
      if (seen) process.exit(130);
      seen = true;
      stop.abort(new FootnoteError('cancelled', `stopped by ${name}`));
    });
  }
  try {
    const [, , asked = ''] = process.argv;
    if (!quick.has(asked)) await addOtherCommands();
    await program.parseAsync();
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? 0 : 2;
    } else {
      const typed = toFootnoteError(error);
      if (typed.code !== 'cancelled') process.stderr.write(`footnote: ${typed.message}\n`);
      process.exitCode =
        typed.code === 'cancelled' ? (serving ? 0 : 130) : usageCodes.has(typed.code) ? 2 : 1;
    }
  }
  // Children are gone by now; whatever timer or socket is left must not keep the shell waiting.
  process.stdout.write('', () => process.exit());
}

const usageCodes = new Set([
  'config-invalid',
  'bad-request',
  'search-unconfigured',
  'model-unknown',
]);

await main();
