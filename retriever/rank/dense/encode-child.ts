/** The process beside the rank process: half of the sentences to embed, and of the passages to read. */
import { E5Embedder, type E5Options } from '../../../src/runtime/e5/e5-embedder.ts';
import { readE5Weights } from '../../../src/runtime/e5/e5-weights.ts';
import {
  Reader,
  type ReaderPair,
  type Reading,
} from '../../../src/runtime/cross-encoder/reader.ts';
import { serveChild, type ChildContext } from '../../../src/runtime/serve-child.ts';

export type EncodeSetup = Pick<E5Options, 'weightsPath' | 'cacheDir' | 'threads'>;

export interface EmbedCall {
  readonly texts: readonly string[];
  readonly kind: 'query' | 'passage';
}

let loaded: { readonly embedder: E5Embedder; readonly reader: Reader } | undefined;

/** Must have returned before `embed` and `read` are called. */
async function warm(setup: EncodeSetup): Promise<boolean> {
  if (loaded === undefined) {
    const own = { ...setup, weights: await readE5Weights(setup.weightsPath) };
    loaded = { embedder: await E5Embedder.load(own), reader: await Reader.load(own) };
  }
  return true;
}

function models(): NonNullable<typeof loaded> {
  if (loaded === undefined) throw new Error('asked before the weights are there');
  return loaded;
}

async function embed(
  { texts, kind }: EmbedCall,
  { signal }: ChildContext,
): Promise<readonly Float32Array[]> {
  return models().embedder.embed(texts, { kind, signal });
}

async function read(
  { pairs }: { readonly pairs: readonly ReaderPair[] },
  { signal }: ChildContext,
): Promise<readonly Reading[]> {
  return models().reader.read(pairs, { signal });
}

serveChild({ warm, embed, read });
