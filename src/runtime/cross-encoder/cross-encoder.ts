/**
 * A multilingual cross-encoder (multilingual-e5-small with a trained update) that looks at a
 * question and a passage together and says how well they fit, where the answer stands, whether it stands
 * there at all, and, for a claim and a text, whether the text supports the claim.
 *
 * For use inside a child process only: a run blocks its thread. One pair a run, shortest first; a cancel
 * is seen between runs.
 */
import { availableParallelism } from 'node:os';
import { LRUCache } from 'lru-cache';
import { Tensor, type InferenceSession } from 'onnxruntime-node';
import { sigmoid } from '../../core/boosted-trees.ts';
import { abortReason } from '../../core/deadline.ts';
import { convertedGraph } from '../e5/converted-graph.ts';
import type { E5Form } from '../e5/e5-graph.ts';
import { E5Inputs } from '../e5/e5-inputs.ts';
import { E5Tokenizer } from '../e5/e5-tokenizer.ts';
import { readE5Weights, type E5Weights } from '../e5/e5-weights.ts';
import { openE5Session } from '../e5/e5-session.ts';
import { answerSpan, type AnswerSpan } from './answer-span.ts';
import { MOST_TOKENS, pairTokens, type PairTokens } from './pair-tokens.ts';
import { buildCrossEncoderGraph } from './cross-encoder-graph.ts';
import { readCrossEncoderWeights } from './cross-encoder-weights.ts';
import { supportWindows } from './support-windows.ts';

/** Changes when the graph does, so that an old conversion is not read. */
const GRAPH_VERSION = 3;
const CACHED_PAIRS = 2_048;

export interface CrossEncoderOptions {
  /** `multilingual-e5-small` in the 4-bit file. */
  readonly weightsPath: string;
  /** Folder of the converted graph (about 23 MB); null: convert anew each time (seconds). */
  readonly cacheDir: string | null;
  /** 0: as many as the machine has cores. */
  readonly threads: number;
  readonly form?: E5Form;
  /** The update's file; default: the one that ships. */
  readonly updatePath?: string;
  /** The contents of `weightsPath` where they are in memory already. */
  readonly weights?: E5Weights;
}

/** A question and a passage. */
export interface TextPair {
  readonly question: string;
  /** Of the passage's page; may be empty. */
  readonly title: string;
  readonly text: string;
}

export interface PairScores extends AnswerSpan {
  /** Logit; compares passages for one question. */
  readonly relevance: number;
  /** Logit: does the passage hold the answer? */
  readonly answerable: number;
}

interface Raw {
  readonly logits: Float32Array;
  readonly spans: Float32Array;
}

export class CrossEncoder {
  readonly #inputs: E5Inputs;
  readonly #tokenizer: E5Tokenizer;
  readonly #session: InferenceSession;
  readonly #scores = new LRUCache<string, PairScores>({ max: CACHED_PAIRS });
  readonly #supports = new LRUCache<string, number>({ max: CACHED_PAIRS });

  private constructor(weights: E5Weights, session: InferenceSession) {
    this.#inputs = new E5Inputs(weights, MOST_TOKENS);
    this.#tokenizer = E5Tokenizer.of(weights.vocabulary);
    this.#session = session;
  }

  /**
   * Reads both weights, merges, converts (or finds the conversion) and loads.
   * @throws FootnoteError `model-missing`, `model-invalid`
   */
  static async load(options: CrossEncoderOptions): Promise<CrossEncoder> {
    const weights = options.weights ?? (await readE5Weights(options.weightsPath));
    const own = readCrossEncoderWeights(weights, options.updatePath);
    const form = options.form ?? 'int8';
    const hashes = `${weights.sha256().slice(0, 12)}-${own.sha256.slice(0, 12)}`;
    const key = `cross-encoder-${hashes}-${form}-${GRAPH_VERSION}`;
    const model = await convertedGraph(options.cacheDir, key, () =>
      buildCrossEncoderGraph(own, form),
    );
    const threads = options.threads > 0 ? options.threads : availableParallelism();
    return new CrossEncoder(weights, await openE5Session(model, threads));
  }

  /** One result for each pair, in their order. @throws FootnoteError `cancelled`, `timeout` */
  async scorePairs(
    pairs: readonly TextPair[],
    options: { readonly signal: AbortSignal },
  ): Promise<readonly PairScores[]> {
    const result: PairScores[] = [];
    const wanted: { index: number; key: string; tokens: PairTokens; text: string }[] = [];
    pairs.forEach(({ question, title, text }, index) => {
      const key = `${question}\u0000${title}\u0000${text}`;
      const known = this.#scores.get(key);
      if (known !== undefined) result[index] = known;
      else {
        const tokens = pairTokens(this.#tokenizer, question, { title, text });
        wanted.push({ index, key, tokens, text });
      }
    });
    wanted.sort((a, b) => a.tokens.ids.length - b.tokens.ids.length);
    for (const { index, key, tokens, text } of wanted) {
      const { logits, spans } = await this.run(tokens.ids, options.signal);
      const [relevance = 0, answerable = 0] = logits;
      const scores = { relevance, answerable, ...answerSpan(tokens, spans, text) };
      this.#scores.set(key, scores);
      result[index] = scores;
    }
    return result;
  }

  /**
   * The probability that `text` supports `claim`, 0..1. Of a long text the (at most two) windows that
   * share most words with the claim are read, and the best counts.
   * @throws FootnoteError `cancelled`, `timeout`
   */
  async support(
    claim: string,
    text: string,
    options: { readonly signal: AbortSignal },
  ): Promise<number> {
    const key = `${claim}\u0000${text}`;
    const known = this.#supports.get(key);
    if (known !== undefined) return known;
    let best = 0;
    for (const window of supportWindows(claim, text)) {
      const { ids } = pairTokens(this.#tokenizer, claim, { title: '', text: window });
      const { logits } = await this.run(ids, options.signal);
      best = Math.max(best, sigmoid(logits[2] ?? 0));
    }
    this.#supports.set(key, best);
    return best;
  }

  /**
   * Log-odds, unbounded, that a text supports a claim: one pass, whatever the text's length; what is over
   * 256 tokens is cut.
   * @throws FootnoteError `cancelled`, `timeout`
   */
  async supportOdds(
    claim: string,
    text: string,
    options: { readonly signal: AbortSignal },
  ): Promise<number> {
    const { ids } = pairTokens(this.#tokenizer, claim, { title: '', text });
    const { logits } = await this.run(ids, options.signal);
    return logits[2] ?? 0;
  }

  /** The heads' raw outputs for one sequence of ids: three logits, and two for each token. */
  async run(ids: readonly number[], signal: AbortSignal): Promise<Raw> {
    // `run` blocks; a turn of the event loop lets a cancel message in.
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
    if (signal.aborted) throw abortReason(signal);
    const { hidden } = this.#inputs;
    const x = new Tensor('float32', this.#inputs.states(ids), [1, ids.length, hidden]);
    const output = await this.#session.run({ x });
    return {
      logits: output['logits']?.data as Float32Array,
      spans: output['spans']?.data as Float32Array,
    };
  }
}
