import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, describe, expect, it } from 'vitest';
import type { EvalRecord } from './eval-record.ts';
import { runItems, type RunItem } from './run-items.ts';
import { RunJournal } from './run-journal.ts';

const root = mkdtempSync(join(tmpdir(), 'footnote-run-'));
afterAll(() => {
  rmSync(root, { recursive: true });
});

const record = (id: string, error: string | null = null): EvalRecord => ({
  id,
  group: 'en',
  question: `question ${id}`,
  gold: ['x'],
  answer: null,
  error,
  metrics: { right: 1 },
});

class Log extends Writable {
  text = '';
  override _write(chunk: Buffer, _: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

/** Items that write down that they worked, and stop the run after the second. */
function items(worked: string[], stopAfter?: { readonly controller: AbortController }): RunItem[] {
  return ['1', '2', '3', '4'].map((id) => ({
    id,
    group: 'en',
    work: () => {
      worked.push(id);
      if (id === '3') stopAfter?.controller.abort(new Error('stopped'));
      return Promise.resolve(
        record(id, id === '2' && stopAfter !== undefined ? 'timeout: x' : null),
      );
    },
  }));
}

describe('runs that go on', () => {
  const folder = join(root, 'run');
  const settings = { suite: 'frozen-web', drafts: 2 };

  it('keeps what was done when it is stopped, and does the rest in the next run', async () => {
    const controller = new AbortController();
    const worked: string[] = [];
    const log = new Log();
    const first = runItems(items(worked, { controller }), {
      signal: controller.signal,
      parallel: 1,
      journal: RunJournal.open(folder, settings, false),
      log,
    });
    await expect(first).rejects.toThrow('stopped');
    expect(worked).toEqual(['1', '2', '3']);
    expect(log.text).toMatch(/1\/4 +\d+:\d\d left {2}en \+ question 1/u);
    expect(log.text).toContain('the same command goes on from here');

    // As an interruption amid a line would leave it.
    appendFileSync(join(folder, 'traces.jsonl'), '{"id":"3","group":"en","que');
    const again: string[] = [];
    const records = await runItems(items(again), {
      signal: new AbortController().signal,
      parallel: 2,
      journal: RunJournal.open(folder, settings, false),
      log,
    });
    // 2 had failed, 3 was cut short, 4 never began.
    expect(again).toEqual(['2', '3', '4']);
    expect(records.map(({ id, error }) => [id, error])).toEqual([
      ['1', null],
      ['2', null],
      ['3', null],
      ['4', null],
    ]);
    // The line that was cut is gone, the failure and its repetition are both kept.
    const ids = readFileSync(join(folder, 'traces.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as EvalRecord).id);
    expect(ids.slice(0, 2)).toEqual(['1', '2']);
    expect(ids.slice(2).toSorted()).toEqual(['2', '3', '4']);

    const nothing: string[] = [];
    const { signal } = new AbortController();
    const journal = RunJournal.open(folder, settings, false);
    expect(await runItems(items(nothing), { signal, parallel: 1, journal, log })).toEqual(records);
    expect(nothing).toEqual([]);
    // Another group of the same suite has its own items.
    expect(journal.done('en', '1')).toEqual(record('1'));
    expect(journal.done('zh', '1')).toBeUndefined();
  });

  it('refuses a folder with other settings, and says which', () => {
    expect(() => RunJournal.open(folder, { ...settings, drafts: 4 }, false)).toThrow(
      /drafts: 2, now 4.*--fresh/u,
    );
    writeFileSync(join(folder, 'report.json'), '{}');
    const fresh = RunJournal.open(folder, { ...settings, drafts: 4 }, true);
    expect(fresh.done('en', '1')).toBeUndefined();
    expect(readFileSync(join(folder, 'traces.jsonl'), 'utf8')).toBe('');
    expect(existsSync(join(folder, 'report.json'))).toBe(false);
  });
});
