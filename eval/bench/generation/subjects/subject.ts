/** What is asked of each program that the generation bench compares, and what it answers. */

import type { ResidentMemory } from '../resident-memory.ts';

export interface SubjectOptions {
  readonly weightsPath: string;
  readonly threads: number;
  /** Folder for converted weights and models. */
  readonly cacheDir: string;
  /** Form of the weights, where the program is ours or runs our export. */
  readonly form: string;
  /** KV cache of our own engine: `full` or `int8`. */
  readonly kv?: string | undefined;
  /** A Python that has llama-cpp-python, for the natively compiled llama.cpp. */
  readonly python: string;
}

export interface Task {
  /** Token ids of the prompt, one list a row; each new to the program, so that no cache serves it. */
  readonly prompts: readonly (readonly number[])[];
  /** Tokens to write for each row; stop tokens do not count, so that all write as many. */
  readonly maxTokens: number;
  /** Rows that continue `prompts[0]` together from one prefill, where the program can. */
  readonly drafts: number;
  /** Copied spans may be verified several at once (ours, and llama.cpp's look-up). */
  readonly copyAhead: boolean;
  /** A reader waits for the first so many tokens: a sentence. */
  readonly awaited?: number;
}

export interface TaskResult {
  /** From the call to the last token, in milliseconds. */
  readonly totalMs: number;
  /** When tokens came: milliseconds from the call, row, how many. */
  readonly arrivals: readonly (readonly [number, number, number])[];
  /** Ids of the first row. */
  readonly ids: readonly number[];
  /** Steps that wrote them, where the program tells: fewer than tokens where copies held. */
  readonly steps?: number;
  /** Tokens proposed ahead in those steps. */
  readonly proposed?: number;
  /** Largest resident memory of the process so far, in MB. */
  readonly peakMegabytes: number;
  /** What of it is resident now, by kind; null where the system does not tell or Python runs it. */
  readonly resident?: ResidentMemory | null;
}

export interface Subject {
  readonly run: (task: Task) => Promise<Omit<TaskResult, 'peakMegabytes' | 'resident'>>;
}
