/**
 * Runs the GLM graph: prefill in chunks, decode in runs of K tokens, rows that share one prefill, calls
 * that share the decoder. All native calls block the thread; between them the event loop gets a turn.
 */
import type { InferenceSession } from 'onnxruntime-node';
import { abortReason } from '../../src/core/deadline.ts';
import { openSession, type SessionOptions } from '../../src/runtime/onnx-session.ts';
import { DecodeQueue, type DecodeStats } from './decode-queue.ts';
import type { DecodedRow, DecodeOptions } from './decode-row.ts';
import type { GlmConfig } from './glm-config.ts';
import { glmIo, type CacheScales } from './glm-graph.ts';
import { greedy, runGlm, type RunInput, type RunOutput } from './glm-session.ts';
import { emptyCache, type RowCache } from './kv-cache.ts';
import { PrefixCache } from './prefix-cache.ts';
import { dequantiseCache, quantiseCache, type QuantisedModel } from './quantised-cache.ts';

/** Positions whose logits cross to JavaScript at once. */
const logitsChunk = 32;
/** A step is a thousand operators of microseconds: threads that sleep in between cost a sixth of it. */
const spinUs = 200;
/** Tokens fed at once that a quantised cache is still fast with: more than a step copies ahead. */
const fewTokens = 16;
/** Bytes and tokens of KV kept, whichever is more: a prompt with references for each of a few uses. */
const leastPrefixBytes = 64 * 1024 * 1024;
const prefixTokens = 3000;

export interface DecoderOptions extends SessionOptions {
  /** The same model with a KV cache of 8 bits, which writes what the other one has read. */
  readonly quantised?: QuantisedModel | undefined;
  /** Bytes of KV kept of earlier prompts and answers; 0: none. Default: `defaultPrefixBytes`. */
  readonly prefixBytes?: number | undefined;
  /** How much longer a row more makes a step, as a share of it: says how much is copied ahead. */
  readonly rowShare?: number | undefined;
}

export class GlmDecoder {
  readonly config: GlmConfig;
  readonly #sessions: readonly InferenceSession[];
  readonly #run: (input: RunInput) => Promise<RunOutput>;
  readonly #queue: DecodeQueue;
  readonly #empty: RowCache;

  private constructor(
    sessions: readonly [InferenceSession, ...InferenceSession[]],
    config: GlmConfig,
    options: DecoderOptions,
  ) {
    const [session] = sessions;
    this.#sessions = sessions;
    this.config = config;
    this.#run = runner(sessions, config, options.quantised?.scales);
    const type = session.inputMetadata.find(({ name }) => name === glmIo.pastKey(0));
    const held = type?.isTensor === true ? type.type : 'float32';
    const kept = options.quantised === undefined ? held : 'int8';
    this.#empty = emptyCache(config, kept === 'float16' || kept === 'int8' ? kept : 'float32');
    const prefixes = new PrefixCache(options.prefixBytes ?? defaultPrefixBytes(config));
    this.#queue = new DecodeQueue(config, this.#run, prefixes, this.#empty, options.rowShare);
  }

  /** @throws FootnoteError `model-invalid` when onnxruntime refuses the model */
  static async open(
    modelPath: string,
    config: GlmConfig,
    options: DecoderOptions,
  ): Promise<GlmDecoder> {
    const { threads, device, quantised } = options;
    const open = (path: string): Promise<InferenceSession> =>
      openSession(path, { threads, device, spinUs });
    const session = await open(modelPath);
    const rest = quantised === undefined ? [] : [await open(quantised.modelPath)];
    return new GlmDecoder([session, ...rest], config, options);
  }

  async close(): Promise<void> {
    for (const session of this.#sessions) await session.release();
  }

  /** What has been computed so far. */
  get stats(): DecodeStats {
    return this.#queue.stats;
  }

  /**
   * Continues a prompt in `temperatures.length` rows. Calls made meanwhile share the decoder, run by run.
   * @throws FootnoteError `prompt-too-long`, `cancelled`
   */
  decode(promptIds: readonly number[], options: DecodeOptions): Promise<DecodedRow[]> {
    return this.#queue.decode(promptIds, options);
  }

  /**
   * Log-probabilities (nats) of continuations of a prompt; what the prompt begins with comes from the
   * prefix cache where it is known.
   * @throws FootnoteError `prompt-too-long`, `cancelled`
   */
  logProbabilities(
    promptIds: readonly number[],
    continuations: readonly (readonly number[])[],
    signal: AbortSignal,
  ): Promise<readonly number[]> {
    return this.#queue.logProbabilities(promptIds, continuations, signal);
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
    let { tensors } = this.#empty;
    const vocab = this.config.vocab_size;
    for (let at = 0; at < ids.length; at += logitsChunk) {
      await new Promise<void>((resolve) => {
        setImmediate(resolve);
      });
      if (signal.aborted) throw abortReason(signal);
      const part = ids.slice(at, at + logitsChunk);
      const output = await this.#run({
        rows: [
          {
            ids: part,
            length: at,
            done: false,
            sampling: greedy,
            uniform: () => 0,
            said: [],
            constraintState: 0,
          },
        ],
        tensors,
        keep: part.length,
        limit: 1,
        stopIds: [],
        wantLogits: true,
      });
      ({ tensors } = output);
      for (let index = 0; index < part.length; index += 1) {
        visit(at + index, output.logits.subarray(index * vocab, (index + 1) * vocab));
      }
    }
  }
}

/**
 * Runs of the one session; with a second one, whose cache is quantised, prompts by the first and the
 * rest by the second.
 */
function runner(
  sessions: readonly [InferenceSession, ...InferenceSession[]],
  config: GlmConfig,
  scales: CacheScales | undefined,
): (input: RunInput) => Promise<RunOutput> {
  const [session, small] = sessions;
  if (small === undefined || scales === undefined) return (input) => runGlm(session, config, input);
  return async (input) => {
    const many = (input.rows[0]?.ids.length ?? 0) > fewTokens;
    if (!many || input.wantLogits === true) return runGlm(small, config, input);
    const tensors = dequantiseCache(input.tensors, scales);
    const output = await runGlm(session, config, { ...input, tensors });
    return { ...output, tensors: quantiseCache(output.tensors, scales) };
  };
}

function defaultPrefixBytes(config: GlmConfig): number {
  const { num_hidden_layers, num_key_value_heads, head_dim } = config;
  const tokenBytes =
    2 * num_hidden_layers * num_key_value_heads * head_dim * Float32Array.BYTES_PER_ELEMENT;
  return Math.max(leastPrefixBytes, prefixTokens * tokenBytes);
}
