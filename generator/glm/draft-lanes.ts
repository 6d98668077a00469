/**
 * Drafts of one prompt that are written together as lanes of one KV cache: the prompt's keys and values
 * are there once and are read once a step, however many drafts there are. See `attention-layout.ts`.
 */
import type { DecodeOptions, DecodeRow } from './decode-row.ts';
import type { RunInput, RunOutput } from './glm-session.ts';
import { keepLanes, type CacheTensors, type RowCache } from './kv-cache.ts';

/** Lanes at least: a single row is summed otherwise (see `addLookup`), and a draft's text is to stay its. */
const leastLanes = 2;

export class DraftLanes {
  #rows: readonly DecodeRow[];
  #tensors: CacheTensors;
  readonly #shared: number;
  /** Tokens that each lane has in the cache. */
  #steps = 0;

  /**
   * @param rows 2 or more that have not begun
   * @param prompt the cache of at least one token, all of the prompt's but the last
   * @param lastId the prompt's last token, which every lane feeds first
   */
  constructor(rows: readonly DecodeRow[], prompt: RowCache, lastId: number) {
    this.#rows = rows;
    this.#tensors = prompt.tensors;
    this.#shared = prompt.length;
    for (const row of rows) row.pending = [lastId];
  }

  get finished(): boolean {
    return this.#rows.every(({ finished }) => finished);
  }

  get #limit(): number {
    const limits = this.#rows.filter(({ finished }) => !finished).map(({ limit }) => limit);
    return Math.max(1, Math.min(...limits));
  }

  /** True where the cache, all lanes together, keeps within `positions` in the next run. */
  fits(positions: number): boolean {
    return this.#shared + this.#rows.length * (this.#steps + this.#limit) <= positions;
  }

  /** The next run of all lanes. */
  input({ stopIds, constraint }: DecodeOptions): RunInput {
    const length = this.#shared + this.#steps;
    return {
      rows: this.#rows.map((row) => row.toRun(row.pending.slice(0, 1), length)),
      tensors: this.#tensors,
      keep: 1,
      limit: this.#limit,
      stopIds,
      constraint,
      lanes: { shared: this.#shared },
    };
  }

  /** Takes what the run made; lanes that are finished leave the cache. */
  accept(output: RunOutput): void {
    const { steps } = output.work;
    this.#tensors = output.tensors;
    this.#steps += steps;
    for (const [lane, row] of this.#rows.entries()) {
      row.pending = output.next[lane] ?? [];
      if (row.finished) continue;
      row.accept(output.tokens[lane] ?? [], output.logProbabilities[lane] as Float32Array, steps);
    }
    const places = [...this.#rows.keys()];
    const going = places.filter((lane) => this.#rows[lane]?.finished === false);
    if (going.length === 0 || going.length === places.length) return;
    const over = places.filter((lane) => !going.includes(lane));
    this.#keep([...going, ...over.slice(0, Math.max(0, leastLanes - going.length))]);
  }

  #keep(lanes: readonly number[]): void {
    if (lanes.length === this.#rows.length) return;
    this.#tensors = this.#cacheOf(lanes);
    this.#rows = lanes.map((lane) => this.#rows[lane] as DecodeRow);
  }

  #cacheOf(lanes: readonly number[]): CacheTensors {
    return keepLanes(this.#tensors, this.#shared, this.#rows.length, this.#steps, lanes);
  }

  /** Gives each draft that goes on a cache of its own. */
  leave(): void {
    for (const [lane, row] of this.#rows.entries()) {
      if (row.finished) continue;
      row.cache = { tensors: this.#cacheOf([lane]), length: this.#shared + this.#steps };
    }
  }
}
