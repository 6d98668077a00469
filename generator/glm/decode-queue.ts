/**
 * Shares the decoder among callers, run by run. Prompts are read in chunks, first come first served; after
 * each chunk those that already write get a run. Few rows copy ahead, one row a run, in turn (a
 * call's drafts one after the other, so that the later copy from the earlier); many rows are one batch,
 * which calls join and leave between runs. A call with many drafts runs by itself, its drafts as lanes of
 * one cache, in turn with the others.
 */
import { abortReason } from '../../src/core/deadline.ts';
import { FootnoteError } from '../../src/core/errors.ts';
import { ContinuationJob, ContinuationQueue } from './continuation-job.ts';
import { DecodeRow, type DecodedRow, type DecodeOptions } from './decode-row.ts';
import { DraftLanes } from './draft-lanes.ts';
import type { GlmConfig } from './glm-config.ts';
import type { RunInput, RunOutput } from './glm-session.ts';
import { mergeRows, takeRow, trimCache, type CacheTensors, type RowCache } from './kv-cache.ts';
import type { PrefixCache } from './prefix-cache.ts';
import { leastFed, PromptReader } from './prompt-reader.ts';

/** Rows from which a batch beats copying ahead in turn, and drafts of a prompt from which lanes do. */
const batchFrom = 4;
/** Rows of one batch at most, and lanes of a cache. */
const mostRows = 16;

interface Job {
  readonly promptIds: readonly number[];
  readonly options: DecodeOptions;
  readonly rows: readonly DecodeRow[];
  /** Cache of the prompt's first tokens; of all but the last once the first row has begun. */
  prompt: RowCache;
  read: boolean;
  /** Its drafts are lanes of one cache; those that are being written now. */
  byLanes: boolean;
  lanes: DraftLanes | null;
  readonly resolve: (rows: DecodedRow[]) => void;
  readonly reject: (error: unknown) => void;
}

interface Batch {
  readonly members: readonly { readonly job: Job; readonly row: DecodeRow }[];
  tensors: CacheTensors;
  lengths: readonly number[];
}

export interface DecodeStats {
  /** Iterations of the loop and positions fed, prompts excluded. */
  readonly steps: number;
  readonly positions: number;
  readonly tokens: number;
  /** Prompt tokens that were computed, and that came from the prefix cache. */
  readonly promptTokens: number;
  readonly reusedTokens: number;
}

export class DecodeQueue {
  readonly #config: GlmConfig;
  readonly #run: (input: RunInput) => Promise<RunOutput>;
  readonly #reader: PromptReader;
  readonly #empty: RowCache;
  /** How much longer a row more makes a step, as a share of it, where that was measured. */
  readonly #rowShare: number | undefined;
  readonly #hasLanes: boolean;
  #jobs: Job[] = [];
  readonly #questions = new ContinuationQueue();
  #batch: Batch | null = null;
  #busy = false;
  /** Counts runs, and those of jobs that have no lanes. */
  #round = 0;
  #turn = 0;
  #stats = { steps: 0, positions: 0, tokens: 0 };

  constructor(
    config: GlmConfig,
    run: (input: RunInput) => Promise<RunOutput>,
    prefixes: PrefixCache,
    empty: RowCache,
    rowShare?: number,
  ) {
    this.#empty = empty;
    this.#rowShare = rowShare;
    // The model with a half-precision cache has none: see `glmModel`.
    this.#hasLanes = Object.values(empty.tensors).every(({ type }) => type !== 'float16');
    this.#config = config;
    this.#run = run;
    this.#reader = new PromptReader(run, prefixes, empty);
  }

  get stats(): DecodeStats {
    const { promptTokens, reusedTokens } = this.#reader;
    return { ...this.#stats, promptTokens, reusedTokens };
  }

  /** @throws FootnoteError `prompt-too-long`, `cancelled` */
  decode(promptIds: readonly number[], options: DecodeOptions): Promise<DecodedRow[]> {
    const most = this.#config.max_position_embeddings;
    const room = most - promptIds.length;
    if (promptIds.length === 0 || room < 1) return Promise.reject(tooLong(promptIds.length, most));
    const bounded = { ...options, maxTokens: Math.min(options.maxTokens, room) };
    return new Promise((resolve, reject) => {
      this.#jobs.push({
        promptIds,
        options: bounded,
        rows: options.temperatures.map(
          (_, row) => new DecodeRow(row, bounded, this.#config.vocab_size, this.#rowShare),
        ),
        prompt: this.#empty,
        read: false,
        byLanes:
          this.#hasLanes && bounded.temperatures.length >= batchFrom && promptIds.length > leastFed,
        lanes: null,
        resolve,
        reject,
      });
      if (!this.#busy) void this.#work();
    });
  }

  /**
   * Log-probabilities (nats) of continuations of a prompt, each of a token or more. Drafts in hand go on.
   * @throws FootnoteError `prompt-too-long`, `cancelled`
   */
  logProbabilities(
    promptIds: readonly number[],
    continuations: readonly (readonly number[])[],
    signal: AbortSignal,
  ): Promise<readonly number[]> {
    const most = this.#config.max_position_embeddings;
    const longest = Math.max(0, ...continuations.map(({ length }) => length));
    if (promptIds.length === 0 || promptIds.length + longest > most)
      return Promise.reject(tooLong(promptIds.length + longest, most));
    const job = new ContinuationJob(this.#reader, promptIds, continuations);
    const result = this.#questions.add(job, signal);
    if (!this.#busy) void this.#work();
    return result;
  }

  /** Runs until no job is left; between runs the event loop gets a turn, so that a cancel is seen. */
  async #work(): Promise<void> {
    this.#busy = true;
    while (this.#jobs.length + this.#questions.size > 0) {
      await new Promise<void>((resolve) => {
        setImmediate(resolve);
      });
      for (const job of this.#jobs.filter(({ options }) => options.signal.aborted))
        this.#end(job, abortReason(job.options.signal));
      await this.#questions.step();
      const reading = this.#jobs.find(({ read }) => !read);
      if (reading !== undefined) await this.#guard([reading], () => this.#read(reading));
      await this.#write();
      for (const job of this.#jobs) {
        if (job.rows.every(({ finished }) => finished)) this.#end(job);
      }
    }
    this.#batch = null;
    this.#busy = false;
  }

  /** The next run of those that write: one job with lanes, or all the others. */
  async #write(): Promise<void> {
    const writing = this.#jobs.filter(({ read }) => read);
    const others = writing.filter(({ byLanes }) => !byLanes);
    const turns = writing.filter(({ byLanes }) => byLanes).map((job) => [job]);
    if (others.length > 0) turns.push(others);
    this.#round += 1;
    const jobs = turns[this.#round % turns.length] ?? [];
    const rows = jobs.flatMap((job) => job.rows.filter(({ finished }) => !finished));
    if (rows.length === 0) return;
    const [first] = jobs as [Job];
    if (first.byLanes) return this.#guard(jobs, () => this.#runLanes(first));
    if (rows.length >= batchFrom || !jobs.every(mayCopy))
      return this.#guard(jobs, () => this.#runBatch(jobs));
    this.#turn += 1;
    const job = jobs[this.#turn % jobs.length] as Job;
    return this.#guard([job], () => this.#runCopy(job));
  }

  /** A run that fails ends the jobs in it, no other. */
  async #guard(jobs: readonly Job[], work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      for (const job of jobs) this.#end(job, error);
    }
  }

  #end(job: Job, error?: unknown): void {
    this.#jobs = this.#jobs.filter((other) => other !== job);
    if (error !== undefined) job.reject(error);
    else job.resolve(job.rows.map(({ result }) => result));
  }

  /**
   * One chunk of a prompt; the last one makes the first row's first tokens. Lanes feed the prompt's last
   * token themselves.
   */
  async #read(job: Job): Promise<void> {
    const { promptIds } = job;
    const [first] = job.rows as [DecodeRow];
    const end = promptIds.length - (job.byLanes ? 1 : 0);
    if (job.prompt.length === 0) job.prompt = this.#reader.begin(promptIds, end - leastFed);
    const { chunk, isLast } = this.#reader.next(promptIds, job.prompt.length, end);
    if (!isLast || job.byLanes) {
      job.prompt = (await this.#reader.feed(job.prompt, chunk)).cache;
      if (isLast) {
        job.read = true;
        this.#reader.keep(promptIds, job.prompt);
      }
      return;
    }
    first.pending = chunk;
    first.cache = job.prompt;
    await this.#runRow(job, first, 1);
    this.#stats.positions -= chunk.length;
    const { tensors } = first.cache;
    job.prompt = { tensors, length: promptIds.length - 1 };
    job.read = true;
    this.#reader.keep(promptIds, { tensors, length: promptIds.length });
  }

  /** The next run of a job whose rows copy ahead, one after the other. */
  async #runCopy(job: Job): Promise<void> {
    this.#leaveBatch();
    const row = job.rows.find(({ finished }) => !finished) as DecodeRow;
    const begins = this.#begin(job, row, leastFed);
    await this.#runRow(job, row, begins ? 1 : row.pending.length);
    if (row.finished && row.cache !== null) {
      // A chat's next turn begins with this one.
      this.#reader.keep([...job.promptIds, ...row.ids], row.cache);
      row.cache = null;
    }
  }

  /** A row that has not begun feeds the last `fed` tokens of the prompt that the first one read. */
  #begin(job: Job, row: DecodeRow, fed: number): boolean {
    if (row.pending.length > 0) return false;
    job.prompt = trimCache(job.prompt);
    row.pending = job.promptIds.slice(-fed);
    row.cache = {
      tensors: job.prompt.tensors,
      length: job.promptIds.length - row.pending.length,
    };
    return true;
  }

  async #runRow(job: Job, row: DecodeRow, keep: number): Promise<void> {
    const { cache, limit } = row;
    if (cache === null) throw new FootnoteError('internal', 'a row lost its cache');
    const ahead = Math.max(...row.copyCounts);
    // Copies must not run past the last position.
    const fits =
      cache.length + row.pending.length + limit + 2 * ahead < this.#config.max_position_embeddings;
    const copies = row.mayCopy && fits;
    const ids = copies || keep === 1 ? row.pending : row.pending.slice(0, 1);
    const output = await this.#run({
      rows: [row.toRun(ids, cache.length)],
      tensors: cache.tensors,
      keep: copies ? keep : 1,
      limit,
      stopIds: job.options.stopIds,
      constraint: job.options.constraint,
      copy: copies
        ? {
            corpus: row.corpus(job.promptIds, job.rows.slice(0, row.index)),
            counts: row.copyCounts,
          }
        : undefined,
    });
    row.pending = output.next[0] ?? [];
    row.cache = { tensors: output.tensors, length: output.lengths[0] ?? 0 };
    this.#count(output);
    row.accept(
      output.tokens[0] ?? [],
      output.logProbabilities[0] as Float32Array,
      output.work.steps,
    );
  }

  /** The next run of a job's drafts as lanes. */
  async #runLanes(job: Job): Promise<void> {
    const lanes = (job.lanes ??= new DraftLanes(
      job.rows.filter(({ finished }) => !finished).slice(0, mostRows),
      job.prompt,
      job.promptIds.at(-1) as number,
    ));
    // The rotary tables end there, and attention wants its whole cache within them.
    if (!lanes.fits(this.#config.max_position_embeddings)) {
      lanes.leave();
      job.lanes = null;
      job.byLanes = false;
      return;
    }
    const output = await this.#run(lanes.input(job.options));
    this.#count(output);
    lanes.accept(output);
    if (lanes.finished) job.lanes = null;
  }

  /** One run of all rows together. */
  async #runBatch(jobs: readonly Job[]): Promise<void> {
    const members = this.#chooseRows(jobs);
    const batch = this.#joinBatch(members);
    const [head] = members;
    if (head === undefined) return;
    const room = this.#config.max_position_embeddings - Math.max(...batch.lengths);
    const output = await this.#run({
      rows: members.map(({ row }, place) =>
        row.toRun(row.pending.slice(0, 1), batch.lengths[place] as number),
      ),
      tensors: batch.tensors,
      keep: 1,
      limit: Math.max(1, Math.min(room, ...members.map(({ row }) => row.limit))),
      stopIds: [...new Set(members.flatMap(({ job }) => job.options.stopIds))],
      constraint: head.job.options.constraint,
    });
    batch.tensors = output.tensors;
    batch.lengths = output.lengths;
    this.#count(output);
    for (const [place, { row }] of members.entries()) {
      row.pending = output.next[place] ?? [];
      row.accept(
        output.tokens[place] ?? [],
        output.logProbabilities[place] as Float32Array,
        output.work.steps,
      );
    }
  }

  /** Rows of the next batch: at most `mostRows`, jobs in turn, all under one constraint. */
  #chooseRows(jobs: readonly Job[]): Batch['members'] {
    this.#turn += 1;
    const offset = this.#turn % jobs.length;
    const inTurn = [...jobs.slice(offset), ...jobs.slice(0, offset)];
    const constraint = inTurn[0]?.options.constraint;
    const fitting = inTurn
      .filter(({ options }) => options.constraint === constraint)
      .flatMap((job) => job.rows.filter(({ finished }) => !finished).map((row) => ({ job, row })));
    // All of them fit: their order stays, and with it the batch.
    if (fitting.length <= mostRows) {
      const order = (row: DecodeRow): number => {
        const place = this.#batch?.members.findIndex((member) => member.row === row) ?? -1;
        return place < 0 ? mostRows : place;
      };
      return fitting.sort((a, b) => order(a.row) - order(b.row));
    }
    return fitting.slice(0, mostRows);
  }

  #joinBatch(members: Batch['members']): Batch {
    const old = this.#batch;
    const same =
      old?.members.length === members.length &&
      members.every(({ row }, place) => row === old.members[place]?.row);
    if (old !== null && same) return old;
    this.#leaveBatch();
    const caches = members.map(({ job, row }) => {
      this.#begin(job, row, 1);
      return row.cache as RowCache;
    });
    for (const { row } of members) row.cache = null;
    this.#batch = {
      members,
      tensors: mergeRows(caches),
      lengths: caches.map(({ length }) => length),
    };
    return this.#batch;
  }

  /** Gives each row of the batch that goes on its own cache back. */
  #leaveBatch(): void {
    const batch = this.#batch;
    this.#batch = null;
    batch?.members.forEach(({ row }, place) => {
      if (!row.finished) row.cache = takeRow(batch.tensors, place, batch.lengths[place] as number);
    });
  }

  #count({ work, tokens }: RunOutput): void {
    this.#stats.steps += work.steps;
    this.#stats.positions += work.positions;
    this.#stats.tokens += tokens.reduce((sum, row) => sum + row.length, 0);
  }
}

const mayCopy = ({ rows }: Job): boolean => rows.every((row) => row.mayCopy);

const tooLong = (length: number, most: number): FootnoteError =>
  new FootnoteError(
    'prompt-too-long',
    `the prompt has ${length} tokens; the model takes 1 to ${most - 1}`,
    { stage: 'generate' },
  );
