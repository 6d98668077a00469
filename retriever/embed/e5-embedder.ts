/**
 * `multilingual-e5-small` as an Embedder, for use inside a child process: `run` blocks its thread. One
 * text a run (batches cost more for each token than they save), shortest first, at most 256 tokens,
 * with a small cache of recent texts; a cancel is seen between runs.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { LRUCache } from 'lru-cache';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { abortReason } from '../../src/core/deadline.ts';
import { FootnoteError } from '../../src/core/errors.ts';
import type { CallOptions, Embedder } from '../../src/core/seams.ts';
import { buildE5Graph, type E5Form } from './e5-graph.ts';
import { E5Tokenizer } from './e5-tokenizer.ts';
import { readE5Weights, type E5Weights } from './e5-weights.ts';

const MAX_TOKENS = 256;
const CACHED_TEXTS = 4_096;
/** Changes when the graph does, so that an old conversion is not read. */
const GRAPH_VERSION = 1;

export interface E5Options {
  readonly weightsPath: string;
  /** Folder of the converted graph (about 22 MB); null: convert anew each time (seconds). */
  readonly cacheDir: string | null;
  /** 0: as many as the machine has cores. */
  readonly threads: number;
  readonly form?: E5Form;
}

export class E5Embedder implements Embedder {
  readonly dimensions: number;
  readonly #weights: E5Weights;
  readonly #tokenizer: E5Tokenizer;
  readonly #session: InferenceSession;
  readonly #positions: Float32Array;
  readonly #cache = new LRUCache<string, Float32Array>({ max: CACHED_TEXTS });

  private constructor(weights: E5Weights, session: InferenceSession) {
    this.#weights = weights;
    this.#session = session;
    this.#tokenizer = new E5Tokenizer(weights.vocabulary);
    const { hidden } = weights.shape;
    this.dimensions = hidden;
    // Position and token-type rows are added to every word row; sum them once.
    const type = weights.slice('emb.type', 0, hidden);
    const length = Math.min(MAX_TOKENS, weights.shape.positions);
    this.#positions = weights.slice('emb.pos', 0, length * hidden);
    for (let index = 0; index < this.#positions.length; index += 1) {
      this.#positions[index] = (this.#positions[index] ?? 0) + (type[index % hidden] ?? 0);
    }
  }

  /**
   * Reads, converts (or finds the conversion) and loads the weights.
   * @throws FootnoteError `model-missing`, `model-invalid`
   */
  static async load(options: E5Options): Promise<E5Embedder> {
    const weights = await readE5Weights(options.weightsPath);
    const model = await convertedGraph(weights, options);
    try {
      const session = await InferenceSession.create(model as string, {
        intraOpNumThreads: options.threads > 0 ? options.threads : availableParallelism(),
        interOpNumThreads: 1,
        graphOptimizationLevel: 'all',
        executionMode: 'sequential',
        // Spinning threads on a busy machine are slower than sleeping ones.
        extra: { session: { intra_op: { allow_spinning: '0' } } },
      });
      return new E5Embedder(weights, session);
    } catch (error) {
      throw new FootnoteError('model-invalid', `e5: ${(error as Error).message}`, {
        stage: 'rank',
        cause: error,
      });
    }
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
    const { hidden } = this.#weights.shape;
    const cut = ids.slice(0, this.#positions.length / hidden - 2);
    const all = [this.#tokenizer.bos, ...cut, this.#tokenizer.eos];
    const x = this.#positions.slice(0, all.length * hidden);
    all.forEach((id, place) => {
      const row = this.#weights.slice('emb.word', id * hidden, hidden);
      const at = place * hidden;
      for (let index = 0; index < hidden; index += 1) {
        x[at + index] = (x[at + index] ?? 0) + (row[index] ?? 0);
      }
    });
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

/** Path of the cached graph, or its bytes where there is no cache folder. */
async function convertedGraph(
  weights: E5Weights,
  options: E5Options,
): Promise<string | Uint8Array> {
  const form = options.form ?? 'int8';
  if (options.cacheDir === null) return buildE5Graph(weights, form);
  const path = join(
    options.cacheDir,
    `e5-${weights.sha256().slice(0, 16)}-${form}-${GRAPH_VERSION}.onnx`,
  );
  if (existsSync(path)) return path;
  await mkdir(options.cacheDir, { recursive: true });
  const unique = createHash('sha256').update(`${process.pid}:${performance.now()}`).digest('hex');
  const partial = `${path}.${unique.slice(0, 8)}.part`;
  await writeFile(partial, buildE5Graph(weights, form));
  // Atomic, so that a second process never reads half a file.
  await rename(partial, path);
  return path;
}

/** Cosine of two unit vectors. */
export function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let index = 0; index < a.length; index += 1) sum += (a[index] ?? 0) * (b[index] ?? 0);
  return sum;
}
