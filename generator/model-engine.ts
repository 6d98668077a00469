/**
 * A model in this process: weights, tokenizer, template and decoder together. It blocks its thread
 * while it computes; `generator-child.ts` runs it in a process of its own.
 */
import { FootnoteError } from '../src/core/errors.ts';
import type { Draft, Prompt } from '../src/core/nouns.ts';
import { chooseDevice } from '../src/runtime/cuda-provider.ts';
import type { Decoder } from './decoder.ts';
import type { GlmForm } from './glm/matrix-form.ts';
import { citationMarks, tokenConstraint, type TokenConstraint } from './glm/token-constraint.ts';
import { openDecoder, type OpenedDecoder } from './open-decoder.ts';
import type { ModelTokenizer } from './tokenizer/model-tokenizer.ts';
import { promptParts } from './tokenizer/render-prompt.ts';

export interface EngineOptions {
  readonly weightsPath: string;
  /** Folder for converted weights. */
  readonly cacheDir: string;
  /** 0: one for each core. */
  readonly threads: number;
  readonly device: 'auto' | 'cpu' | 'cuda';
  /** Default: what suits the processor (see `form-probe.ts`), float16 on CUDA. */
  readonly form?: GlmForm | undefined;
  /** Folder of a low-rank update in PEFT's layout, merged when the graph is built. */
  readonly loraPath?: string | undefined;
  /** `int8`: a KV cache of 8 bits, on the CPU; default: as attention computes. */
  readonly cache?: 'int8' | undefined;
  /** Bytes of KV kept of earlier prompts and answers; 0: none. */
  readonly prefixBytes?: number | undefined;
}

export interface EngineRequest {
  readonly prompt: Prompt;
  readonly drafts: number;
  readonly maxTokens: number;
  readonly temperature: number;
  readonly topP: number;
  readonly topK: number;
  readonly seed: number;
  readonly stop: readonly string[];
  /** No stop token within the first so many tokens. */
  readonly minTokens: number;
  /** No token that opens a citation mark or a list within the first tokens. */
  readonly banLeadingMarks: boolean;
  /** Citation marks `[n]` only with n in 1 to this; undefined: marks are like other text. */
  readonly citationMarks?: number | undefined;
  /** Over the draft's own tokens; default 1, none. */
  readonly repetitionPenalty?: number | undefined;
  /** Default true: spans of the prompt are copied ahead where few drafts are written at once. */
  readonly copyAhead?: boolean | undefined;
}

/** Temperature of the further drafts when the first one is greedy. */
const restTemperature = 0.7;
const barred = -1e9;
/** Letters, then a full stop with a space behind it, or one of those that need none. */
const sentenceEnd = /[^\s\d][.!?]["'”’)\]]*\s|[。！？]/u;

export class ModelEngine {
  readonly decoder: Decoder;
  readonly tokenizer: ModelTokenizer;
  /** True when the weights were converted by this call. */
  readonly converted: boolean;
  /** The converted model; its weights stand beside it. */
  readonly modelPath: string;
  #leadingMarks: readonly number[] | undefined;
  readonly #constraints = new Map<number, TokenConstraint>();

  private constructor(opened: OpenedDecoder) {
    this.decoder = opened.decoder;
    this.tokenizer = opened.tokenizer;
    this.converted = opened.converted;
    this.modelPath = opened.modelPath;
  }

  /** @throws FootnoteError `model-missing`, `model-invalid` */
  static async open(options: EngineOptions): Promise<ModelEngine> {
    const device = chooseDevice(options.device);
    try {
      return new ModelEngine(await openDecoder({ ...options, device }));
    } catch (error) {
      // CUDA that was not asked for may fail where the CPU serves: another version, too little memory.
      if (device === 'cpu' || options.device === 'cuda') throw error;
      return new ModelEngine(await openDecoder({ ...options, device: 'cpu' }));
    }
  }

  close(): Promise<void> {
    return this.decoder.close();
  }

  /** Token ids of a prompt, as `generate` uses them. */
  encodePrompt(prompt: Prompt): number[] {
    return this.tokenizer.encodeParts(promptParts(prompt, this.tokenizer));
  }

  /**
   * Writes drafts; with temperature 0 the first is greedy and the others are sampled.
   * @throws FootnoteError `prompt-too-long`, `cancelled`
   */
  async generate(
    request: EngineRequest,
    signal: AbortSignal,
    onDelta: (index: number, text: string) => void,
  ): Promise<Draft[]> {
    const promptIds = this.encodePrompt(request.prompt);
    const writers = Array.from({ length: request.drafts }, () => ({
      stream: this.tokenizer.decodeStream(),
      text: '',
      /** Length of what has been given to `onDelta`. */
      shown: 0,
      stopped: false,
    }));
    const longestStop = Math.max(0, ...request.stop.map((text) => text.length));
    const show = (index: number, hold: number): void => {
      const writer = writers[index];
      if (writer === undefined) return;
      // A stop string may be half written: hold back what could be its beginning.
      const until = writer.text.length - (writer.stopped ? 0 : hold);
      if (until <= writer.shown) return;
      onDelta(index, writer.text.slice(writer.shown, until));
      writer.shown = until;
    };
    const rows = await this.decoder.decode(promptIds, {
      maxTokens: request.maxTokens,
      temperatures: writers.map((_, index) =>
        index > 0 && request.temperature === 0 ? restTemperature : request.temperature,
      ),
      topP: request.topP,
      topK: request.topK,
      seed: request.seed,
      stopIds: this.tokenizer.stopIds,
      early: this.#early(request),
      repetitionPenalty: request.repetitionPenalty,
      copyAhead: request.copyAhead,
      constraint:
        request.citationMarks === undefined ? undefined : this.#marksUpTo(request.citationMarks),
      signal,
      // The first sentence is checked and shown while the rest is written.
      isAwaited: (row) => row === 0 && !sentenceEnd.test(writers[row]?.text ?? ''),
      onTokens: (row, ids) => {
        const writer = writers[row];
        if (writer === undefined) return false;
        const before = writer.text.length;
        writer.text += writer.stream.push(ids);
        const cut = firstStop(writer.text, request.stop, Math.max(0, before - longestStop));
        if (cut >= 0) {
          writer.text = writer.text.slice(0, cut);
          writer.stopped = true;
        }
        show(row, Math.max(0, longestStop - 1));
        return !writer.stopped;
      },
    });
    return rows.map((row, index) => {
      const writer = writers[index] as (typeof writers)[number];
      if (!writer.stopped) {
        writer.text += writer.stream.end();
        writer.stopped = true;
      }
      show(index, 0);
      const sum = row.logProbabilities.reduce((total, value) => total + value, 0);
      return {
        kind: 'generated',
        text: writer.text,
        promptTokens: promptIds.length,
        completionTokens: row.ids.length,
        finishReason: row.finishReason,
        meanLogProbability: row.ids.length === 0 ? null : sum / row.ids.length,
      };
    });
  }

  /**
   * Log-probabilities (nats) of texts as the continuation of a prompt, in order.
   * @throws FootnoteError `bad-request` (a text has no token), `prompt-too-long`, `cancelled`
   */
  async logProbabilities(
    prompt: Prompt,
    continuations: readonly string[],
    signal: AbortSignal,
  ): Promise<readonly number[]> {
    const ids = continuations.map((text) => this.tokenizer.encode(text));
    if (ids.some(({ length }) => length === 0))
      throw new FootnoteError('bad-request', 'a continuation is empty: give it at least a token');
    return this.decoder.logProbabilities(this.encodePrompt(prompt), ids, signal);
  }

  /** Mean negative log-probability of a text's tokens as `exp`: its perplexity. */
  async perplexity(text: string, signal: AbortSignal): Promise<number> {
    const ids = this.tokenizer.encode(text);
    if (ids.length < 2) throw new FootnoteError('internal', 'perplexity needs two tokens or more');
    let sum = 0;
    await this.decoder.forEachLogits(ids, signal, (position, logits) => {
      const next = ids[position + 1];
      if (next === undefined) return;
      let largest = -Infinity;
      for (const value of logits) if (value > largest) largest = value;
      let total = 0;
      for (const value of logits) total += Math.exp(value - largest);
      sum += Math.log(total) + largest - (logits[next] as number);
    });
    return Math.exp(sum / (ids.length - 1));
  }

  #early(request: EngineRequest): { bias: Float32Array; steps: number } | undefined {
    // One bias serves all early steps, so marks stay barred for as long as stop tokens do.
    const steps = Math.max(request.minTokens, request.banLeadingMarks ? 1 : 0);
    if (steps === 0) return undefined;
    const bias = new Float32Array(this.decoder.config.vocab_size);
    if (request.minTokens > 0) for (const id of this.tokenizer.stopIds) bias[id] = barred;
    if (request.banLeadingMarks) for (const id of this.#marks()) bias[id] = barred;
    return { bias, steps };
  }

  /** The same object for the same number, so that drafts under it share a batch. */
  #marksUpTo(most: number): TokenConstraint {
    const known = this.#constraints.get(most);
    if (known !== undefined) return known;
    const { rule, states } = citationMarks(most);
    const decoder = new TextDecoder();
    const texts = Array.from({ length: this.tokenizer.size }, (_, id) =>
      decoder.decode(this.tokenizer.bytesOf(id)),
    );
    const made = tokenConstraint(rule, states, texts, this.decoder.config.vocab_size);
    this.#constraints.set(most, made);
    return made;
  }

  /** Tokens that begin with a bracket or a list mark, which crowd the answer out when they come first. */
  #marks(): readonly number[] {
    if (this.#leadingMarks !== undefined) return this.#leadingMarks;
    const marks: number[] = [];
    const decoder = new TextDecoder();
    for (let id = 0; id < this.tokenizer.size; id += 1) {
      if (/^\s*(?:[[【〔［]|[-*•#>`]+\s*$|\()/u.test(decoder.decode(this.tokenizer.bytesOf(id))))
        marks.push(id);
    }
    this.#leadingMarks = marks;
    return marks;
  }
}

/** Where the first of the stop strings begins at or after `from`, or -1. */
function firstStop(text: string, stops: readonly string[], from: number): number {
  let first = -1;
  for (const stop of stops) {
    const at = stop === '' ? -1 : text.indexOf(stop, from);
    if (at >= 0 && (first < 0 || at < first)) first = at;
  }
  return first;
}
