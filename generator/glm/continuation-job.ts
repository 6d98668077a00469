/**
 * How probable given continuations of a prompt are: a yes against a no, one wording against another. The
 * prompt is read like any other, so what it begins with (references, say) comes from the prefix cache.
 */
import { abortReason } from '../../src/core/deadline.ts';
import type { RowCache } from './kv-cache.ts';
import { leastFed, type PromptReader } from './prompt-reader.ts';

/** Positions whose logits cross to JavaScript at once. */
const logitsChunk = 32;
/** A prompt of which this share was known already is not kept: what it shares with others is. */
const knownShare = 0.5;

/** `log softmax(logits)[id]` in nats, summed in double precision. */
function logProbability(logits: Float32Array, id: number): number {
  let largest = -Infinity;
  for (const value of logits) if (value > largest) largest = value;
  let sum = 0;
  for (const value of logits) sum += Math.exp(value - largest);
  return (logits[id] as number) - largest - Math.log(sum);
}

export class ContinuationJob {
  readonly #reader: PromptReader;
  readonly #promptIds: readonly number[];
  readonly #continuations: readonly (readonly number[])[];
  readonly #sums: number[];
  #cache: RowCache | null = null;
  #isRead = false;
  #known = 0;
  /** Continuation that is fed next, and how many of its tokens are scored. */
  #place = 0;
  #scored = 1;

  /** @param continuations each of at least one token */
  constructor(
    reader: PromptReader,
    promptIds: readonly number[],
    continuations: readonly (readonly number[])[],
  ) {
    this.#reader = reader;
    this.#promptIds = promptIds;
    this.#continuations = continuations;
    this.#sums = continuations.map(() => 0);
  }

  /** One native call. @returns the log-probabilities (nats) of all continuations, or null: go on */
  async step(): Promise<readonly number[] | null> {
    if (!this.#isRead) await this.#read();
    else await this.#feedContinuation();
    while (this.#place < this.#continuations.length) {
      const ids = this.#continuations[this.#place] as readonly number[];
      if (this.#scored < ids.length) return null;
      this.#place += 1;
      this.#scored = 1;
    }
    return this.#isRead ? this.#sums : null;
  }

  /** The next chunk of the prompt; the last one gives the first tokens of all continuations. */
  async #read(): Promise<void> {
    const ids = this.#promptIds;
    if (this.#cache === null) {
      this.#cache = this.#reader.begin(ids, ids.length - leastFed);
      this.#known = this.#cache.length;
    }
    const { chunk, isLast } = this.#reader.next(ids, this.#cache.length, ids.length);
    const { cache, logits } = await this.#reader.feed(this.#cache, chunk, {
      keep: 1,
      wantLogits: isLast,
    });
    this.#cache = cache;
    if (!isLast) return;
    this.#isRead = true;
    if (this.#known < knownShare * ids.length) this.#reader.keep(ids, cache);
    this.#continuations.forEach((each, place) => {
      this.#sums[place] = logProbability(logits, each[0] as number);
    });
  }

  /** Tokens behind the first of one continuation, with the prompt's last token before them. */
  async #feedContinuation(): Promise<void> {
    const prompt = this.#cache as RowCache;
    const whole = this.#continuations[this.#place] as readonly number[];
    const ids = [this.#promptIds.at(-1) as number, ...whole];
    let cache: RowCache = { tensors: prompt.tensors, length: prompt.length - 1 };
    for (let from = 0; from < ids.length - 1; from += logitsChunk) {
      const chunk = ids.slice(from, Math.min(from + logitsChunk, ids.length - 1));
      const fed = await this.#reader.feed(cache, chunk, { keep: chunk.length, wantLogits: true });
      ({ cache } = fed);
      const vocab = fed.logits.length / chunk.length;
      for (const [index] of chunk.entries()) {
        // The first token is scored by the prompt itself.
        if (from + index === 0) continue;
        this.#sums[this.#place] =
          (this.#sums[this.#place] as number) +
          logProbability(
            fed.logits.subarray(index * vocab, (index + 1) * vocab),
            ids[from + index + 1] as number,
          );
      }
    }
    this.#scored = whole.length;
  }
}

interface Waiting {
  readonly job: ContinuationJob;
  readonly signal: AbortSignal;
  readonly resolve: (result: readonly number[]) => void;
  readonly reject: (error: unknown) => void;
}

/** Jobs in the order they came, a native call at a time: drafts are written in between. */
export class ContinuationQueue {
  #waiting: Waiting[] = [];

  get size(): number {
    return this.#waiting.length;
  }

  add(job: ContinuationJob, signal: AbortSignal): Promise<readonly number[]> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ job, signal, resolve, reject });
    });
  }

  /** The next native call of the first job; one that fails ends its own job only. */
  async step(): Promise<void> {
    const [first] = this.#waiting;
    if (first === undefined) return;
    const { job, signal, resolve, reject } = first;
    try {
      if (signal.aborted) throw abortReason(signal);
      const result = await job.step();
      if (result === null) return;
      resolve(result);
    } catch (error) {
      reject(error);
    }
    this.#waiting = this.#waiting.filter((other) => other !== first);
  }
}
