/** A model that is asked for the logits of a few tokens at a time, its cache kept by the caller. */
import type { Tensor } from 'onnxruntime-node';

/** Keys and values of all layers, by the name of the input that takes them. */
export type StepCache = Readonly<Record<string, Tensor>>;

export interface StepModel {
  readonly config: {
    readonly vocab_size: number;
    readonly max_position_embeddings: number;
  };
  /** What is fixed for a prompt: which tokens see each other, where the blank is. */
  readonly begin: (promptIds: readonly number[]) => StepPrompt;
  readonly close: () => Promise<void>;
}

export interface StepPrompt {
  /** Tokens that must be fed in one run; null: any number may. */
  readonly together: number | null;
  /** New tokens that the model has positions for. */
  readonly room: number;
  readonly emptyCache: () => StepCache;
  /**
   * Feeds tokens behind `past` others; `keep` is how many last positions' logits are wanted.
   * Logits come by row, then position.
   */
  readonly run: (
    ids: readonly (readonly number[])[],
    past: number,
    cache: StepCache,
    keep: number,
  ) => Promise<{ readonly logits: Float32Array; readonly cache: StepCache }>;
}
