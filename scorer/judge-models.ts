/**
 * The cross-encoder and the embedder in the scorer's process: loaded once, by the first call that needs them,
 * from one file. Where it is absent or broken the judges by features serve alone.
 */
import { E5Embedder } from '../src/runtime/e5/e5-embedder.ts';
import { readE5Weights, type E5Weights } from '../src/runtime/e5/e5-weights.ts';
import { CrossEncoder } from '../src/runtime/cross-encoder/cross-encoder.ts';

export interface CrossEncoderSetup {
  /** `multilingual-e5-small` in the 4-bit file. */
  readonly weightsPath: string;
  /** Folder of the converted graphs; null: converted at each start, which takes seconds. */
  readonly cacheDir: string | null;
  /** 0: as many as the machine has cores. */
  readonly threads: number;
}

let file: Promise<E5Weights> | undefined;
let crossEncoder: Promise<CrossEncoder | null> | undefined;
let embedder: Promise<E5Embedder | null> | undefined;

function open<Model>(
  setup: CrossEncoderSetup,
  load: (options: CrossEncoderSetup & { weights: E5Weights }) => Promise<Model>,
): Promise<Model | null> {
  file ??= readE5Weights(setup.weightsPath);
  return file.then((weights) => load({ ...setup, weights })).catch(() => null);
}

/** The cross-encoder, or null where there is none. Never throws. */
export function openReader(setup: CrossEncoderSetup | null): Promise<CrossEncoder | null> {
  if (setup === null) return Promise.resolve(null);
  crossEncoder ??= open(setup, (options) => CrossEncoder.load(options));
  return crossEncoder;
}

/** The embedder, or null where there is none. Never throws. */
export function openEmbedder(setup: CrossEncoderSetup | null): Promise<E5Embedder | null> {
  if (setup === null) return Promise.resolve(null);
  embedder ??= open(setup, (options) => E5Embedder.load(options));
  return embedder;
}
