/** A run over a real web on loopback is recorded; with the web gone, the recording gives the same. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AnswerService } from '../../src/answer/answer-service.ts';
import { createApp } from '../../src/app.ts';
import { STAGES } from '../../src/cli/stage-command.ts';
import type { WebTap } from '../../src/composition/web-seams.ts';
import { loadConfig } from '../../src/core/config.ts';
import { startSampleWeb, type SampleWeb } from '../../src/sample-web/sample-web.ts';
import { weights } from '../../test/weights.ts';
import { runEval, type EvalOptions } from './eval-command.ts';
import type { EvalReport } from '../report/eval-report.ts';

const root = mkdtempSync(join(tmpdir(), 'footnote-eval-'));
const { signal } = new AbortController();
const data = join(root, 'questions.jsonl');

/** What is compared is what was read, so a busy machine must not leave a page out. */
const PATIENT = { searchTimeoutMs: 60_000, pageTimeoutMs: 60_000, pagesTimeoutMs: 60_000 };
const SLOW_MS = 240_000;

class Log extends Writable {
  text = '';
  override _write(chunk: Buffer, _: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

/** The options that the command makes, with quotations for answers: no generator is loaded. */
function evalOptions(
  out: string,
  log: Log,
  config: Readonly<Record<string, unknown>>,
): EvalOptions {
  return {
    suite: 'questions',
    data,
    out: join(root, out),
    drafts: 0,
    configuration: {},
    signal,
    log,
    openApp: async (overrides, web: WebTap | undefined) => {
      const merged = loadConfig({ flags: { ...PATIENT, ...config, ...overrides } });
      const app = await createApp(merged, { signal, web });
      return {
        parts: app.parts,
        serviceFor: (parts) => new AnswerService(parts, merged),
        configuration: {},
        sample: app.sample,
        close: () => app.close(),
      };
    },
    openStage: async (name) => {
      const stage = STAGES.find((one) => one.name === name);
      if (stage === undefined) throw new Error(name);
      const io = { input: process.stdin, output: log, notice: () => undefined, signal };
      return stage.open(loadConfig(), io);
    },
  };
}

const embedder = weights('multilingual-e5-small');

describe.skipIf(embedder === null)('footnote eval (needs multilingual-e5-small)', () => {
  let web: SampleWeb;
  let recorded: EvalReport;
  const log = new Log();

  beforeAll(async () => {
    writeFileSync(
      data,
      [
        {
          id: 'visitors',
          question: 'How many visitors did the Museum of Everyday Inventions have in 2024?',
          answers: ['187,450'],
        },
        { id: 'octopus', question: 'Why is the blood of an octopus blue?', answers: ['copper'] },
      ]
        .map((row) => JSON.stringify(row))
        .join('\n'),
    );
    web = await startSampleWeb({});
    recorded = await runEval(
      evalOptions('live', log, {
        search: 'searxng',
        searxngUrl: web.searchUrl,
        fetchAllow: web.allow,
      }),
    );
    await web.close();
  }, SLOW_MS);
  afterAll(() => {
    rmSync(root, { recursive: true });
  });

  it('records what it searched and fetched, and writes its report', () => {
    expect(recorded.records.map(({ error }) => error)).toEqual([null, null]);
    expect(recorded.groups['questions']?.metrics).toMatchObject({
      failed: 0,
      correct: 1,
      verbatim: 1,
    });
    for (const name of ['report.json', 'report.html', 'traces.jsonl', 'web.warc.gz', 'run.json']) {
      expect(existsSync(join(root, 'live', name))).toBe(true);
    }
    const [first] = readFileSync(join(root, 'live', 'traces.jsonl'), 'utf8').split('\n');
    expect(JSON.parse(first ?? '')).toMatchObject({ trace: { answerability: expect.any(Number) } });
  });

  it(
    'replays offline to identical references and answers',
    async () => {
      const replayed = await runEval({
        ...evalOptions('replay', log, {}),
        replay: join(root, 'live', 'web.warc.gz'),
      });
      expect(replayed.notes.join('\n')).toContain('no web was touched');
      expect(replayed.records).toHaveLength(2);
      replayed.records.forEach((record, index) => {
        const before = recorded.records[index];
        expect(record.answer?.references.length).toBeGreaterThan(0);
        expect(record.answer?.references).toEqual(before?.answer?.references);
        expect(record.answer?.answer).toBe(before?.answer?.answer);
        expect(record.answer?.sentences).toEqual(before?.answer?.sentences);
        expect(record.trace?.results).toEqual(before?.trace?.results);
      });
    },
    SLOW_MS,
  );

  it('goes on in the same folder without asking again', async () => {
    const again = new Log();
    const options = evalOptions('live', again, {});
    const report = await runEval({
      ...options,
      // Nothing is left to ask: an app that could not answer is enough.
      openApp: (overrides, tap) => options.openApp({ ...overrides, search: 'mediawiki' }, tap),
    });
    expect(again.text).toContain('2 of 2 were done before');
    expect(report.records.map(({ answer }) => answer?.answer)).toEqual(
      recorded.records.map(({ answer }) => answer?.answer),
    );
    await expect(runEval({ ...options, drafts: 1 })).rejects.toMatchObject({ code: 'bad-request' });
  });

  it('names what there is when it is asked for something else', async () => {
    const options = evalOptions('other', log, {});
    await expect(runEval({ ...options, suite: 'nonsense' })).rejects.toThrow(
      /there are: frozen-web/u,
    );
    await expect(runEval({ ...options, baseline: 'nonsense' })).rejects.toThrow(
      /copy-top-passage/u,
    );
  });
});
