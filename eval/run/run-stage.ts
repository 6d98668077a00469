/** Runs a stage suite: its lines through the stage command's own code. */
import type { Writable } from 'node:stream';
import { toFootnoteError } from '../../src/core/errors.ts';
import type { StageSuite } from '../suites/suite.ts';
import type { EvalRecord } from './eval-record.ts';
import { runItems } from './run-items.ts';
import type { RunJournal } from './run-journal.ts';

/** One stage of the product, as `footnote STAGE --jsonl` opens it. */
export interface OpenStage {
  readonly work: (
    line: { readonly id: unknown; readonly [field: string]: unknown },
    signal: AbortSignal,
  ) => Promise<object> | object;
  readonly concurrency: number;
  close(): Promise<void>;
}

export interface RunStageOptions {
  readonly data: string;
  readonly limit?: number | undefined;
  readonly frozenWeb?: string | undefined;
  readonly parallel?: number | undefined;
  readonly signal: AbortSignal;
  readonly log: Writable;
  readonly journal: RunJournal;
}

export function runStage(
  suite: StageSuite,
  stage: OpenStage,
  options: RunStageOptions,
): Promise<EvalRecord[]> {
  const { data, limit, frozenWeb, signal } = options;
  const items = suite.items({ data, limit, frozenWeb });
  return runItems(
    items.map((item) => ({
      group: item.group,
      id: item.id,
      work: async (): Promise<EvalRecord> => {
        const base = {
          id: item.id,
          group: item.group,
          question: item.title,
          gold: [],
          labels: item.labels,
          answer: null,
        };
        const started = performance.now();
        try {
          const output = await stage.work({ id: item.id, ...item.line }, signal);
          const ms = performance.now() - started;
          const metrics = item.measure(output as Readonly<Record<string, unknown>>);
          return { ...base, error: null, metrics: { ...metrics, milliseconds: ms } };
        } catch (thrown) {
          const { code, message } = toFootnoteError(thrown);
          return { ...base, error: `${code}: ${message}`, metrics: { failed: 1 } };
        }
      },
    })),
    { ...options, parallel: options.parallel ?? stage.concurrency },
  );
}
