import { LoraWeights } from '../weights/lora-weights.ts';
import type { GlmSource } from './convert-glm.ts';
import { interleavedOrder } from './glm-weights.ts';

/**
 * A decoder's weights with a low-rank update merged in.
 * @param folder an adapter in PEFT's layout
 * @throws FootnoteError `model-missing`, `model-invalid` (damaged, or of another model)
 */
export function withLora(source: GlmSource, folder: string): GlmSource {
  const { head_dim: dim, partial_rotary_factor: factor } = source.config;
  const rotated = (rows: number): number[] =>
    interleavedOrder(rows / dim, dim, Math.round(dim * factor));
  const weights = new LoraWeights(source.weights, folder, {
    rotated: source.interleaved === true ? rotated : undefined,
  });
  return { ...source, weights };
}
