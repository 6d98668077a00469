/** Ranking as the rest of the program sees it: documents in, numbered references out. */
import { orAbort } from '../../src/core/deadline.ts';
import type { Document, Question } from '../../src/core/nouns.ts';
import type { EvidenceBreadth } from '../../src/core/question-kind.ts';
import { childModule } from '../../src/runtime/child-module.ts';
import { ChildPool } from '../../src/runtime/child-pool.ts';
import type { ReferencesResult } from './fusion/make-references.ts';
import type { PrepareCall, RankSetup } from './rank-child.ts';

export interface RankerOptions {
  /** The embedder's weights; null: words alone rank. */
  readonly weightsPath: string | null;
  /** Where the converted weights are kept (22 MB); null: converted at each start, which takes seconds. */
  readonly cacheDir: string | null;
  /** Threads of the embedder in each process. */
  readonly threads: number;
  /** Bound of the sentences' vectors kept under `cacheDir`, in bytes; default 0: none are. */
  readonly vectorBytes?: number;
  /** Processes; default 1. */
  readonly size?: number;
  /** Calls that may wait; default 256. */
  readonly maxQueued?: number;
}

export interface ReferencesOptions {
  readonly maxReferences: number;
  /** The question in the documents' language, where that is another (`translationTarget`). */
  readonly translation?: string | null | undefined;
  /** The questions it is made of, each by itself. */
  readonly parts?: readonly string[] | undefined;
  /** How much evidence the question deserves; default: what one fact needs. */
  readonly breadth?: EvidenceBreadth | undefined;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

/** Loading the weights and converting them may take this long, once. */
const LOAD_TIMEOUT_MS = 120_000;
const RANK_TIMEOUT_MS = 30_000;
/** With more calls than this waiting, nothing is done ahead of its time. */
const MOST_WAITING = 32;

export class Ranker {
  readonly #pool: ChildPool;
  readonly #setup: RankSetup;
  #warm: Promise<boolean> | undefined;
  #isWarm = false;

  constructor(options: RankerOptions) {
    const { weightsPath, cacheDir, threads, vectorBytes = 0, size, maxQueued } = options;
    this.#setup = { weightsPath, cacheDir, threads, vectorBytes };
    this.#pool = new ChildPool({
      module: childModule('rank-child', import.meta.url),
      stage: 'rank',
      size: size ?? 1,
      maxHeapMb: 1024,
      ...(maxQueued === undefined ? {} : { maxQueued }),
    });
  }

  /**
   * Loads the weights ahead of the first question. True when an embedder is in use.
   * @throws FootnoteError `model-missing`, `model-invalid`, `timeout`, `cancelled`
   */
  async warm(signal: AbortSignal): Promise<boolean> {
    const options = { signal, timeoutMs: LOAD_TIMEOUT_MS };
    const embeds = await this.#pool.call<boolean>('warm', this.#setup, options);
    this.#isWarm = true;
    return embeds;
  }

  /**
   * Does ahead what `references` would do first: a question is embedded while it is searched for, a page
   * segmented and its words counted while others are on their way. Never throws and never waits; without
   * it `references` says the same, later.
   */
  prepare(coming: Pick<PrepareCall, 'question' | 'document'>, signal: AbortSignal): void {
    if (!this.#isWarm || signal.aborted || this.#pool.queued > MOST_WAITING) return;
    this.#pool
      .call('prepare', { ...this.#setup, ...coming }, { signal, timeoutMs: RANK_TIMEOUT_MS })
      .catch(() => undefined);
  }

  /**
   * Segments, ranks and selects. References are numbered 1..k, best first; each `text` is a verbatim
   * slice of its document's text, `evidence` are sentences with offsets into that `text` and the
   * probability that they hold the answer.
   * @throws FootnoteError `timeout`, `cancelled`, `overloaded`, `worker-crashed`, `model-invalid`
   */
  async references(
    question: Question,
    documents: readonly Document[],
    options: ReferencesOptions,
  ): Promise<ReferencesResult> {
    await this.#loaded(options.signal);
    const { text, freshness } = question;
    const { maxReferences, signal, timeoutMs, translation, parts, breadth } = options;
    return this.#pool.call<ReferencesResult>(
      'references',
      {
        ...this.#setup,
        question: text,
        translation,
        freshness,
        documents,
        maxReferences,
        parts,
        breadth,
      },
      { signal, timeoutMs },
    );
  }

  /**
   * Ranks given passages, all of them, best first. Scores compare within one call only.
   * @throws FootnoteError as `references`
   */
  async rank(
    question: string,
    passages: readonly { readonly id: string; readonly text: string; readonly title?: string }[],
    options: { readonly signal: AbortSignal; readonly timeoutMs?: number },
  ): Promise<readonly { readonly id: string; readonly score: number }[]> {
    await this.#loaded(options.signal);
    return this.#pool.call(
      'rank',
      { ...this.#setup, question, passages },
      { signal: options.signal, timeoutMs: options.timeoutMs ?? RANK_TIMEOUT_MS },
    );
  }

  /** Kills the process; calls in hand are rejected with `shutting-down`. */
  close(): Promise<void> {
    return this.#pool.close();
  }

  /** The first call waits for the weights outside its own deadline, once; a caller's cancel does not stop the load. */
  async #loaded(signal: AbortSignal): Promise<void> {
    this.#warm ??= this.warm(new AbortController().signal).catch((error: unknown) => {
      this.#warm = undefined;
      throw error;
    });
    await orAbort(this.#warm, signal);
  }
}
