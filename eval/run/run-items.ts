/** Works through a suite's items, some at a time, skipping what is done, telling how long it takes. */
import { setMaxListeners } from 'node:events';
import type { Writable } from 'node:stream';
import PQueue from 'p-queue';
import type { EvalRecord } from './eval-record.ts';
import type { RunJournal } from './run-journal.ts';

export interface RunItem {
  readonly group: string;
  readonly id: string;
  readonly work: () => Promise<EvalRecord>;
}

export interface RunItemsOptions {
  readonly signal: AbortSignal;
  readonly parallel: number;
  readonly journal: RunJournal;
  readonly log: Writable;
}

/**
 * @returns records in the order of the items
 * @throws the signal's reason when it aborts; what was done until then is in the journal
 */
export async function runItems(
  items: readonly RunItem[],
  { signal, parallel, journal, log }: RunItemsOptions,
): Promise<EvalRecord[]> {
  const records = items.map(({ group, id }) => journal.done(group, id));
  const left = items.flatMap((item, index) =>
    records[index] === undefined ? [{ item, index }] : [],
  );
  if (left.length < items.length) {
    log.write(`${items.length - left.length} of ${items.length} were done before; going on\n`);
  }
  // Every waiting item listens.
  setMaxListeners(0, signal);
  const started = performance.now();
  let done = 0;
  const queue = new PQueue({ concurrency: Math.max(1, parallel) });
  for (const { item, index } of left) {
    const task = async (): Promise<void> => {
      const record = await item.work();
      // What an interruption cut short is no result.
      if (signal.aborted) return;
      records[index] = record;
      journal.append(record);
      done += 1;
      const seconds = (((performance.now() - started) / done) * (left.length - done)) / 1_000;
      log.write(progressLine(record, items.length - left.length + done, items.length, seconds));
    };
    // Aborted ones are told by the check below.
    queue.add(task, { signal }).catch((error: unknown) => {
      if (!signal.aborted) log.write(`${item.group}/${item.id}: ${String(error)}\n`);
    });
  }
  await queue.onIdle();
  if (signal.aborted) {
    log.write(`stopped with ${done} of ${left.length} done; the same command goes on from here\n`);
    signal.throwIfAborted();
  }
  return records.filter((record) => record !== undefined);
}

function progressLine(record: EvalRecord, done: number, total: number, seconds: number): string {
  const { metrics, group, question, error } = record;
  const verdict = metrics['right'] ?? metrics['correct'];
  const mark = error !== null ? '!' : verdict === undefined ? '·' : verdict === 1 ? '+' : '-';
  const left = `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`;
  const what = question.replace(/\s+/gu, ' ').slice(0, 90);
  return `${String(done).padStart(String(total).length)}/${total} ${left.padStart(6)} left  ${group} ${mark} ${what}\n`;
}
