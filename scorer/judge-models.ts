/**
 * The reader and the embedder in the scorer's process: loaded once, by the first call that needs them,
 * from one file. Where it is absent or broken the judges by features serve alone.
 */
import { E5Embedder } from '../src/runtime/e5/e5-embedder.ts';
import { readE5Weights, type E5Weights } from '../src/runtime/e5/e5-weights.ts';
import { Reader } from '../src/runtime/cross-encoder/reader.ts';

export interface ReaderSetup {
  /** `multilingual-e5-small` in the 4-bit file. */
  readonly weightsPath: string;
  /** Folder of the converted graphs; null: converted at each start, which takes seconds. */
  readonly cacheDir: string | null;
  /** 0: as many as the machine has cores. */
  readonly threads: number;
}

let file: Promise<E5Weights> | undefined;
let reader: Promise<Reader | null> | undefined;
let embedder: Promise<E5Embedder | null> | undefined;

function open<Model>(
  setup: ReaderSetup,
  load: (options: ReaderSetup & { weights: E5Weights }) => Promise<Model>,
): Promise<Model | null> {
  file ??= readE5Weights(setup.weightsPath);
  return file.then((weights) => load({ ...setup, weights })).catch(() => null);
}

/** The reader, or null where there is none. Never throws. */
export function openReader(setup: ReaderSetup | null): Promise<Reader | null> {
  if (setup === null) return Promise.resolve(null);
  reader ??= open(setup, (options) => Reader.load(options));
  return reader;
}

/** The embedder, or null where there is none. Never throws. */
export function openEmbedder(setup: ReaderSetup | null): Promise<E5Embedder | null> {
  if (setup === null) return Promise.resolve(null);
  embedder ??= open(setup, (options) => E5Embedder.load(options));
  return embedder;
}
