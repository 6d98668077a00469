import type { TimingsMs } from './nouns.ts';

type Stage = Exclude<keyof TimingsMs, 'total'>;

/** Wall-clock milliseconds by stage of one question. */
export class Stopwatch {
  readonly #started = performance.now();
  readonly #stages: Record<Stage, number> = {
    search: 0,
    fetch: 0,
    extract: 0,
    rank: 0,
    generate: 0,
    score: 0,
  };

  async time<T>(stage: Stage, work: () => Promise<T>): Promise<T> {
    const start = performance.now();
    try {
      return await work();
    } finally {
      this.add(stage, performance.now() - start);
    }
  }

  /** For work that is no promise; call what it returns at the end. */
  start(stage: Stage): () => void {
    const start = performance.now();
    return () => {
      this.add(stage, performance.now() - start);
    };
  }

  add(stage: Stage, ms: number): void {
    this.#stages[stage] += ms;
  }

  /** Rounded to a tenth of a millisecond; `total` runs from construction to now. */
  timings(): TimingsMs {
    const round = (ms: number): number => Math.round(ms * 10) / 10;
    return {
      search: round(this.#stages.search),
      fetch: round(this.#stages.fetch),
      extract: round(this.#stages.extract),
      rank: round(this.#stages.rank),
      generate: round(this.#stages.generate),
      score: round(this.#stages.score),
      total: round(performance.now() - this.#started),
    };
  }
}
