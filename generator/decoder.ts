/** What continues prompts: GLM's own loop graph, the original GLM, or a ready-made ONNX export. */
import type { DecodeStats } from './glm/decode-queue.ts';
import type { DecodedRow, DecodeOptions } from './glm/decode-row.ts';

export interface Decoder {
  readonly config: {
    readonly vocab_size: number;
    readonly max_position_embeddings: number;
  };
  /**
   * Continues a prompt in `temperatures.length` rows.
   * @throws FootnoteError `prompt-too-long`, `cancelled`
   */
  decode(promptIds: readonly number[], options: DecodeOptions): Promise<DecodedRow[]>;
  /**
   * Log-probabilities (nats) of continuations of a prompt, each of a token or more, in order.
   * @throws FootnoteError `prompt-too-long`, `cancelled`
   */
  logProbabilities(
    promptIds: readonly number[],
    continuations: readonly (readonly number[])[],
    signal: AbortSignal,
  ): Promise<readonly number[]>;
  /**
   * Logits after each position of a text (teacher forcing), in order.
   * @param visit gets the position and its logits `[vocab_size]`, valid during the call only
   */
  forEachLogits(
    ids: readonly number[],
    signal: AbortSignal,
    visit: (position: number, logits: Float32Array) => void,
  ): Promise<void>;
  /** What has been computed so far. */
  readonly stats: DecodeStats;
  close(): Promise<void>;
}
