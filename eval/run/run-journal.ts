/**
 * What makes a run go on where it stopped: `run.json` holds its settings, `traces.jsonl` one record a
 * line, appended as each is done. A run with other settings is refused, so that no report mixes two.
 */
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { FootnoteError } from '../../src/core/errors.ts';
import type { EvalRecord } from './eval-record.ts';

type Settings = Readonly<Record<string, unknown>>;

/** Files of a run that another run into the same folder must not find. */
const FILES = ['run.json', 'traces.jsonl', 'web.warc.gz', 'report.json', 'report.html'];

export class RunJournal {
  readonly #path: string;
  readonly #done = new Map<string, EvalRecord>();

  private constructor(path: string) {
    this.#path = path;
  }

  /**
   * @param fresh true: whatever an earlier run left in the folder is removed
   * @throws FootnoteError `bad-request` when the folder holds a run with other settings
   */
  static open(folder: string, settings: Settings, fresh: boolean): RunJournal {
    mkdirSync(folder, { recursive: true });
    if (fresh) for (const name of FILES) rmSync(join(folder, name), { force: true });
    const head = join(folder, 'run.json');
    const journal = new RunJournal(join(folder, 'traces.jsonl'));
    if (existsSync(head)) {
      const before = JSON.parse(readFileSync(head, 'utf8')) as Settings;
      const changed = differences(before, JSON.parse(JSON.stringify(settings)) as Settings);
      if (changed.length > 0) {
        throw new FootnoteError(
          'bad-request',
          `${folder} holds a run with other settings (${changed.join('; ')}): choose another --out, or start anew with --fresh`,
        );
      }
      journal.#load();
    } else {
      writeFileSync(head, `${JSON.stringify(settings, null, 1)}\n`);
      writeFileSync(journal.#path, '');
    }
    return journal;
  }

  /** The record of an item, when it was done; failures are asked again. */
  done(group: string, id: string): EvalRecord | undefined {
    const record = this.#done.get(`${group}/${id}`);
    return record?.error === null ? record : undefined;
  }

  append(record: EvalRecord): void {
    appendFileSync(this.#path, `${JSON.stringify(record)}\n`);
    this.#done.set(`${record.group}/${record.id}`, record);
  }

  /** Lines of an earlier run; the last one may have been cut off, and is then written anew. */
  #load(): void {
    if (!existsSync(this.#path)) return;
    const text = readFileSync(this.#path, 'utf8');
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    if (whole.length < text.length) writeFileSync(this.#path, whole);
    for (const line of whole.split('\n')) {
      if (line === '') continue;
      const record = JSON.parse(line) as EvalRecord;
      this.#done.set(`${record.group}/${record.id}`, record);
    }
  }
}

function differences(before: Settings, now: Settings): string[] {
  const show = (value: unknown): string =>
    value === undefined ? 'not set' : JSON.stringify(value);
  return [...new Set([...Object.keys(before), ...Object.keys(now)])]
    .filter((name) => JSON.stringify(before[name]) !== JSON.stringify(now[name]))
    .map((name) => `${name}: ${show(before[name])}, now ${show(now[name])}`);
}
