/**
 * Embedding and reading on two cores: two processes with a session each do nearly twice as much as one
 * session with two threads, which gains a third (both measured; the operators are too small to be
 * shared). Half of each batch goes to a second process, the other half is done here meanwhile.
 */
import { LRUCache } from 'lru-cache';
import type { CallOptions, Embedder } from '../../../src/core/seams.ts';
import { childModule } from '../../../src/runtime/child-module.ts';
import { ChildPool } from '../../../src/runtime/child-pool.ts';
import type {
  CrossEncoder,
  TextPair,
  PairScores,
} from '../../../src/runtime/cross-encoder/cross-encoder.ts';
import type { EmbedCall, EncodeSetup } from './encode-child.ts';

const LOAD_TIMEOUT_MS = 120_000;
const CALL_TIMEOUT_MS = 30_000;
/** Fewer items than this are not worth a message. */
const FEWEST_SHARED = 2;
const CACHED_TEXTS = 4_096;

export class SecondCore {
  readonly #pool = new ChildPool({
    module: childModule('encode-child', import.meta.url),
    stage: 'rank',
    maxHeapMb: 512,
  });
  #ready = false;

  /** Loads the weights there; until it has, everything is done here. Never throws. */
  async warm(setup: EncodeSetup, signal: AbortSignal): Promise<void> {
    const options = { signal, timeoutMs: LOAD_TIMEOUT_MS };
    this.#ready = await this.#pool.call<boolean>('warm', setup, options).catch(() => false);
  }

  /** `embedder`, with half of each batch done in the second process. */
  embedder(own: Embedder): Embedder {
    const cache = new LRUCache<string, Float32Array>({ max: CACHED_TEXTS });
    return {
      dimensions: own.dimensions,
      embed: async (texts, options) => {
        const { kind } = options;
        const wanted = [...new Set(texts)].filter((text) => !cache.has(`${kind}: ${text}`));
        const vectors = await this.#inTwo(wanted, (text) => text, {
          here: (some) => own.embed(some, options),
          there: (some) =>
            this.#call<readonly Float32Array[]>(
              'embed',
              { texts: some, kind } satisfies EmbedCall,
              options,
            ),
        });
        const fresh = new Map(wanted.map((text, at) => [text, vectors[at]]));
        return texts.map((text) => {
          const vector = fresh.get(text) ?? cache.get(`${kind}: ${text}`) ?? new Float32Array();
          cache.set(`${kind}: ${text}`, vector);
          return vector;
        });
      },
    };
  }

  /** `crossEncoder`, with half of the pairs read in the second process. */
  crossEncoder(own: Pick<CrossEncoder, 'scorePairs'>): Pick<CrossEncoder, 'scorePairs'> {
    return {
      scorePairs: (pairs, options) =>
        this.#inTwo(pairs, ({ text }) => text, {
          here: (some) => own.scorePairs(some, options),
          there: (some: readonly TextPair[]) =>
            this.#call<readonly PairScores[]>('scorePairs', { pairs: some }, options),
        }),
    };
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  #call<Result>(method: string, params: unknown, { signal }: CallOptions): Promise<Result> {
    return this.#pool.call<Result>(method, params, { signal, timeoutMs: CALL_TIMEOUT_MS });
  }

  /** Results in the items' order. What the second process fails at is done here. */
  async #inTwo<Item, Result>(
    items: readonly Item[],
    textOf: (item: Item) => string,
    work: {
      readonly here: (items: readonly Item[]) => Promise<readonly Result[]>;
      readonly there: (items: readonly Item[]) => Promise<readonly Result[]>;
    },
  ): Promise<Result[]> {
    if (!this.#ready || items.length < FEWEST_SHARED) return [...(await work.here(items))];
    const { near, far } = halves(items.map((item) => cost(textOf(item))));
    const pick = (places: readonly number[]): Item[] => places.map((at) => items[at] as Item);
    const there = work.there(pick(far)).catch(() => null);
    const own = await work.here(pick(near));
    const others = (await there) ?? (await work.here(pick(far)));
    const results: Result[] = [];
    near.forEach((place, at) => (results[place] = own[at] as Result));
    far.forEach((place, at) => (results[place] = others[at] as Result));
    return results;
  }
}

/** Tokens of a text, roughly: a Han character is one or two thirds of one, a letter a quarter. */
function cost(text: string): number {
  const han = text.match(/[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]/gu)?.length ?? 0;
  return 16 + han * 0.65 + (text.length - han) / 4;
}

/** Places of items dealt out, the costliest first, each to who has less so far. */
export function halves(costs: readonly number[]): {
  readonly near: readonly number[];
  readonly far: readonly number[];
} {
  const near: number[] = [];
  const far: number[] = [];
  let nearCost = 0;
  let farCost = 0;
  const order = costs.map((_, at) => at).sort((a, b) => (costs[b] ?? 0) - (costs[a] ?? 0));
  for (const at of order) {
    if (farCost <= nearCost) {
      far.push(at);
      farCost += costs[at] ?? 0;
    } else {
      near.push(at);
      nearCost += costs[at] ?? 0;
    }
  }
  return { near, far };
}
