/** One text being decoded: its tokens, its cache, and what it may copy. */
import type { RunRow, RowSampling } from './glm-session.ts';
import type { RowCache } from './kv-cache.ts';
import { constraintState, type TokenConstraint } from './token-constraint.ts';
import { longestMatch } from './decode-step.ts';

export interface DecodeOptions {
  readonly maxTokens: number;
  /** One entry a row; 0 is greedy. Rows share the prompt's prefill. */
  readonly temperatures: readonly number[];
  readonly topP: number;
  /** 0 means the default of 64; at most 256. */
  readonly topK: number;
  /** CTRL's repetition penalty over the answer's own tokens (quoting the prompt is free); default 1. */
  readonly repetitionPenalty?: number | undefined;
  readonly seed: number;
  readonly stopIds: readonly number[];
  /** Added to the logits of the first `steps` tokens: forbids or favours ids there. */
  readonly early?: { readonly bias: Float32Array; readonly steps: number } | undefined;
  readonly constraint?: TokenConstraint | undefined;
  /** Copy spans of the prompt and of earlier drafts ahead; default true. */
  readonly copyAhead?: boolean | undefined;
  /**
   * True while a reader waits for what a row writes next (its first sentence): runs are then short. Between
   * two runs the cache crosses to JavaScript, which costs about a tenth of a step.
   */
  readonly isAwaited?: ((row: number) => boolean) | undefined;
  readonly signal: AbortSignal;
  /**
   * New tokens of a row, stop token excluded, with their log-probabilities (nats). Returning false
   * ends the row (a stop string was found).
   */
  readonly onTokens: (
    row: number,
    ids: readonly number[],
    logProbabilities: readonly number[],
  ) => boolean;
}

export interface DecodedRow {
  readonly ids: readonly number[];
  readonly logProbabilities: readonly number[];
  readonly finishReason: 'stop' | 'length';
}

/** A uniform number in [0, 1) for a seed, row and step (splitmix32 over their mix). */
function uniformOf(seed: number, row: number, step: number): number {
  let state =
    (Math.imul(seed | 0, 0x9e3779b1) ^ Math.imul(row + 1, 0x85ebca6b)) +
    Math.imul(step + 1, 0xc2b2ae35);
  state = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
  state = Math.imul(state ^ (state >>> 15), 0x735a2d97);
  return ((state ^ (state >>> 15)) >>> 0) / 4_294_967_296;
}

/** Tokens copied ahead by length of the match, and the same where copies have mostly been wrong. */
interface CopyCounts {
  readonly usual: readonly number[];
  readonly wary: readonly number[];
}

/**
 * Where a row more makes a step some 7 % longer. On cited answers (14 of 60 tokens, qwen2.5-coder-0.5b) .7,
 * 2.4, 3.7 and 7 copies hold after matches of 1, 2, 3 and 4 tokens.
 */
const dearRows: CopyCounts = { usual: [0, 1, 3, 7, 11], wary: [0, 0, 2, 5, 7] };
/**
 * Where it costs 1 to 3 % (AMX, large models). Of 157 drafts of qwen2.5-coder-1.5b over references, looked up
 * again: 2.06 tokens a step for 1.95, time .96 at 1 % a row, .97 at 2 %, 1.00 at 4 %, 1.03 at 7 %; of 163 of
 * the 0.5B 3.43 for 3.13, .93, .94, .97, 1.00.
 */
const cheapRows: CopyCounts = { usual: [0, 3, 6, 9, 15], wary: [0, 1, 3, 7, 11] };
/** Share of a step that a row more may cost to count as cheap. */
const cheapShare = 0.03;

/** @param rowShare how much longer a row more makes a step, as a share of it; undefined: not measured */
const copyCountsOf = (rowShare: number | undefined): CopyCounts =>
  rowShare !== undefined && rowShare < cheapShare ? cheapRows : dearRows;

/** Tokens of a run that a reader waits for. */
const fewTokens = 4;
/** Steps after which a row's own record counts, and tokens a step under which it is wary. */
const recordSteps = 10;
const leastGain = 1.35;

export class DecodeRow {
  readonly index: number;
  readonly ids: number[] = [];
  readonly logProbabilities: number[] = [];
  finishReason: 'stop' | 'length' = 'length';
  finished = false;
  /** What to feed next; empty until the prompt is read. */
  pending: readonly number[] = [];
  /** Null while the row is part of a batch. */
  cache: RowCache | null = null;
  readonly #options: DecodeOptions;
  readonly #sampling: RowSampling;
  readonly #counts: CopyCounts;
  #steps = 0;

  /** @param rowShare as `copyCountsOf` takes it */
  constructor(index: number, options: DecodeOptions, vocab: number, rowShare?: number) {
    this.index = index;
    this.#counts = copyCountsOf(rowShare);
    this.#options = options;
    this.#sampling = {
      temperature: options.temperatures[index] ?? 0,
      topP: options.topP,
      topK: Math.min(options.topK === 0 ? 64 : options.topK, 256, vocab),
      penalty: options.repetitionPenalty ?? 1,
    };
  }

  /** Tokens of the next run: few at first and while a reader waits, so that words are shown soon. */
  get limit(): number {
    const made = this.ids.length;
    const awaited = made === 0 || this.#options.isAwaited?.(this.index) === true;
    const run = awaited ? fewTokens : made < 12 ? 2 * fewTokens : 4 * fewTokens;
    return Math.min(run, this.#options.maxTokens - made);
  }

  /** True where copying ahead gives plain decoding's text. */
  get mayCopy(): boolean {
    return this.#options.copyAhead !== false && this.#sampling.penalty === 1;
  }

  get copyCounts(): readonly number[] {
    const gain = this.ids.length / Math.max(1, this.#steps);
    return this.#steps >= recordSteps && gain < leastGain ? this.#counts.wary : this.#counts.usual;
  }

  /** The row's part of a run that feeds `ids`, the last `keep` of them with logits. */
  toRun(ids: readonly number[], length: number): RunRow {
    const { seed, early, constraint } = this.#options;
    const made = this.ids.length;
    return {
      ids,
      length,
      done: this.finished,
      sampling: this.#sampling,
      uniform: (step) => uniformOf(seed, this.index, made + step),
      early: early === undefined ? undefined : { bias: early.bias, steps: early.steps - made },
      said: this.ids,
      constraintState:
        constraint === undefined ? 0 : constraintState(constraint, this.ids.slice(0, -1)),
    };
  }

  /** What the row may copy from: the prompt, drafts before it, and itself, which stands last. */
  corpus(prompt: readonly number[], before: readonly DecodeRow[]): number[] {
    const gap = Array.from({ length: longestMatch }, () => -1);
    // A draft before this one stands behind the prompt's end, so that its first words are found.
    const end = prompt.slice(-longestMatch);
    return [
      ...gap,
      ...(before.length > 0 ? prompt : []),
      ...before.flatMap(({ ids }) => [...gap, ...end, ...ids]),
      ...gap,
      ...(before.length > 0 ? end : prompt),
      ...this.ids,
    ];
  }

  /** Takes what a run made, up to a stop token. */
  accept(tokens: readonly number[], logProbabilities: Float32Array, steps: number): void {
    this.#steps += steps;
    const fresh: number[] = [];
    const freshLog: number[] = [];
    for (const [place, id] of tokens.entries()) {
      if (this.#options.stopIds.includes(id)) {
        this.finished = true;
        this.finishReason = 'stop';
        break;
      }
      if (this.ids.length + fresh.length === this.#options.maxTokens) break;
      fresh.push(id);
      freshLog.push(logProbabilities[place] as number);
    }
    this.ids.push(...fresh);
    this.logProbabilities.push(...freshLog);
    if (fresh.length > 0 && !this.#options.onTokens(this.index, fresh, freshLog)) {
      this.finished = true;
      this.finishReason = 'stop';
    }
    if (this.ids.length >= this.#options.maxTokens) this.finished = true;
  }

  get result(): DecodedRow {
    const { ids, logProbabilities, finishReason } = this;
    return { ids, logProbabilities, finishReason };
  }
}
