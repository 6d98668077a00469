/**
 * Runs the GLM graph: prefill in chunks, decode in runs of K tokens, rows that share one prefill. All
 * native calls block the thread; between them the event loop gets a turn, so that a cancel is seen.
 */
import { Tensor, type InferenceSession } from 'onnxruntime-node';
import { abortReason } from '../../src/core/deadline.ts';
import { FootnoteError } from '../../src/core/errors.ts';
import { openSession, type SessionOptions } from '../../src/runtime/onnx-session.ts';
import type { GlmConfig } from './glm-config.ts';
import { glmIo } from './glm-graph.ts';

/** Prompt tokens of one native call: what a cancel has to wait for at most. */
const prefillChunk = 512;
/** Positions whose logits cross to JavaScript at once. */
const logitsChunk = 32;

export interface DecodeOptions {
  readonly maxTokens: number;
  /** One entry a row; 0 is greedy. Rows share the prompt's prefill. */
  readonly temperatures: readonly number[];
  readonly topP: number;
  /** 0 means the default of 64; at most 256. */
  readonly topK: number;
  readonly seed: number;
  readonly stopIds: readonly number[];
  /** Added to the logits of the first `steps` tokens: forbids or favours ids there. */
  readonly early?: { readonly bias: Float32Array; readonly steps: number } | undefined;
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

interface Cache {
  readonly tensors: Readonly<Record<string, Tensor>>;
  readonly length: number;
}

interface RunInput {
  readonly ids: readonly (readonly number[])[];
  readonly cache: Cache;
  readonly steps: number;
  readonly done: readonly boolean[];
  readonly uniforms: Float32Array;
  readonly sampling: Pick<DecodeOptions, 'topP' | 'topK' | 'stopIds' | 'early' | 'temperatures'>;
  /** How many of the first steps of this run the early bias covers. */
  readonly earlySteps: number;
  readonly keep: number;
  readonly wantLogits: boolean;
}

const int64 = (values: readonly number[], dims: readonly number[]): Tensor =>
  new Tensor('int64', BigInt64Array.from(values, BigInt), dims);

/** A uniform number in [0, 1) for a seed, row and step (splitmix32 over their mix). */
function uniformOf(seed: number, row: number, step: number): number {
  let state =
    (Math.imul(seed | 0, 0x9e3779b1) ^ Math.imul(row + 1, 0x85ebca6b)) +
    Math.imul(step + 1, 0xc2b2ae35);
  state = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
  state = Math.imul(state ^ (state >>> 15), 0x735a2d97);
  return ((state ^ (state >>> 15)) >>> 0) / 4_294_967_296;
}

export class GlmDecoder {
  readonly config: GlmConfig;
  readonly #session: InferenceSession;

  private constructor(session: InferenceSession, config: GlmConfig) {
    this.#session = session;
    this.config = config;
  }

  /** @throws FootnoteError `model-invalid` when onnxruntime refuses the model */
  static async open(
    modelPath: string,
    config: GlmConfig,
    options: SessionOptions,
  ): Promise<GlmDecoder> {
    return new GlmDecoder(await openSession(modelPath, options), config);
  }

  async close(): Promise<void> {
    await this.#session.release();
  }

  /**
   * Continues a prompt in `temperatures.length` rows.
   * @throws FootnoteError `prompt-too-long`, `cancelled`
   */
  async decode(promptIds: readonly number[], options: DecodeOptions): Promise<DecodedRow[]> {
    const rows = options.temperatures.length;
    const room = this.config.max_position_embeddings - promptIds.length;
    if (promptIds.length === 0 || room < 1) {
      throw new FootnoteError(
        'prompt-too-long',
        `the prompt has ${promptIds.length} tokens; the model takes 1 to ${this.config.max_position_embeddings - 1}`,
        { stage: 'generate' },
      );
    }
    const maxTokens = Math.min(options.maxTokens, room);
    // Several rows start from one prefill of all but the last token, which each row then decodes.
    const shared = rows > 1 ? promptIds.length - 1 : 0;
    let { cache, rest } = await this.#prefill(promptIds, shared, options);
    if (rows > 1) cache = repeatCache(cache, rows);
    let ids = Array.from({ length: rows }, () => rest);
    const states = ids.map(() => ({
      ids: [] as number[],
      logProbabilities: [] as number[],
      finishReason: 'length' as 'stop' | 'length',
      done: false,
    }));
    for (let step = 0; step < maxTokens && states.some(({ done }) => !done);) {
      await turn(options.signal);
      // Short runs first: the first words are shown soon. Later ones pay less for the hand-over.
      const steps = Math.min(step === 0 ? 4 : step < 12 ? 8 : 16, maxTokens - step);
      const uniforms = new Float32Array(steps * rows);
      for (let index = 0; index < steps; index += 1) {
        for (let row = 0; row < rows; row += 1) {
          uniforms[index * rows + row] =
            options.temperatures[row] === 0 ? 0 : uniformOf(options.seed, row, step + index);
        }
      }
      const output = await this.#run({
        ids,
        cache,
        steps,
        done: states.map(({ done }) => done),
        uniforms,
        sampling: options,
        earlySteps: (options.early?.steps ?? 0) - step,
        keep: 1,
        wantLogits: false,
      });
      cache = output.cache;
      const made = output.tokens.length / rows;
      states.forEach((state, row) => {
        if (state.done) return;
        const fresh: number[] = [];
        const freshLog: number[] = [];
        for (let index = 0; index < made && !state.done; index += 1) {
          const id = output.tokens[index * rows + row] as number;
          if (options.stopIds.includes(id)) {
            state.done = true;
            state.finishReason = 'stop';
          } else {
            fresh.push(id);
            freshLog.push(output.logProbabilities[index * rows + row] as number);
          }
        }
        state.ids.push(...fresh);
        state.logProbabilities.push(...freshLog);
        if (fresh.length > 0 && !options.onTokens(row, fresh, freshLog)) {
          state.done = true;
          state.finishReason = 'stop';
        }
      });
      ids = states.map((_, row) => [output.tokens[(made - 1) * rows + row] as number]);
      step += made;
    }
    return states.map(({ ids: made, logProbabilities, finishReason }) => ({
      ids: made,
      logProbabilities,
      finishReason,
    }));
  }

  /**
   * Logits after each position of a text (teacher forcing), in order.
   * @param visit gets the position and its logits `[vocab_size]`, valid during the call only
   */
  async forEachLogits(
    ids: readonly number[],
    signal: AbortSignal,
    visit: (position: number, logits: Float32Array) => void,
  ): Promise<void> {
    let cache = this.#emptyCache();
    const vocab = this.config.vocab_size;
    for (let at = 0; at < ids.length; at += logitsChunk) {
      await turn(signal);
      const part = ids.slice(at, at + logitsChunk);
      const output = await this.#run({
        ...greedyRun,
        ids: [part],
        cache,
        keep: part.length,
        wantLogits: true,
      });
      cache = output.cache;
      for (let index = 0; index < part.length; index += 1) {
        visit(at + index, output.logits.subarray(index * vocab, (index + 1) * vocab));
      }
    }
  }

  /** Runs the first tokens of the prompt through the cache, leaving at most a chunk to decode from. */
  async #prefill(
    ids: readonly number[],
    shared: number,
    options: DecodeOptions,
  ): Promise<{ cache: Cache; rest: readonly number[] }> {
    let cache = this.#emptyCache();
    let at = 0;
    while (at < shared || ids.length - at > prefillChunk) {
      await turn(options.signal);
      const end = Math.min(at + prefillChunk, shared === 0 ? ids.length - 1 : shared);
      const output = await this.#run({
        ...greedyRun,
        ids: [ids.slice(at, end)],
        cache,
        keep: 1,
        wantLogits: false,
      });
      cache = output.cache;
      at = end;
    }
    return { cache, rest: ids.slice(at) };
  }

  #emptyCache(): Cache {
    const { num_key_value_heads: heads, head_dim: dim } = this.config;
    const tensors: Record<string, Tensor> = {};
    for (let layer = 0; layer < this.config.num_hidden_layers; layer += 1) {
      for (const name of [glmIo.pastKey(layer), glmIo.pastValue(layer)]) {
        tensors[name] = new Tensor('float32', new Float32Array(0), [1, heads, 0, dim]);
      }
    }
    return { tensors, length: 0 };
  }

  async #run(input: RunInput): Promise<{
    tokens: number[];
    logProbabilities: Float32Array;
    logits: Float32Array;
    cache: Cache;
  }> {
    const { ids, sampling, cache } = input;
    const rows = ids.length;
    const topK = Math.min(sampling.topK === 0 ? 64 : sampling.topK, 256, this.config.vocab_size);
    const allGreedy = sampling.temperatures.every((temperature) => temperature === 0);
    const feeds = {
      ...cache.tensors,
      steps: int64([input.steps], []),
      ids: int64(ids.flat(), [rows, ids[0]?.length ?? 0]),
      past_length: int64([cache.length], []),
      done: new Tensor('bool', Uint8Array.from(input.done, Number), [rows, 1]),
      uniforms: new Tensor('float32', input.uniforms, [input.steps, rows]),
      inverse_temperature: new Tensor(
        'float32',
        Float32Array.from(sampling.temperatures, (value) => (value === 0 ? 1 : 1 / value)),
        [rows, 1],
      ),
      top_k: int64([allGreedy ? 1 : topK], [1]),
      top_p: new Tensor('float32', Float32Array.of(sampling.topP), [1]),
      stop_ids: int64(sampling.stopIds.length === 0 ? [-1] : sampling.stopIds, [
        1,
        Math.max(1, sampling.stopIds.length),
      ]),
      early_bias: new Tensor('float32', sampling.early?.bias ?? new Float32Array(1), [
        sampling.early?.bias.length ?? 1,
      ]),
      early_steps: int64([Math.max(0, input.earlySteps)], []),
      keep: int64([-input.keep], [1]),
      want_logits: new Tensor('bool', Uint8Array.of(Number(input.wantLogits)), []),
    };
    const output = await this.#session.run(feeds);
    const data = (name: string): Tensor['data'] => (output[name] as Tensor).data;
    const tensors: Record<string, Tensor> = {};
    for (let layer = 0; layer < this.config.num_hidden_layers; layer += 1) {
      tensors[glmIo.pastKey(layer)] = output[glmIo.presentKey(layer)] as Tensor;
      tensors[glmIo.pastValue(layer)] = output[glmIo.presentValue(layer)] as Tensor;
    }
    return {
      tokens: Array.from(data('tokens') as BigInt64Array, Number),
      logProbabilities: data('log_probabilities') as Float32Array,
      logits: data('logits') as Float32Array,
      cache: { tensors, length: Number((data('length') as BigInt64Array)[0]) },
    };
  }
}

/** What a run that only fills the cache, or only shows logits, needs of a sampler. */
const greedyRun = {
  steps: 1,
  done: [false],
  uniforms: new Float32Array(1),
  sampling: { topP: 1, topK: 1, stopIds: [], early: undefined, temperatures: [0] },
  earlySteps: 0,
} as const;

/** The same cache for several rows. */
function repeatCache(cache: Cache, rows: number): Cache {
  const tensors: Record<string, Tensor> = {};
  for (const [name, tensor] of Object.entries(cache.tensors)) {
    const data = tensor.data as Float32Array;
    const repeated = new Float32Array(data.length * rows);
    for (let row = 0; row < rows; row += 1) repeated.set(data, row * data.length);
    tensors[name] = new Tensor('float32', repeated, [rows, ...tensor.dims.slice(1)]);
  }
  return { tensors, length: cache.length };
}

/** Lets messages (a cancel) in between native calls. */
async function turn(signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    setImmediate(resolve);
  });
  if (signal.aborted) throw abortReason(signal);
}
