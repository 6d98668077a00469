/** The scorer as the pipeline sees it: judges drafts, claims and answers in child processes. */
import type { Reference } from '../src/core/nouns.ts';
import type { CallOptions, Scorer, SupportJudge, SupportVerdict } from '../src/core/seams.ts';
import { ChildPool } from '../src/runtime/child-pool.ts';
import type { JudgeInput, Judgement } from './judge-drafts.ts';

export interface JudgeCallOptions extends CallOptions {
  /** Hard deadline of one call; default 10,000. */
  readonly timeoutMs?: number | undefined;
}

const TIMEOUT_MS = 10_000;

/**
 * Implements the seams `SupportJudge` and `Scorer`, and the pipeline's `judge`. Every method throws
 * FootnoteError `timeout`, `cancelled`, `overloaded`, `worker-crashed` or `shutting-down`.
 */
export class AnswerJudge implements SupportJudge, Scorer {
  readonly #pool: ChildPool;

  constructor(options: { readonly processes?: number; readonly maxQueued?: number } = {}) {
    this.#pool = new ChildPool({
      module: new URL(
        import.meta.url.endsWith('.ts') ? './scorer-child.ts' : './scorer-child.js',
        import.meta.url,
      ),
      stage: 'score',
      size: options.processes ?? 1,
      maxQueued: options.maxQueued ?? 64,
      maxHeapMb: 512,
    });
  }

  /** Forks the child and loads the weights, so that the first answer does not wait for them. */
  async warm(options: JudgeCallOptions): Promise<void> {
    await this.support('Warm.', ['Warm.'], options);
  }

  /** Cites, composes, scores and selects in one call. See `Judgement` for what comes back. */
  judge(input: JudgeInput, options: JudgeCallOptions): Promise<Judgement> {
    return this.#pool.call<Judgement>('judge', input, this.#options(options));
  }

  support(
    claim: string,
    references: readonly string[],
    options: JudgeCallOptions,
  ): Promise<SupportVerdict> {
    return this.#pool.call<SupportVerdict>(
      'support',
      { claim, references },
      this.#options(options),
    );
  }

  score(
    input: {
      readonly question: string;
      readonly answer: string;
      readonly references: readonly Pick<Reference, 'title' | 'text'>[];
    },
    options: JudgeCallOptions,
  ): Promise<number> {
    return this.#pool.call<number>('score', input, this.#options(options));
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  #options({ signal, timeoutMs }: JudgeCallOptions): { signal: AbortSignal; timeoutMs: number } {
    return { signal, timeoutMs: timeoutMs ?? TIMEOUT_MS };
  }
}
