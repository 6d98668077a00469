/** A second process next to the rank process: it takes half of the sentences to embed, and of the passages for the cross-encoder. */
import { E5Embedder, type E5Options } from '../../../src/runtime/e5/e5-embedder.ts';
import { readE5Weights } from '../../../src/runtime/e5/e5-weights.ts';
import {
  CrossEncoder,
  type TextPair,
  type PairScores,
} from '../../../src/runtime/cross-encoder/cross-encoder.ts';
import { serveChild, type ChildContext } from '../../../src/runtime/serve-child.ts';

export type EncodeSetup = Pick<E5Options, 'weightsPath' | 'cacheDir' | 'threads'>;

export interface EmbedCall {
  readonly texts: readonly string[];
  readonly kind: 'query' | 'passage';
}

let loaded: { readonly embedder: E5Embedder; readonly crossEncoder: CrossEncoder } | undefined;

/** Must have returned before `embed` and `scorePairs` are called. */
async function warm(setup: EncodeSetup): Promise<boolean> {
  if (loaded === undefined) {
    const own = { ...setup, weights: await readE5Weights(setup.weightsPath) };
    loaded = { embedder: await E5Embedder.load(own), crossEncoder: await CrossEncoder.load(own) };
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

async function scorePairs(
  { pairs }: { readonly pairs: readonly TextPair[] },
  { signal }: ChildContext,
): Promise<readonly PairScores[]> {
  return models().crossEncoder.scorePairs(pairs, { signal });
}

serveChild({ warm, embed, scorePairs });
