/**
 * Where the tokens of a step stand in the KV cache, and which of it each may see. Either every row has a
 * cache of its own, or all rows are lanes of one cache: drafts of one prompt, whose keys and values are
 * there once (tree attention, as in SpecInfer, Miao et al., 2024). Every step of lanes appends one token
 * of each, in order, so that a position behind the shared ones belongs to the lane `(position - shared)
 * mod lanes`; a bias hides it from the others, and position ids say how far along its own text each is.
 */
import { int, type OnnxGraph } from '../../src/runtime/onnx-graph.ts';

/** Names of what says how rows share a cache. */
export interface LaneNames {
  /** Rows of one cache, int64 `[1]`: 1, or all rows of the step. With more than 1 each feeds one token. */
  readonly count: string;
  /** Positions of the cache that all of its rows see, int64 `[1]`; 0 with one row a cache. */
  readonly shared: string;
}

export interface AttentionLayout {
  /** `[caches, tokens, -1]`: the shape that attention takes its input in. */
  readonly packed: string;
  /** `[B, S, -1]`. */
  readonly byRow: string;
  /** The longest cache's positions after the step, int32 scalar. */
  readonly total: string;
  /** The last position of each cache after the step, int32 `[caches]`. */
  readonly seqlens: string;
  /** What GroupQueryAttention takes behind its rotary tables: position ids and bias, or nothing. */
  readonly extras: readonly string[];
}

/**
 * Adds the layout of one step.
 * @param ids token ids `[B, S]`
 * @param lengths lengths of the rows' own pasts, int64 `[B, 1]`
 * @param lanes without it each row has its own cache, and attention gets neither positions nor bias
 */
export function addAttentionLayout(
  body: OnnxGraph,
  ids: string,
  lengths: string,
  lanes?: LaneNames,
): AttentionLayout {
  const int32 = (name: string): string => body.op('Cast', [name], { to: int(6) });
  const shape = body.op('Shape', [ids]);
  const fed = body.op('Slice', [shape, 'index.1', 'index.end']);
  const byRow = body.op('Concat', [shape, 'axis.last'], { axis: int(0) });
  const own = body.op('Add', [lengths, fed]);
  const flat = (name: string): string => body.op('Reshape', [name, 'shape.flat']);
  if (lanes === undefined) {
    // Rows may have pasts of other lengths (only one token a row is fed then); the cache is as long as the
    // longest, and what stands in it behind a row's length is never read.
    const total = int32(body.op('ReduceMax', [own], { keepdims: int(0) }));
    const seqlens = int32(flat(body.op('Sub', [own, 'scalar.1'])));
    return { packed: byRow, byRow, total, seqlens, extras: [] };
  }
  const rows = body.op('Slice', [shape, 'index.0', 'index.1']);
  const caches = body.op('Div', [rows, lanes.count]);
  const across = body.op('Mul', [fed, lanes.count]);
  // Behind the shared positions every token of a row's own text takes as many as there are lanes.
  const ends = body.op('Add', [
    lanes.shared,
    body.op('Mul', [body.op('Sub', [own, lanes.shared]), lanes.count]),
  ]);
  const longest = body.op('ReduceMax', [ends], { keepdims: int(0) });
  const last = body.op('Sub', [body.op('Slice', [ends, 'index.0', caches]), 'scalar.1']);
  const positions = body.op('Add', [
    lengths,
    body.op('Range', ['scalar.0', body.op('Squeeze', [fed]), 'scalar.1']),
  ]);
  const places = body.op('Sub', [
    body.op('Range', ['scalar.0', longest, 'scalar.1']),
    lanes.shared,
  ]);
  const lane = body.op('Range', ['scalar.0', body.op('Squeeze', [across]), 'scalar.1']);
  const laneOf = (name: string): string => body.op('Mod', [name, lanes.count]);
  const seen = body.op('Or', [
    body.op('Less', [places, 'scalar.0']),
    body.op('Equal', [laneOf(places), body.op('Reshape', [laneOf(lane), 'shape.column'])]),
  ]);
  const bias = body.op('Unsqueeze', [
    body.op('Where', [seen, 'zero', 'barred']),
    body.int64([0, 1]),
  ]);
  const packed = body.op('Concat', [caches, across, 'axis.last'], { axis: int(0) });
  const laid = body.op('Concat', [caches, across], { axis: int(0) });
  return {
    packed,
    byRow,
    total: int32(longest),
    seqlens: int32(flat(last)),
    extras: [body.op('Reshape', [positions, laid]), bias],
  };
}
