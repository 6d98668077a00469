/** Opens onnxruntime sessions the same way everywhere. Only child processes may call it: runs block. */
import { InferenceSession } from 'onnxruntime-node';
import { FootnoteError } from '../core/errors.ts';

export interface SessionOptions {
  /** Threads inside an operator; 0 lets onnxruntime take one for each core. */
  readonly threads: number;
  readonly device?: 'cpu' | 'cuda' | undefined;
  /**
   * Microseconds that idle threads look for the next operator before they sleep. Default 0: spinning
   * threads on busy cores are slower than waiting ones; a decoder's thousand small operators want some.
   */
  readonly spinUs?: number | undefined;
  /**
   * Writes the model as optimised to this path, and beside it, under `weightsName`, its weights, each also
   * in the layout that onnxruntime's kernels give it on this processor.
   */
  readonly savePacked?: { readonly path: string; readonly weightsName: string } | undefined;
  /** `basic` leaves operators as the graph has them; default `all`. */
  readonly optimisation?: 'basic' | 'all';
}

/**
 * A session of a model file (external weights stand beside it) or of a model's bytes.
 * @throws FootnoteError `model-invalid` when onnxruntime refuses the model
 */
export async function openSession(
  model: string | Uint8Array,
  options: SessionOptions,
): Promise<InferenceSession> {
  const { spinUs = 0, savePacked } = options;
  const settings: InferenceSession.SessionOptions = {
    executionProviders: options.device === 'cuda' ? ['cuda', 'cpu'] : ['cpu'],
    intraOpNumThreads: options.threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: options.optimisation ?? 'all',
    logSeverityLevel: 3,
    extra: {
      session: {
        intra_op:
          spinUs === 0
            ? { allow_spinning: '0' }
            : { allow_spinning: '1', spin_duration_us: String(spinUs) },
        ...(savePacked === undefined
          ? {}
          : {
              save_external_prepacked_constant_initializers: '1',
              optimized_model_external_initializers_file_name: savePacked.weightsName,
            }),
      },
    },
    ...(savePacked === undefined ? {} : { optimizedModelFilePath: savePacked.path }),
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
