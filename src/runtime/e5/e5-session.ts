import type { InferenceSession } from 'onnxruntime-node';
import { openSession } from '../onnx-session.ts';

/**
 * A session of a graph with e5's layers. Without the extended optimisations, which would fuse the sums and
 * norms into `SkipLayerNormalization`: on the CPU that is five times as slow as the two apart, a fifth of
 * the whole run (measured at 128 tokens, 27.9 and 23.2 ms of one core).
 * @throws FootnoteError `model-invalid`
 */
export function openE5Session(
  model: string | Uint8Array,
  threads: number,
): Promise<InferenceSession> {
  return openSession(model, { threads, optimisation: 'basic' });
}
