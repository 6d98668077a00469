/** Reads prompts into the KV cache in chunks, from the longest beginning that is known. */
import { greedy, type RunInput, type RunOutput } from './glm-session.ts';
import type { RowCache } from './kv-cache.ts';
import type { PrefixCache } from './prefix-cache.ts';

/**
 * Prompt tokens of one native call at most: what a cancel has to wait for. Attention is computed for all
 * positions of a chunk, those to come too, and activations grow with it; shorter ones read the weights
 * more often. Processor time for 600 tokens against chunks of 512 and 88: one of 600 .96, two of 300 1.0,
 * three of 200 .97, four of 150 1.04, six of 100 1.13.
 */
const prefillChunk = 256;
/** Fewest tokens of a prompt to feed at once: a single row is summed otherwise (see `addLookup`). */
export const leastFed = 2;

export class PromptReader {
  readonly #run: (input: RunInput) => Promise<RunOutput>;
  readonly #prefixes: PrefixCache;
  readonly #empty: RowCache;
  /** Tokens that were computed, and that came from the prefix cache. */
  promptTokens = 0;
  reusedTokens = 0;

  constructor(
    run: (input: RunInput) => Promise<RunOutput>,
    prefixes: PrefixCache,
    empty: RowCache,
  ) {
    this.#run = run;
    this.#prefixes = prefixes;
    this.#empty = empty;
  }

  /** The cache of the longest known beginning of `ids`, at most `most` tokens; maybe of none. */
  begin(ids: readonly number[], most: number): RowCache {
    const known = this.#prefixes.find(ids, most);
    if (known === null) return this.#empty;
    this.reusedTokens += known.length;
    return known;
  }

  /** The next tokens of `ids` up to `end`, and whether they are the last: chunks are of one size. */
  next(
    ids: readonly number[],
    from: number,
    end: number,
  ): { readonly chunk: readonly number[]; readonly isLast: boolean } {
    const left = end - from;
    // Of one size, because a short rest costs more than its share.
    const chunks = Math.ceil(left / prefillChunk);
    const chunk = ids.slice(from, from + Math.ceil(left / chunks));
    this.promptTokens += chunk.length;
    return { chunk, isLast: chunks <= 1 };
  }

  /** Feeds a chunk behind a cache. */
  async feed(
    cache: RowCache,
    chunk: readonly number[],
    wanted: { readonly keep: number; readonly wantLogits: boolean } = {
      keep: 1,
      wantLogits: false,
    },
  ): Promise<{ readonly cache: RowCache; readonly logits: Float32Array }> {
    const { tensors, logits } = await this.#run({
      rows: [{ ...idle, ids: chunk, length: cache.length }],
      tensors: cache.tensors,
      limit: 1,
      stopIds: [],
      ...wanted,
    });
    return { cache: { tensors, length: cache.length + chunk.length }, logits };
  }

  /** Keeps the cache of `ids` for prompts that begin alike. */
  keep(ids: readonly number[], cache: RowCache): void {
    this.#prefixes.add(ids, cache);
  }
}

/** A row of a run that only fills the cache. */
const idle = {
  done: false,
  sampling: greedy,
  uniform: () => 0,
  said: [],
  constraintState: 0,
} as const;
