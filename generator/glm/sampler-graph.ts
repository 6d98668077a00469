/** Sampling as ONNX nodes, so that the decode loop never leaves the native side. */
import { OnnxGraph, graph, int } from '../../src/runtime/onnx-graph.ts';

/** `If condition then then() else otherwise()`, one output; both read names of the graphs around. */
export function addIf(
  body: OnnxGraph,
  condition: string,
  outputs: readonly { readonly type: 'float' | 'int64'; readonly dims: readonly string[] }[],
  then: (branch: OnnxGraph) => readonly string[],
  otherwise: (branch: OnnxGraph) => readonly string[],
): string[] {
  const branch = (name: string, fill: (inner: OnnxGraph) => readonly string[]): OnnxGraph => {
    const inner = new OnnxGraph(body.fresh(name));
    const results = fill(inner);
    outputs.forEach(({ type, dims }, index) => {
      // A branch has to make its outputs itself: a name from outside goes through Identity.
      inner.output(inner.op('Identity', [results[index] as string]), type, dims);
    });
    return inner;
  };
  return body.node('If', [condition], {
    outputs: outputs.length,
    attributes: {
      then_branch: graph(branch('then', then)),
      else_branch: graph(branch('else', otherwise)),
    },
  });
}

const float = [{ type: 'float', dims: ['R', 'V'] }] as const;

/** Names of what a step samples from; `R` is rows times positions, one of which is 1. */
export interface SamplerState {
  /** Logits `[R, V]`. */
  readonly logits: string;
  /** Index of each row's token in this run, int64 `[k, 1]`: `k` positions of one row, or 1. */
  readonly index: string;
  /** Uniform numbers, float `[R, 1]`. */
  readonly uniform: string;
  /** Penalty of each token, float `[B, V]`: 1 leaves it alone. */
  readonly penalties: string;
  /** State of the constraint before each choice, int64 `[R]`. */
  readonly states: string;
}

/** Logits as the sampler sees them: repetition penalty, constraint, early bias, each only when asked for. */
function addBiases(
  body: OnnxGraph,
  state: SamplerState,
  early: { readonly isEarly: string; readonly anyEarly: string },
): string {
  const [penalised] = addIf(
    body,
    'penalise',
    float,
    (then) => [
      // CTRL's repetition penalty (Keskar et al., 2019): what was said loses, whatever its sign.
      then.op('Where', [
        then.op('Greater', [state.logits, 'zero']),
        then.op('Div', [state.logits, state.penalties]),
        then.op('Mul', [state.logits, state.penalties]),
      ]),
    ],
    () => [state.logits],
  );
  const [constrained] = addIf(
    body,
    'constrain',
    float,
    (then) => [
      then.op('Add', [
        penalised as string,
        then.op(
          'Gather',
          [then.op('Gather', ['constraint_bias', state.states]), 'constraint_class'],
          {
            axis: int(1),
          },
        ),
      ]),
    ],
    () => [penalised as string],
  );
  const [biased] = addIf(
    body,
    early.anyEarly,
    float,
    (then) => [
      then.op('Add', [constrained as string, then.op('Mul', ['early_bias', early.isEarly])]),
    ],
    () => [constrained as string],
  );
  return biased as string;
}

/**
 * Chooses a token for each row of logits: the `top_k` best (`row_top_k` of a row), temperature, the
 * nucleus of `top_p`, then the row's uniform number. With a uniform of 0 it is greedy.
 * @returns token ids int64 `[R, 1]` and log-probabilities `[R, 1]` (nats, of the plain distribution)
 */
export function addSampler(
  body: OnnxGraph,
  state: SamplerState,
): { readonly token: string; readonly logProbability: string } {
  const { logits } = state;
  const isEarly = body.op('Cast', [body.op('Less', [state.index, 'early_steps'])], { to: int(1) });
  const anyEarly = body.op('Cast', [body.op('ReduceMax', [isEarly], { keepdims: int(0) })], {
    to: int(9),
  });
  const wanted = body.op('Or', [body.op('Or', ['penalise', 'constrain']), anyEarly]);
  const bestOf = (branch: OnnxGraph, from: string): string[] =>
    branch.node('TopK', [from, 'top_k'], {
      outputs: 2,
      attributes: { axis: int(-1), largest: int(1), sorted: int(1) },
    });
  // Within the branches, so that logits nothing is added to are not copied out of one.
  const [best, bestIds] = addIf(
    body,
    wanted,
    [
      { type: 'float', dims: ['R', 'k'] },
      { type: 'int64', dims: ['R', 'k'] },
    ],
    (then) => bestOf(then, addBiases(then, state, { isEarly, anyEarly })),
    (otherwise) => bestOf(otherwise, logits),
  );
  const ranks = body.op('Range', ['scalar.0', body.op('Squeeze', ['top_k']), 'scalar.1']);
  const within = body.op('Less', [ranks, 'row_top_k']);
  const scaled = body.op('Mul', [best as string, 'inverse_temperature']);
  const probabilities = body.op('Softmax', [body.op('Where', [within, scaled, 'barred'])], {
    axis: int(-1),
  });
  const cumulative = body.op('CumSum', [probabilities, 'scalar.1']);
  const before = body.op('Sub', [cumulative, probabilities]);
  const inNucleus = body.op('And', [body.op('Less', [before, 'top_p']), within]);
  const kept = body.op('Mul', [probabilities, body.op('Cast', [inNucleus], { to: int(1) })]);
  const mass = body.op('ReduceSum', [kept, 'axis.last'], { keepdims: int(1) });
  const target = body.op('Mul', [state.uniform, mass]);
  // The first place whose cumulative kept probability exceeds the target.
  const passed = body.op('LessOrEqual', [body.op('CumSum', [kept, 'scalar.1']), target]);
  const place = body.op(
    'ReduceSum',
    [body.op('Cast', [body.op('And', [passed, inNucleus])], { to: int(7) }), 'axis.last'],
    { keepdims: int(1) },
  );
  // Rounding may pass the whole nucleus by.
  const last = body.op('Sub', ['top_k', 'index.1']);
  const token = body.op('GatherElements', [bestIds as string, body.op('Min', [place, last])], {
    axis: int(1),
  });
  const chosen = body.op('GatherElements', [logits, token], { axis: int(1) });
  // Spelt out, because ReduceLogSumExp is not vectorised.
  const largest = body.op('ReduceMax', [logits, 'axis.last'], { keepdims: int(1) });
  const exponentials = body.op('Exp', [body.op('Sub', [logits, largest])]);
  const sum = body.op('ReduceSum', [exponentials, 'axis.last'], { keepdims: int(1) });
  const logProbability = body.op('Sub', [body.op('Sub', [chosen, largest]), body.op('Log', [sum])]);
  return { token, logProbability };
}
