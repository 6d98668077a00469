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
import { glmIo } from './glm-graph.ts';
import { greedy, runGlm } from './glm-session.ts';
import { emptyCache, type RowCache } from './kv-cache.ts';
import { PrefixCache } from './prefix-cache.ts';

/** Positions whose logits cross to JavaScript at once. */
const logitsChunk = 32;
/** A step is a thousand operators of microseconds: threads that sleep in between cost a sixth of it. */
const spinUs = 200;
const defaultPrefixBytes = 64 * 1024 * 1024;

export interface DecoderOptions extends SessionOptions {
  /** Bytes of KV kept of earlier prompts and answers; 0: none. Default 64 MiB. */
  readonly prefixBytes?: number | undefined;
}

export class GlmDecoder {
  readonly config: GlmConfig;
  readonly #session: InferenceSession;
  readonly #queue: DecodeQueue;
  readonly #empty: RowCache;

  private constructor(session: InferenceSession, config: GlmConfig, prefixBytes: number) {
    this.#session = session;
    this.config = config;
    const type = session.inputMetadata.find(({ name }) => name === glmIo.pastKey(0));
    const isHalf = type?.isTensor === true && type.type === 'float16';
    this.#empty = emptyCache(config, isHalf ? 'float16' : 'float32');
    this.#queue = new DecodeQueue(
      config,
      (input) => runGlm(session, config, input),
      new PrefixCache(prefixBytes),
      this.#empty,
    );
  }

  /** @throws FootnoteError `model-invalid` when onnxruntime refuses the model */
  static async open(
    modelPath: string,
    config: GlmConfig,
    options: DecoderOptions,
  ): Promise<GlmDecoder> {
    const session = await openSession(modelPath, { ...options, spinUs });
    return new GlmDecoder(session, config, options.prefixBytes ?? defaultPrefixBytes);
  }

  async close(): Promise<void> {
    await this.#session.release();
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
      const output = await runGlm(this.#session, this.config, {
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
