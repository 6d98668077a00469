/** The original GLM as a `StepModel`: positions and visibility of its blank filling. */
import { Tensor, type InferenceSession } from 'onnxruntime-node';
import { openSession, type SessionOptions } from '../../src/runtime/onnx-session.ts';
import { glmIo } from '../glm/glm-graph.ts';
import type { StepCache, StepModel, StepPrompt } from '../steps/step-model.ts';
import type { PrefixGlmConfig } from './prefix-glm-config.ts';

/** Ids that say where the blank is and where its text begins. */
export interface BlankIds {
  /** `[MASK]`, `[gMASK]` and `[sMASK]`: the first of them in the context is the blank. */
  readonly masks: readonly number[];
  /** `<|startofpiece|>`: what stands before it is the context. */
  readonly start: number;
}

/** @throws FootnoteError `model-invalid` when onnxruntime refuses the model */
export async function openPrefixGlm(
  modelPath: string,
  config: PrefixGlmConfig,
  blank: BlankIds,
  options: SessionOptions,
): Promise<StepModel> {
  const session = await openSession(modelPath, options);
  return {
    config: {
      vocab_size: config.vocab_size,
      max_position_embeddings: config.max_sequence_length,
    },
    begin: (ids) => beginPrompt(session, config, ids, blank),
    close: () => session.release(),
  };
}

function beginPrompt(
  session: InferenceSession,
  config: PrefixGlmConfig,
  promptIds: readonly number[],
  blank: BlankIds,
): StepPrompt {
  const { num_attention_heads: heads, num_layers: layers, hidden_size: hidden } = config;
  // Without a start there is no context: the text is read from its first token on.
  const context = Math.max(0, promptIds.indexOf(blank.start));
  const found = promptIds.findIndex((id, place) => place < context && blank.masks.includes(id));
  const mask = Math.max(0, found);
  const longest = config.max_sequence_length;
  // Written tokens stand at block positions 1, 2, …, the start token among them.
  const written = promptIds.length - context;
  return {
    together: context,
    room: context > longest ? 0 : longest - written,
    emptyCache: () => {
      const dims = [1, heads, 0, hidden / heads];
      const empty = (): Tensor => new Tensor('float32', new Float32Array(0), dims);
      return Object.fromEntries(
        Array.from({ length: layers }, (_, layer) => [
          [glmIo.pastKey(layer), empty()] as const,
          [glmIo.pastValue(layer), empty()] as const,
        ]).flat(),
      );
    },
    run: async (ids, past, cache, keep) => {
      const rows = ids.length;
      const length = ids[0]?.length ?? 0;
      const places = Array.from({ length }, (_, index) => past + index);
      const table = (valueOf: (place: number) => number): Tensor =>
        int64(
          ids.flatMap(() => places.map(valueOf)),
          [rows, length],
        );
      const output = await session.run({
        ...cache,
        ids: int64(ids.flat(), [rows, length]),
        positions: table((place) => (place < context ? place : mask)),
        block_positions: table((place) => (place < context ? 0 : place - context + 1)),
        context: int64([context], [1]),
        keep: int64([-keep], [1]),
      });
      const next: Record<string, Tensor> = {};
      for (let layer = 0; layer < layers; layer += 1) {
        next[glmIo.pastKey(layer)] = output[glmIo.presentKey(layer)] as Tensor;
        next[glmIo.pastValue(layer)] = output[glmIo.presentValue(layer)] as Tensor;
      }
      const logits = (output['logits'] as Tensor).data as Float32Array;
      return { logits, cache: next satisfies StepCache };
    },
  };
}

const int64 = (values: readonly number[], dims: readonly number[]): Tensor =>
  new Tensor('int64', BigInt64Array.from(values, BigInt), dims);
