/** One `run` of the GLM graph with typed inputs and outputs; see `glm-model.ts` for their meaning. */
import { Tensor, type InferenceSession } from 'onnxruntime-node';
import type { GlmConfig } from './glm-config.ts';
import { glmIo } from './glm-graph.ts';
import type { CacheTensors } from './kv-cache.ts';
import type { TokenConstraint } from './token-constraint.ts';

/** How a row is sampled. */
export interface RowSampling {
  /** 0 is greedy. */
  readonly temperature: number;
  readonly topP: number;
  /** Tokens considered; 1 to 256. */
  readonly topK: number;
  /** CTRL's repetition penalty over the row's own tokens; 1 is none. */
  readonly penalty: number;
}

export const greedy: RowSampling = { temperature: 0, topP: 1, topK: 1, penalty: 1 };

export interface RunRow {
  /** As many as in each other row. */
  readonly ids: readonly number[];
  readonly length: number;
  readonly done: boolean;
  readonly sampling: RowSampling;
  /** Uniform number of the token at an index of this run. */
  readonly uniform: (index: number) => number;
  /** Added to the logits of the row's first `steps` tokens of this run. */
  readonly early?: { readonly bias: Float32Array; readonly steps: number } | undefined;
  /** Tokens that the penalty falls on. */
  readonly said: readonly number[];
  /** State of the constraint before the first of the kept ids. */
  readonly constraintState: number;
}

export interface RunInput {
  readonly rows: readonly RunRow[];
  readonly tensors: CacheTensors;
  /** Last positions whose logits are computed; more than 1 only with one row. */
  readonly keep: number;
  /** Tokens after which the run ends. */
  readonly limit: number;
  readonly stopIds: readonly number[];
  readonly constraint?: TokenConstraint | undefined;
  /** Copying ahead, with one row: where from, and how many tokens by length of the match. */
  readonly copy?:
    | { readonly corpus: readonly number[]; readonly counts: readonly number[] }
    | undefined;
  readonly wantLogits?: boolean;
  /**
   * The rows are lanes of one cache, whose first `shared` positions all of them see; behind those stands a
   * token of each row in turn, so all have made as many. See `attention-layout.ts`.
   */
  readonly lanes?: { readonly shared: number } | undefined;
}

export interface RunOutput {
  /** By row, as many in each. */
  readonly tokens: readonly (readonly number[])[];
  readonly logProbabilities: readonly Float32Array[];
  /** What to feed next, by row: the last token and what is copied ahead. */
  readonly next: readonly (readonly number[])[];
  readonly lengths: readonly number[];
  /** Iterations and positions that were computed. */
  readonly work: { readonly steps: number; readonly positions: number };
  readonly logits: Float32Array;
  readonly tensors: CacheTensors;
}

const int64 = (values: readonly number[], dims: readonly number[]): Tensor =>
  new Tensor('int64', BigInt64Array.from(values, BigInt), dims);
const float32 = (values: readonly number[] | Float32Array, dims: readonly number[]): Tensor =>
  new Tensor('float32', Float32Array.from(values), dims);
const flag = (value: boolean): Tensor => new Tensor('bool', Uint8Array.of(Number(value)), []);

/** The window of best tokens that all rows are sampled from; of few sizes, so that sums round alike. */
function windowOf(rows: readonly RunRow[], vocab: number): number {
  if (rows.every(({ sampling }) => sampling.temperature === 0)) return 1;
  return Math.min(rows.every(({ sampling }) => sampling.topK <= 64) ? 64 : 256, vocab);
}

function earlyInputs(rows: readonly RunRow[]): { early_bias: Tensor; early_steps: Tensor } {
  const steps = rows.map(({ early }) => Math.max(0, early?.steps ?? 0));
  const biases = rows.map(({ early }, row) =>
    (steps[row] as number) > 0 ? early?.bias : undefined,
  );
  const early_steps = int64(steps, [rows.length, 1]);
  const first = biases.find((bias) => bias !== undefined);
  if (first === undefined) return { early_bias: float32([0], [1, 1]), early_steps };
  if (biases.every((bias) => bias === undefined || bias === first)) {
    return { early_bias: new Tensor('float32', first, [1, first.length]), early_steps };
  }
  const all = new Float32Array(rows.length * first.length);
  biases.forEach((bias, row) => {
    if (bias !== undefined) all.set(bias, row * first.length);
  });
  return { early_bias: new Tensor('float32', all, [rows.length, first.length]), early_steps };
}

function penaltyInputs(
  rows: readonly RunRow[],
  vocab: number,
): { penalise: Tensor; penalty: Tensor; penalties: Tensor } {
  const penalise = rows.some(({ sampling }) => sampling.penalty !== 1);
  const penalties = new Float32Array(penalise ? rows.length * vocab : 1).fill(1);
  if (penalise) {
    rows.forEach(({ said, sampling }, row) => {
      for (const id of said) penalties[row * vocab + id] = sampling.penalty;
    });
  }
  return {
    penalise: flag(penalise),
    penalty: float32(
      rows.map(({ sampling }) => sampling.penalty),
      [rows.length, 1],
    ),
    penalties: new Tensor('float32', penalties, penalise ? [rows.length, vocab] : [1, 1]),
  };
}

function constraintInputs(
  rows: readonly RunRow[],
  constraint: TokenConstraint | undefined,
): Readonly<Record<string, Tensor>> {
  const states = constraint?.next.length ?? 1;
  return {
    constrain: flag(constraint !== undefined),
    constraint: int64(
      rows.map(({ constraintState }) => constraintState),
      [rows.length, 1],
    ),
    constraint_class:
      constraint === undefined
        ? int64([0], [1])
        : new Tensor('int64', constraint.classes, [constraint.classes.length]),
    constraint_next: int64(constraint?.next.flat() ?? [0], [
      states,
      constraint?.next[0]?.length ?? 1,
    ]),
    constraint_bias: float32(constraint?.bias.flat() ?? [0], [
      states,
      constraint?.bias[0]?.length ?? 1,
    ]),
  };
}

/** Runs the graph once. Blocks the thread. */
export async function runGlm(
  session: InferenceSession,
  config: GlmConfig,
  input: RunInput,
): Promise<RunOutput> {
  const { rows, copy, limit, stopIds } = input;
  const count = rows.length;
  const ahead = Math.max(input.keep, 1 + Math.max(0, ...(copy?.counts ?? [])));
  const uniforms = new Float32Array((limit + ahead) * count);
  rows.forEach(({ uniform, sampling }, row) => {
    if (sampling.temperature === 0) return;
    for (let index = 0; index < limit + ahead; index += 1)
      uniforms[index * count + row] = uniform(index);
  });
  const top = windowOf(rows, config.vocab_size);
  const output = await session.run({
    ...input.tensors,
    steps: int64([limit], []),
    limit: int64([limit], []),
    uniforms: new Tensor('float32', uniforms, [limit + ahead, count]),
    inverse_temperature: float32(
      rows.map(({ sampling }) => (sampling.temperature === 0 ? 1 : 1 / sampling.temperature)),
      [count, 1],
    ),
    top_k: int64([top], [1]),
    row_top_k: int64(
      rows.map(({ sampling }) => Math.min(sampling.topK, top)),
      [count, 1],
    ),
    top_p: float32(
      rows.map(({ sampling }) => sampling.topP),
      [count, 1],
    ),
    stop_ids: int64(stopIds.length === 0 ? [-1] : stopIds, [1, Math.max(1, stopIds.length)]),
    ...earlyInputs(rows),
    ...penaltyInputs(rows, config.vocab_size),
    ...constraintInputs(rows, input.constraint),
    copy: flag(copy !== undefined),
    copy_counts: int64(copy?.counts ?? [0], [copy?.counts.length ?? 1]),
    want_logits: flag(input.wantLogits === true),
    lanes: int64([input.lanes === undefined ? 1 : count], [1]),
    shared: int64([input.lanes?.shared ?? 0], [1]),
    ids: int64(
      rows.flatMap(({ ids }) => ids),
      [count, rows[0]?.ids.length ?? 0],
    ),
    keep: int64([input.keep], [1]),
    lengths: int64(
      rows.map(({ length }) => length),
      [count, 1],
    ),
    done: new Tensor(
      'bool',
      Uint8Array.from(rows, ({ done }) => Number(done)),
      [count, 1],
    ),
    corpus: int64(copy?.corpus ?? [-1], [copy?.corpus.length ?? 1]),
    tokens: int64([], [count, 0]),
    log_probabilities: float32([], [count, 0]),
    work: int64([0, 0], [2]),
  });
  const numbers = (name: string): number[] =>
    Array.from((output[name] as Tensor).data as BigInt64Array, Number);
  const split = <Item>(all: ArrayLike<Item> & { slice(a: number, b: number): Item[] }): Item[][] =>
    rows.map((_, row) => all.slice((row * all.length) / count, ((row + 1) * all.length) / count));
  const logProbabilities = (output['last.log_probabilities'] as Tensor).data as Float32Array;
  const width = logProbabilities.length / count;
  const [steps = 0, positions = 0] = numbers('last.work');
  const tensors: Record<string, Tensor> = {};
  for (let layer = 0; layer < config.num_hidden_layers; layer += 1) {
    tensors[glmIo.pastKey(layer)] = output[glmIo.presentKey(layer)] as Tensor;
    tensors[glmIo.pastValue(layer)] = output[glmIo.presentValue(layer)] as Tensor;
  }
  return {
    tokens: split(numbers('last.tokens')),
    logProbabilities: rows.map((_, row) =>
      logProbabilities.subarray(row * width, (row + 1) * width),
    ),
    next: split(numbers('last.ids')),
    lengths: numbers('last.lengths'),
    work: { steps, positions },
    logits: (output['logits'] as Tensor).data as Float32Array,
    tensors,
  };
}
