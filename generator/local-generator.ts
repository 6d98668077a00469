/** The local GLM generator: a child process that holds the model, behind the `Generator` seam. */
import { FootnoteError } from '../src/core/errors.ts';
import type { Draft, Prompt } from '../src/core/nouns.ts';
import type { CallOptions, GenerateOptions, Generator } from '../src/core/seams.ts';
import { childModule } from '../src/runtime/child-module.ts';
import { ChildPool } from '../src/runtime/child-pool.ts';
import type { OpenResult } from './generator-child.ts';
import type { EngineOptions, EngineRequest } from './model-engine.ts';
import { parseGlmForm } from './glm/matrix-form.ts';

export interface LocalGeneratorOptions {
  /** A GGUF file. */
  readonly weightsPath: string;
  /** Store name of the model, for answers and logs. */
  readonly model: string;
  /** Folder for converted weights; default: beside the weights file. */
  readonly cacheDir: string;
  /** 0: one for each core. */
  readonly threads: number;
  readonly device: 'auto' | 'cpu' | 'cuda';
  /** Form of the weights (see `matrix-form.ts`); default `auto`: what suits the processor. */
  readonly form?: string;
  /** Folder of a low-rank update in PEFT's layout, merged when the graph is built. */
  readonly loraPath?: string | undefined;
  readonly signal: AbortSignal;
  /** Calls that may wait; the next one gets `overloaded`. Default 32. */
  readonly maxQueued?: number;
  /** Hard limit of one call, in milliseconds; the process is killed when it passes. Default 300,000. */
  readonly timeoutMs?: number;
  /** Calls that share the decoder, run by run; more wait. Default 8. */
  readonly maxTogether?: number;
  /** `int8`: a KV cache of 8 bits, a quarter of the memory for a small loss; on the CPU. */
  readonly cache?: 'int8' | undefined;
  /** Bytes of KV kept of earlier prompts and answers; 0: none. Default: 3,000 tokens, at least 64 MiB. */
  readonly prefixBytes?: number;
}

/** What shapes drafts beyond the seam's options. */
export interface DraftShape {
  /** No stop token within the first so many tokens; default 3. */
  readonly minTokens?: number;
  /** No bracket, list mark or heading as the first token; default true: answers are prose. */
  readonly banLeadingMarks?: boolean;
  /** Citation marks `[n]` only with n in 1 to this; default: marks are like other text. */
  readonly citationMarks?: number;
  /** CTRL's repetition penalty over the draft's own tokens, 1 to 2; default 1, none. */
  readonly repetitionPenalty?: number;
  /** Default true: spans of the prompt are copied ahead; the text is the same, sooner. */
  readonly copyAhead?: boolean;
}

export interface SelfCheck {
  readonly ok: boolean;
  readonly perplexity: number;
  /** What was found, in one line. */
  readonly detail: string;
}

/** Conversion of weights may take minutes on a slow disk. */
const openTimeoutMs = 900_000;

/** Fixed text of the self-check, in two languages. */
const selfCheckText =
  'Water boils at 100 degrees Celsius at sea level. When the pressure falls, as it does on a high mountain, ' +
  'water boils at a lower temperature, so food takes longer to cook. The Moon goes around the Earth in about ' +
  '27 days, and its gravity causes the tides of the oceans. ' +
  '水在海平面的沸点是一百摄氏度。气压降低时，例如在高山上，水的沸点也会降低，因此煮熟食物需要更长的时间。' +
  '月球绕地球一周大约需要二十七天，它的引力引起海洋的潮汐。';

export class LocalGenerator implements Generator {
  readonly model: string;
  /** Longest prompt plus answer, in tokens. */
  readonly contextTokens: number;
  /** True when opening had to convert the weights. */
  readonly converted: boolean;
  readonly #pool: ChildPool;
  readonly #engine: EngineOptions;
  readonly #timeoutMs: number;

  private constructor(
    options: LocalGeneratorOptions,
    pool: ChildPool,
    engine: EngineOptions,
    opened: OpenResult,
  ) {
    this.model = options.model;
    this.#pool = pool;
    this.#engine = engine;
    this.#timeoutMs = options.timeoutMs ?? 300_000;
    this.contextTokens = opened.contextTokens;
    this.converted = opened.converted;
  }

  /**
   * Starts the process and loads the model; weights seen for the first time are converted.
   * @throws FootnoteError `model-missing`, `model-invalid`, `cancelled`, `timeout`
   */
  static async open(options: LocalGeneratorOptions): Promise<LocalGenerator> {
    const engine: EngineOptions = {
      weightsPath: options.weightsPath,
      cacheDir: options.cacheDir,
      threads: options.threads,
      device: options.device,
      form:
        options.form === undefined || options.form === 'auto'
          ? undefined
          : parseGlmForm(options.form),
      cache: options.cache,
      prefixBytes: options.prefixBytes,
      loraPath: options.loraPath,
    };
    const start = (): ChildPool =>
      new ChildPool({
        module: childModule('generator-child', import.meta.url),
        stage: 'generate',
        maxQueued: options.maxQueued ?? 32,
        concurrency: options.maxTogether ?? 8,
        // A draft that was half written goes on in the second try, which this class makes itself.
        retryCrash: false,
        // One native call cannot be interrupted: a chunk of prefill on a slow machine.
        cancelGraceMs: 20_000,
      });
    const load = (pool: ChildPool): Promise<OpenResult> =>
      pool.call<OpenResult>(
        'open',
        { options: engine },
        { signal: options.signal, timeoutMs: openTimeoutMs },
      );
    let pool = start();
    try {
      const opened = await load(pool);
      if (opened.converted) {
        // Conversion takes twice the memory, which a process does not give back: another one serves.
        await pool.close();
        pool = start();
        await load(pool);
      }
      return new LocalGenerator(options, pool, engine, opened);
    } catch (error) {
      await pool.close();
      throw error;
    }
  }

  /** Process ids, for metrics and tests. */
  get pids(): readonly number[] {
    return this.#pool.pids;
  }

  /**
   * Drafts for a prompt, from one prefill. A process that died is started anew, and the call tried once
   * more: drafts of a seed come out the same, and what was shown is not shown again.
   * @throws FootnoteError `prompt-too-long`, `worker-crashed` (twice), `overloaded`, `timeout`,
   *   `cancelled`, `bad-request` (options out of range)
   */
  async generate(prompt: Prompt, options: GenerateOptions & DraftShape): Promise<readonly Draft[]> {
    const problem = checkOptions(options);
    if (problem !== null) throw new FootnoteError('bad-request', problem);
    const request: EngineRequest = {
      prompt,
      drafts: options.drafts,
      maxTokens: options.maxTokens,
      temperature: options.temperature,
      topP: options.topP,
      topK: options.topK,
      seed: options.seed,
      stop: options.stop ?? [],
      minTokens: options.minTokens ?? 3,
      banLeadingMarks: options.banLeadingMarks ?? true,
      citationMarks: options.citationMarks,
      repetitionPenalty: options.repetitionPenalty,
      copyAhead: options.copyAhead,
    };
    const shown = new Map<number, number>();
    try {
      return await this.#write(request, options, shown);
    } catch (error) {
      const crashed = error instanceof FootnoteError && error.code === 'worker-crashed';
      if (!crashed || options.signal.aborted) throw error;
      return this.#write(request, options, shown);
    }
  }

  /** One try. `shown` holds how much of each draft the caller has seen. */
  #write(
    request: EngineRequest,
    { signal, onDelta }: GenerateOptions,
    shown: Map<number, number>,
  ): Promise<Draft[]> {
    const written = new Map<number, number>();
    return this.#pool.call<Draft[]>(
      'generate',
      { options: this.#engine, request },
      {
        signal,
        timeoutMs: this.#timeoutMs,
        onEvent: ({ index, text }: { readonly index: number; readonly text: string }) => {
          const from = written.get(index) ?? 0;
          const seen = shown.get(index) ?? 0;
          written.set(index, from + text.length);
          if (from + text.length <= seen) return;
          shown.set(index, from + text.length);
          onDelta?.(index, text.slice(Math.max(0, seen - from)));
        },
      },
    );
  }

  /** Runs a few tokens, so that the first question does not pay for page faults. */
  async warm(signal: AbortSignal): Promise<void> {
    const message = { role: 'user', content: 'Say yes.' } as const;
    await this.generate(
      { kind: 'chat', messages: [message] },
      { drafts: 1, maxTokens: 2, temperature: 0, topP: 1, topK: 1, seed: 1, signal },
    );
  }

  /**
   * How probable each text is as the continuation of a prompt: natural logarithms, summed over its tokens.
   * The log-odds of "Yes" against "No" is a difference of two. Calls whose prompts begin alike (the same
   * system prompt and references) share that beginning's KV: such a call costs what its prompt adds. It
   * runs between the steps of drafts that are being written.
   * @param continuations 1 to 64 texts of at least a token each; how they begin matters ("Yes", " yes")
   * @throws FootnoteError `prompt-too-long`, `worker-crashed`, `overloaded`, `timeout`, `cancelled`,
   *   `bad-request`
   */
  async logProbabilities(
    prompt: Prompt,
    continuations: readonly string[],
    { signal }: CallOptions,
  ): Promise<readonly number[]> {
    if (continuations.length < 1 || continuations.length > 64)
      throw new FootnoteError('bad-request', 'give 1 to 64 continuations');
    return this.#pool.call<readonly number[]>(
      'logProbabilities',
      { options: this.#engine, prompt, continuations },
      { signal, timeoutMs: this.#timeoutMs },
    );
  }

  /** Lengths of texts in the model's tokens, without template. */
  countTokens(texts: readonly string[], signal: AbortSignal): Promise<readonly number[]> {
    return this.#pool.call(
      'countTokens',
      { options: this.#engine, texts },
      { signal, timeoutMs: this.#timeoutMs },
    );
  }

  /**
   * Are these weights fit to serve? The perplexity of `selfCheckText` must lie in the model's known
   * range, and a greedy answer must end by itself.
   */
  async selfCheck(options: {
    readonly perplexity: { readonly min: number; readonly max: number };
    readonly signal: AbortSignal;
  }): Promise<SelfCheck> {
    const { signal } = options;
    const perplexity = await this.#pool.call<number>(
      'perplexity',
      { options: this.#engine, text: selfCheckText },
      { signal, timeoutMs: this.#timeoutMs },
    );
    const { min, max } = options.perplexity;
    if (!(perplexity >= min && perplexity <= max)) {
      return {
        ok: false,
        perplexity,
        detail: `perplexity ${perplexity.toFixed(1)} is outside ${min} to ${max}: the weights are damaged or were read wrongly`,
      };
    }
    const content = 'What is the capital of France? Answer in one short sentence.';
    const [draft] = await this.generate(
      { kind: 'chat', messages: [{ role: 'user', content }] },
      { drafts: 1, maxTokens: 96, temperature: 0, topP: 1, topK: 1, seed: 1, signal },
    );
    const ended = draft?.finishReason === 'stop' && draft.text.trim() !== '';
    return {
      ok: ended,
      perplexity,
      detail: ended
        ? `perplexity ${perplexity.toFixed(1)}; a greedy answer ended after ${draft.completionTokens} tokens`
        : 'a greedy answer did not end within 96 tokens, or was empty',
    };
  }

  /** Ends the process; calls in hand fail with `shutting-down`. */
  close(): Promise<void> {
    return this.#pool.close();
  }
}

function checkOptions(options: GenerateOptions & DraftShape): string | null {
  const whole = (value: number, least: number, most: number): boolean =>
    Number.isInteger(value) && value >= least && value <= most;
  if (!whole(options.drafts, 1, 16)) return 'drafts must be 1 to 16';
  if (!whole(options.maxTokens, 1, 8192)) return 'maxTokens must be 1 to 8192';
  if (!(options.temperature >= 0 && options.temperature <= 5)) return 'temperature must be 0 to 5';
  if (!(options.topP > 0 && options.topP <= 1)) return 'topP must be above 0 and at most 1';
  if (!whole(options.topK, 0, 256)) return 'topK must be 0 to 256';
  if (!Number.isInteger(options.seed)) return 'seed must be a whole number';
  const penalty = options.repetitionPenalty ?? 1;
  if (!(penalty >= 1 && penalty <= 2)) return 'repetitionPenalty must be 1 to 2';
  if (!whole(options.citationMarks ?? 1, 1, 99)) return 'citationMarks must be 1 to 99';
  return null;
}
