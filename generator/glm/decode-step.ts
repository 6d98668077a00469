/**
 * What follows the decoder in an iteration of the loop, as ONNX nodes: choose tokens, keep those of the
 * copied ones that the model would have chosen itself, and look up what to copy next.
 *
 * Copy-ahead is prompt-lookup decoding (Saxena, 2023), a form of speculative decoding (Leviathan et al.,
 * 2023) whose draft is a copy: the last tokens are sought in the corpus (the prompt, what was written,
 * earlier drafts), and what followed there is fed along. Each position is sampled with its own uniform
 * number; a copied token is kept when it equals the sample, so the text is that of decoding without
 * copies, sampled or greedy, to the bit: see `addLookup` for the one thing that this takes.
 */
import { OnnxGraph, graph, int } from '../../src/runtime/onnx-graph.ts';
import { addIf, addSampler } from './sampler-graph.ts';

/** Longest run of last tokens that is looked up. */
export const longestMatch = 4;

/** Names of the loop's state before a step, and of its logits. */
export interface StepState {
  /** Input ids int64 `[B, s]`; all but the first of the last `keep` are copied. */
  readonly ids: string;
  /** Positions whose logits were computed, int64 `[1]`. More than 1 only with one row. */
  readonly keep: string;
  /** Logits `[B*keep, V]`. */
  readonly logits: string;
  /** Lengths of the rows' pasts, int64 `[B, 1]`. */
  readonly lengths: string;
  readonly done: string;
  /** Where to look up, int64 `[C]`; -1 stands between texts. */
  readonly corpus: string;
  /** Tokens of this run int64 `[B, made]` and their log-probabilities. */
  readonly tokens: string;
  readonly logProbabilities: string;
  readonly penalties: string;
  /** The constraint's state before the first of the last `keep` ids, int64 `[B, 1]`. */
  readonly constraint: string;
  /** Iterations and positions fed so far in this run, int64 `[2]`. */
  readonly work: string;
}

/** Names of the state after the step; `go` is false when the loop is to end. */
export type StepResult = Omit<StepState, 'logits'> & { readonly go: string };

/** States of the constraint after each of the last `keep` ids, int64 `[B*keep]`. */
function addConstraint(body: OnnxGraph, state: StepState, lastIds: string): string {
  const [states] = addIf(
    body,
    'constrain',
    [{ type: 'int64', dims: ['R'] }],
    (then) => {
      const inner = new OnnxGraph(then.fresh('scan'));
      inner.input('scan_state', 'int64', ['B', 1]);
      inner.input('scan_ids', 'int64', ['B']);
      const kind = inner.op('Unsqueeze', [
        inner.op('Gather', ['constraint_class', 'scan_ids']),
        'axis.1',
      ]);
      const place = inner.op('Concat', [inner.op('Identity', ['scan_state']), kind], {
        axis: int(1),
      });
      const next = inner.op('Unsqueeze', [
        inner.op('GatherND', ['constraint_next', place]),
        'axis.1',
      ]);
      inner.output(next, 'int64', ['B', 1]);
      inner.output(inner.op('Identity', [next]), 'int64', ['B', 1]);
      const [, all] = then.node('Scan', [state.constraint, then.op('Transpose', [lastIds])], {
        outputs: 2,
        attributes: { body: graph(inner), num_scan_inputs: int(1) },
      });
      return [then.op('Reshape', [all as string, 'shape.flat'])];
    },
    (otherwise) => [otherwise.op('Reshape', [lastIds, 'shape.flat'])],
  );
  return states as string;
}

/** Looks the last tokens up in the corpus: ids of the next step `[1, s]`. */
function addLookup(branch: OnnxGraph, corpus: string, token: string): string {
  const size = branch.op('Shape', [corpus]);
  const back = (count: number): string => branch.op('Sub', [size, branch.int64([count])]);
  // How many tokens before and at each place are the last ones: one more only where those before agree.
  let run: string | null = null;
  for (let age = longestMatch; age >= 1; age -= 1) {
    const last = branch.op('Slice', [corpus, back(age), age === 1 ? 'index.end' : back(age - 1)]);
    const places = branch.op('Slice', [corpus, branch.int64([longestMatch - age]), back(age)]);
    const equal = branch.op('Cast', [branch.op('Equal', [places, last])], { to: int(7) });
    run = run === null ? equal : branch.op('Mul', [equal, branch.op('Add', [run, 'scalar.1'])]);
  }
  // The longest, and of those the latest: evidence that stands last is the best.
  const place = branch.op('ArgMax', [run as string], {
    axis: int(0),
    keepdims: int(1),
    select_last_index: int(1),
  });
  const length = branch.op('Gather', [run as string, place]);
  const count = branch.op('Gather', ['copy_counts', length]);
  const start = branch.op('Add', [place, branch.int64([longestMatch])]);
  const copied = branch.op('Slice', [corpus, start, branch.op('Add', [start, count])]);
  // Never one row alone: onnxruntime sums the products of a single row in another order, and with 8-bit
  // activations the last bit of a sum may end in another token. A guess costs less than that.
  const padded = branch.op('Concat', [copied, 'index.0'], { axis: int(0) });
  const least = branch.op('Max', [count, 'index.1']);
  const proposals = branch.op('Max', [branch.op('Slice', [padded, 'index.0', least]), 'index.0']);
  return branch.op('Concat', [token, branch.op('Unsqueeze', [proposals, 'index.0'])], {
    axis: int(1),
  });
}

/** Adds the end of an iteration. */
export function addDecodeStep(body: OnnxGraph, state: StepState): StepResult {
  const { keep } = state;
  const shape = body.op('Shape', [state.ids]);
  const rows = body.op('Slice', [shape, 'index.0', 'index.1']);
  const fed = body.op('Slice', [shape, 'index.1', 'index.end']);
  const byRow = body.op('Concat', [rows, keep], { axis: int(0) });
  const made = body.op('Slice', [body.op('Shape', [state.tokens]), 'index.1', 'index.end']);
  const until = body.op('Add', [made, keep]);

  const lastIds = body.op('Slice', [state.ids, body.op('Sub', [fed, keep]), 'index.end', 'axis.1']);
  const states = addConstraint(body, state, lastIds);
  const index = body.op('Unsqueeze', [
    body.op('Range', [body.op('Squeeze', [made]), body.op('Squeeze', [until]), 'scalar.1']),
    'axis.1',
  ]);
  const uniform = body.op('Reshape', [
    body.op('Transpose', [body.op('Slice', ['uniforms', made, until])]),
    'shape.column',
  ]);
  const { token, logProbability } = addSampler(body, {
    logits: state.logits,
    index,
    uniform,
    penalties: state.penalties,
    states,
  });
  const chosen = body.op('Reshape', [token, byRow]);
  // Copied tokens are kept up to the first that was not chosen.
  const copied = body.op('Slice', [lastIds, 'index.1', 'index.end', 'axis.1']);
  const expected = body.op('Slice', [
    chosen,
    'index.0',
    body.op('Sub', [keep, 'index.1']),
    'axis.1',
  ]);
  const differs = body.op('Cast', [body.op('Not', [body.op('Equal', [copied, expected])])], {
    to: int(6),
  });
  const ended = body.op(
    'Concat',
    [
      differs,
      body.op('Expand', ['int32.1', body.op('Concat', [rows, 'index.1'], { axis: int(0) })]),
    ],
    { axis: int(1) },
  );
  const agreed = body.op('Reshape', [
    body.op('ReduceMax', [body.op('ArgMax', [ended], { axis: int(1) })], { keepdims: int(0) }),
    'shape.flat',
  ]);
  const count = body.op('Add', [agreed, 'index.1']);
  const fresh = body.op('Slice', [chosen, 'index.0', count, 'axis.1']);
  const freshLog = body.op('Slice', [
    body.op('Reshape', [logProbability, byRow]),
    'index.0',
    count,
    'axis.1',
  ]);
  const last = body.op('Slice', [chosen, agreed, count, 'axis.1']);
  // What was fed, less the copied tokens that did not hold.
  const lengths = body.op('Add', [
    state.lengths,
    body.op('Add', [body.op('Sub', [fed, keep]), count]),
  ]);

  const stops = body.op(
    'Cast',
    [body.op('Equal', [body.op('Unsqueeze', [fresh, 'axis.last']), 'stop_ids'])],
    { to: int(6) },
  );
  const isStop = body.op(
    'Cast',
    [body.op('ReduceMax', [stops, body.int64([1, 2])], { keepdims: int(0) })],
    { to: int(9) },
  );
  const done = body.op('Or', [state.done, body.op('Unsqueeze', [isStop, 'axis.1'])]);
  const unfinished = body.op(
    'Cast',
    [
      body.op('ReduceMax', [body.op('Cast', [body.op('Not', [done])], { to: int(6) })], {
        keepdims: int(0),
      }),
    ],
    { to: int(9) },
  );
  const tokens = body.op('Concat', [state.tokens, fresh], { axis: int(1) });
  const room = body.op('Less', [body.op('Squeeze', [body.op('Add', [made, count])]), 'limit']);

  const [penalties] = addIf(
    body,
    'penalise',
    [{ type: 'float', dims: ['B', 'V'] }],
    (then) => [
      then.op(
        'ScatterElements',
        [state.penalties, last, then.op('Expand', ['penalty', then.op('Shape', [last])])],
        { axis: int(1) },
      ),
    ],
    () => [state.penalties],
  );
  const [constraint] = addIf(
    body,
    'constrain',
    [{ type: 'int64', dims: ['B', '1'] }],
    (then) => [then.op('Slice', [then.op('Reshape', [states, byRow]), agreed, count, 'axis.1'])],
    () => [state.constraint],
  );
  const [ids, corpus] = addIf(
    body,
    'copy',
    [
      { type: 'int64', dims: ['B', 's'] },
      { type: 'int64', dims: ['C'] },
    ],
    (then) => {
      const grown = then.op('Concat', [state.corpus, then.op('Reshape', [fresh, 'shape.flat'])], {
        axis: int(0),
      });
      return [addLookup(then, grown, last), grown];
    },
    () => [last, state.corpus],
  );
  return {
    go: body.op('And', [unfinished, room]),
    ids: ids as string,
    keep: body.op('Slice', [body.op('Shape', [ids as string]), 'index.1', 'index.end']),
    lengths,
    done,
    corpus: corpus as string,
    tokens,
    logProbabilities: body.op('Concat', [state.logProbabilities, freshLog], { axis: int(1) }),
    penalties: penalties as string,
    constraint: constraint as string,
    work: body.op('Add', [state.work, body.op('Concat', ['index.1', fed], { axis: int(0) })]),
  };
}
