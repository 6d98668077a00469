/** Opens onnxruntime sessions the same way everywhere. Only child processes may call it: runs block. */
import { InferenceSession } from 'onnxruntime-node';
import { FootnoteError } from '../core/errors.ts';

export interface SessionOptions {
  /** Threads inside an operator; 0 lets onnxruntime take one for each core. */
  readonly threads: number;
  readonly device?: 'cpu' | 'cuda' | undefined;
}

/**
 * A session of a model file (external weights stand beside it) or of a model's bytes.
 * @throws FootnoteError `model-invalid` when onnxruntime refuses the model
 */
export async function openSession(
  model: string | Uint8Array,
  options: SessionOptions,
): Promise<InferenceSession> {
  const settings: InferenceSession.SessionOptions = {
    executionProviders: options.device === 'cuda' ? ['cuda', 'cpu'] : ['cpu'],
    intraOpNumThreads: options.threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
    // Spinning threads on busy cores are slower than waiting ones (measured).
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  };
  try {
    return typeof model === 'string'
      ? await InferenceSession.create(model, settings)
      : await InferenceSession.create(model, settings);
  } catch (error) {
    throw new FootnoteError('model-invalid', `onnxruntime: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
