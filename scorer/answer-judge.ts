/** The scorer as the pipeline sees it: judges drafts, claims and answers in child processes. */
import { orAbort } from '../src/core/deadline.ts';
import type { Reference } from '../src/core/nouns.ts';
import type {
  CallOptions,
  Claim,
  Scorer,
  SupportJudge,
  SupportReference,
  SupportVerdict,
} from '../src/core/seams.ts';
import { childModule } from '../src/runtime/child-module.ts';
import { ChildPool } from '../src/runtime/child-pool.ts';
import type { CheckedUnit, CheckWrittenInput } from './citation/check-written.ts';
import type { JudgeInput, Judgement } from './judge-drafts.ts';
import type { CrossEncoderSetup } from './judge-models.ts';
import type { TextClaims } from './verify/text-claims.ts';
import type { VerifyInput } from './verify/verify-claims.ts';

export interface JudgeCallOptions extends CallOptions {
  /** Hard deadline of one call; default 10,000. */
  readonly timeoutMs?: number | undefined;
}

export interface AnswerJudgeOptions {
  readonly processes?: number;
  readonly maxQueued?: number;
  /**
   * Finds the cross-encoder's weights, at the first call; null, left out or a rejection: the judges by features
   * serve alone.
   */
  readonly crossEncoder?: (() => Promise<CrossEncoderSetup | null>) | undefined;
}

const TIMEOUT_MS = 10_000;
/** Forking the child and reading the weights may take this long, once, on a busy machine. */
const LOAD_TIMEOUT_MS = 60_000;

/**
 * Implements the seams `SupportJudge` and `Scorer`, and the pipeline's `judge`. Every method throws
 * FootnoteError `timeout`, `cancelled`, `overloaded`, `worker-crashed` or `shutting-down`.
 */
export class AnswerJudge implements SupportJudge, Scorer {
  readonly #pool: ChildPool;
  readonly #findCrossEncoder: () => Promise<CrossEncoderSetup | null>;
  #warm: Promise<CrossEncoderSetup | null> | undefined;

  constructor(options: AnswerJudgeOptions = {}) {
    this.#findCrossEncoder = options.crossEncoder ?? (() => Promise.resolve(null));
    this.#pool = new ChildPool({
      module: childModule('scorer-child', import.meta.url),
      stage: 'score',
      size: options.processes ?? 1,
      maxQueued: options.maxQueued ?? 64,
      maxHeapMb: 512,
    });
  }

  /** Forks the child and loads the weights, so that the first answer does not wait for them. */
  async warm({ signal }: CallOptions): Promise<void> {
    await this.#warmed(signal);
  }

  /** Cites, composes, scores and selects in one call. See `Judgement` for what comes back. */
  judge(input: JudgeInput, options: JudgeCallOptions): Promise<Judgement> {
    return this.#call<Judgement>('judge', input, options);
  }

  /** Checks claims against references; the child keeps the references of the last few answers read. */
  check(
    claims: readonly Claim[],
    references: readonly SupportReference[],
    options: JudgeCallOptions,
  ): Promise<readonly SupportVerdict[]> {
    const input = {
      claims,
      references: references.map(({ title, text }) => ({ title, text })),
    };
    return this.#call<readonly SupportVerdict[]>('check', input, options);
  }

  /** Takes a text apart into what it claims; linear in the text, but off the event loop. */
  textClaims(text: string, options: JudgeCallOptions): Promise<TextClaims> {
    return this.#call<TextClaims>('textClaims', text, options);
  }

  /** Checks claims of a text against references of any length. */
  verifyClaims(input: VerifyInput, options: JudgeCallOptions): Promise<readonly SupportVerdict[]> {
    return this.#call<readonly SupportVerdict[]>('verifyClaims', input, options);
  }

  /** Checks and cites what a model wrote, unit by unit, while it goes on writing. */
  checkWritten(
    input: CheckWrittenInput,
    options: JudgeCallOptions,
  ): Promise<readonly CheckedUnit[]> {
    return this.#call<readonly CheckedUnit[]>('checkWritten', input, options);
  }

  score(
    input: {
      readonly question: string;
      readonly answer: string;
      readonly references: readonly Pick<Reference, 'title' | 'text'>[];
    },
    options: JudgeCallOptions,
  ): Promise<number> {
    return this.#call<number>('score', input, options);
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  /** The first call waits for the child outside its own deadline. */
  async #call<T>(method: string, input: unknown, options: JudgeCallOptions): Promise<T> {
    const { signal, timeoutMs = TIMEOUT_MS } = options;
    const crossEncoder = await this.#warmed(signal);
    return this.#pool.call<T>(method, { input, crossEncoder }, { signal, timeoutMs });
  }

  #warmed(signal: AbortSignal): Promise<CrossEncoderSetup | null> {
    // A caller's cancel does not stop the load, which others may wait for.
    this.#warm ??= this.#load().catch((error: unknown) => {
      this.#warm = undefined;
      throw error;
    });
    return orAbort(this.#warm, signal);
  }

  async #load(): Promise<CrossEncoderSetup | null> {
    const crossEncoder = await this.#findCrossEncoder().catch(() => null);
    const input = { claims: [{ claim: 'Warm.' }], references: [{ text: 'Warm.' }] };
    const { signal } = new AbortController();
    await this.#pool.call('check', { input, crossEncoder }, { signal, timeoutMs: LOAD_TIMEOUT_MS });
    return crossEncoder;
  }
}
