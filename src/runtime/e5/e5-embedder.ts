/**
 * `multilingual-e5-small` as an Embedder, for use inside a child process: `run` blocks its thread. One
 * text a run (batches cost more for each token than they save), shortest first, at most 256 tokens,
 * with a small cache of recent texts; a cancel is seen between runs.
 */
import { availableParallelism } from 'node:os';
import { LRUCache } from 'lru-cache';
import { Tensor, type InferenceSession } from 'onnxruntime-node';
import { abortReason } from '../../core/deadline.ts';
import type { CallOptions, Embedder } from '../../core/seams.ts';
import { convertedGraph } from './converted-graph.ts';
import { buildE5Graph, type E5Form } from './e5-graph.ts';
import { E5Inputs } from './e5-inputs.ts';
import { E5Tokenizer } from './e5-tokenizer.ts';
import { readE5Weights, type E5Weights } from './e5-weights.ts';
import { openE5Session } from './e5-session.ts';

const MAX_TOKENS = 256;
const CACHED_TEXTS = 4_096;
/** Changes when the graph does, so that an old conversion is not read. */
const GRAPH_VERSION = 3;

export interface E5Options {
  readonly weightsPath: string;
  /** Folder of the converted graph (about 22 MB); null: convert anew each time (seconds). */
  readonly cacheDir: string | null;
  /** 0: as many as the machine has cores. */
  readonly threads: number;
  readonly form?: E5Form;
  /** The file's contents where they are in memory already. */
  readonly weights?: E5Weights;
}

export class E5Embedder implements Embedder {
  readonly dimensions: number;
  /** Tells vectors of these weights, in this form, from all others. */
  readonly modelKey: string;
  readonly #inputs: E5Inputs;
  readonly #tokenizer: E5Tokenizer;
  readonly #session: InferenceSession;
  readonly #cache = new LRUCache<string, Float32Array>({ max: CACHED_TEXTS });

  private constructor(weights: E5Weights, session: InferenceSession, modelKey: string) {
    this.modelKey = modelKey;
    this.#inputs = new E5Inputs(weights, MAX_TOKENS);
    this.#session = session;
    this.#tokenizer = E5Tokenizer.of(weights.vocabulary);
    this.dimensions = weights.shape.hidden;
  }

  /**
   * Reads, converts (or finds the conversion) and loads the weights.
   * @throws FootnoteError `model-missing`, `model-invalid`
   */
  static async load(options: E5Options): Promise<E5Embedder> {
    const weights = options.weights ?? (await readE5Weights(options.weightsPath));
    const form = options.form ?? 'int8';
    const key = `e5-${weights.sha256().slice(0, 16)}-${form}-${GRAPH_VERSION}`;
    const model = await convertedGraph(options.cacheDir, key, () => buildE5Graph(weights, form));
    const threads = options.threads > 0 ? options.threads : availableParallelism();
    return new E5Embedder(weights, await openE5Session(model, threads), key);
  }

  /** Unit vectors of the mean of the last states. @throws FootnoteError `cancelled`, `timeout` */
  async embed(
    texts: readonly string[],
    options: CallOptions & { readonly kind: 'query' | 'passage' },
  ): Promise<readonly Float32Array[]> {
    const results: Float32Array[] = [];
    const wanted: { readonly index: number; readonly key: string; readonly ids: number[] }[] = [];
    texts.forEach((text, index) => {
      const key = `${options.kind}: ${text}`;
      const known = this.#cache.get(key);
      if (known === undefined) wanted.push({ index, key, ids: this.#tokenizer.encode(key) });
      else results[index] = known;
    });
    wanted.sort((a, b) => a.ids.length - b.ids.length);
    for (const { index, key, ids } of wanted) {
      const known = this.#cache.get(key);
      const vector = known ?? (await this.#embedIds(ids, options.signal));
      this.#cache.set(key, vector);
      results[index] = vector;
    }
    return results;
  }

  /** Number of tokens a text costs, prefix and end marks left out. */
  countTokens(text: string): number {
    return this.#tokenizer.encode(text).length;
  }

  async #embedIds(ids: readonly number[], signal: AbortSignal): Promise<Float32Array> {
    // `run` blocks; a turn of the event loop lets a cancel message in.
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
    if (signal.aborted) throw abortReason(signal);
    const { hidden, mostTokens } = this.#inputs;
    const cut = ids.slice(0, mostTokens - 2);
    const all = [this.#tokenizer.bos, ...cut, this.#tokenizer.eos];
    const x = this.#inputs.states(all);
    const output = await this.#session.run({
      x: new Tensor('float32', x, [1, all.length, hidden]),
    });
    return meanPool(output['hidden']?.data as Float32Array, hidden);
  }
}

/** Mean over rows of [S, hidden], scaled to length 1. */
function meanPool(states: Float32Array, hidden: number): Float32Array {
  const vector = new Float32Array(hidden);
  for (let at = 0; at < states.length; at += hidden) {
    for (let index = 0; index < hidden; index += 1) {
      vector[index] = (vector[index] ?? 0) + (states[at + index] ?? 0);
    }
  }
  let square = 0;
  for (const value of vector) square += value * value;
  const scale = 1 / Math.max(1e-12, Math.sqrt(square));
  return vector.map((value) => value * scale);
}
