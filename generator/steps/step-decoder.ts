/**
 * Decodes with a `StepModel`, a token a run, sampling in JavaScript: for models whose graph is not the
 * loop of `glm-model.ts`. Calls wait for each other between runs, in the order they came.
 */
import { Tensor } from 'onnxruntime-node';
import { abortReason } from '../../src/core/deadline.ts';
import { FootnoteError } from '../../src/core/errors.ts';
import type { Decoder } from '../decoder.ts';
import type { DecodeStats } from '../glm/decode-queue.ts';
import type { DecodedRow, DecodeOptions } from '../glm/decode-row.ts';
import { constraintState } from '../glm/token-constraint.ts';
import { logSumExp, sampleToken, uniformAt } from './sample-token.ts';
import type { StepCache, StepModel, StepPrompt } from './step-model.ts';

/** Prompt tokens of one native call: what a cancel has to wait for at most. */
const prefillChunk = 512;
const logitsChunk = 32;

interface Row {
  readonly index: number;
  readonly ids: number[];
  readonly logProbabilities: number[];
  finishReason: 'stop' | 'length';
  done: boolean;
}

export class StepDecoder implements Decoder {
  readonly config: StepModel['config'];
  readonly #model: StepModel;
  #stats = { steps: 0, positions: 0, tokens: 0, promptTokens: 0, reusedTokens: 0 };

  constructor(model: StepModel) {
    this.#model = model;
    this.config = model.config;
  }

  get stats(): DecodeStats {
    return { ...this.#stats };
  }

  close(): Promise<void> {
    return this.#model.close();
  }

  async decode(promptIds: readonly number[], options: DecodeOptions): Promise<DecodedRow[]> {
    const prompt = this.#model.begin(promptIds);
    if (promptIds.length === 0 || prompt.room < 1) {
      throw new FootnoteError(
        'prompt-too-long',
        `the prompt has ${promptIds.length} tokens; the model takes 1 to ${this.config.max_position_embeddings - 1}`,
        { stage: 'generate' },
      );
    }
    const maxTokens = Math.min(options.maxTokens, prompt.room);
    let past = 0;
    let cache = prompt.emptyCache();
    let logits: Float32Array = new Float32Array(0);
    while (past < promptIds.length) {
      await turn(options.signal);
      const part = promptIds.slice(past, chunkEnd(prompt, past, prefillChunk));
      ({ cache, logits } = await prompt.run([part], past, cache, 1));
      past += part.length;
      this.#stats.promptTokens += part.length;
    }
    const rows: Row[] = options.temperatures.map((_, index) => ({
      index,
      ids: [],
      logProbabilities: [],
      finishReason: 'length',
      done: false,
    }));
    const vocab = this.config.vocab_size;
    cache = repeatCache(cache, rows.length);
    let fromPrompt = true;
    for (let step = 0; step < maxTokens; step += 1) {
      const last = rows.map((row, place) => {
        if (row.done) return row.ids.at(-1) ?? (promptIds.at(-1) as number);
        const from = fromPrompt ? 0 : place * vocab;
        return this.#choose(row, logits.subarray(from, from + vocab), step, options);
      });
      if (rows.every(({ done }) => done) || step + 1 === maxTokens) break;
      await turn(options.signal);
      ({ cache, logits } = await prompt.run(
        last.map((id) => [id]),
        past,
        cache,
        1,
      ));
      fromPrompt = false;
      this.#stats.steps += 1;
      this.#stats.positions += rows.length;
      past += 1;
    }
    return rows.map(({ ids, logProbabilities, finishReason }) => ({
      ids,
      logProbabilities,
      finishReason,
    }));
  }

  /** The next token of a row, told to the caller unless it ends the row. */
  #choose(row: Row, plain: Float32Array, step: number, options: DecodeOptions): number {
    const shaped = shape(plain, row, step, options);
    const { id, logProbability } = sampleToken(plain, shaped, {
      temperature: options.temperatures[row.index] ?? 0,
      topP: options.topP,
      topK: Math.min(options.topK === 0 ? 64 : options.topK, 256, plain.length),
      uniform: uniformAt(options.seed, row.index, step),
    });
    if (options.stopIds.includes(id)) {
      row.done = true;
      row.finishReason = 'stop';
      return id;
    }
    row.ids.push(id);
    this.#stats.tokens += 1;
    row.logProbabilities.push(logProbability);
    if (!options.onTokens(row.index, [id], [logProbability])) {
      row.done = true;
      row.finishReason = 'stop';
    }
    return id;
  }

  /** Each continuation is read behind its whole prompt: such a model has no prefix cache. */
  async logProbabilities(
    promptIds: readonly number[],
    continuations: readonly (readonly number[])[],
    signal: AbortSignal,
  ): Promise<readonly number[]> {
    const sums: number[] = [];
    for (const each of continuations) {
      const ids = [...promptIds, ...each];
      let sum = 0;
      await this.forEachLogits(ids.slice(0, -1), signal, (position, logits) => {
        if (position + 1 < promptIds.length) return;
        const id = ids[position + 1] as number;
        sum += (logits[id] as number) - logSumExp(logits);
      });
      sums.push(sum);
    }
    return sums;
  }

  async forEachLogits(
    ids: readonly number[],
    signal: AbortSignal,
    visit: (position: number, logits: Float32Array) => void,
  ): Promise<void> {
    const prompt = this.#model.begin(ids);
    const vocab = this.config.vocab_size;
    let cache = prompt.emptyCache();
    let past = 0;
    while (past < ids.length) {
      await turn(signal);
      const part = ids.slice(past, chunkEnd(prompt, past, logitsChunk));
      const output = await prompt.run([part], past, cache, part.length);
      cache = output.cache;
      for (let index = 0; index < part.length; index += 1) {
        visit(past + index, output.logits.subarray(index * vocab, (index + 1) * vocab));
      }
      past += part.length;
    }
  }
}

/** Where the next run of a prompt ends: tokens that see each other must not be parted. */
function chunkEnd({ together }: StepPrompt, past: number, chunk: number): number {
  return Math.max(past + chunk, past === 0 ? (together ?? 0) : 0);
}

/** Logits with what the options make of them: repetition penalty, constraint, early bias. */
function shape(plain: Float32Array, row: Row, step: number, options: DecodeOptions): Float32Array {
  const { early, constraint, repetitionPenalty: penalty = 1 } = options;
  const isEarly = early !== undefined && step < early.steps;
  if (!isEarly && constraint === undefined && penalty === 1) return plain;
  const shaped = Float32Array.from(plain);
  if (penalty !== 1) {
    // CTRL's: a logit is divided where it is positive, multiplied where it is not.
    for (const id of new Set(row.ids)) {
      const value = shaped[id] as number;
      shaped[id] = value > 0 ? value / penalty : value * penalty;
    }
  }
  if (constraint !== undefined) {
    const bias = constraint.bias[constraintState(constraint, row.ids)];
    for (let id = 0; id < shaped.length; id += 1) {
      shaped[id] = (shaped[id] as number) + (bias?.[Number(constraint.classes[id] ?? 0n)] ?? 0);
    }
  }
  if (isEarly) {
    early.bias.forEach((value, id) => {
      shaped[id] = (shaped[id] as number) + value;
    });
  }
  return shaped;
}

/** The same cache for several rows. */
function repeatCache(cache: StepCache, rows: number): StepCache {
  if (rows === 1) return cache;
  return Object.fromEntries(
    Object.entries(cache).map(([name, tensor]) => {
      const { data, type } = tensor;
      const bytes = data as Float32Array | Uint16Array;
      // Where there are Float16Arrays, half values come as those: their bits are what is copied.
      const values =
        bytes instanceof Float32Array
          ? bytes
          : new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length);
      const repeated =
        values instanceof Float32Array
          ? new Float32Array(values.length * rows)
          : new Uint16Array(values.length * rows);
      for (let row = 0; row < rows; row += 1) repeated.set(values, row * values.length);
      return [name, new Tensor(type, repeated, [rows, ...tensor.dims.slice(1)])];
    }),
  );
}

/** Lets messages (a cancel) in between native calls. */
async function turn(signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    setImmediate(resolve);
  });
  if (signal.aborted) throw abortReason(signal);
}
