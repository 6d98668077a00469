/**
 * The cross-encoder as an ONNX graph for one pair a run: the e5 layers, then the heads in float.
 *
 * Input `x` [1, S, hidden]. Outputs `logits` [1, 3] (relevance, answerability, support) and `spans`
 * [1, S, 2] (is this token the answer's first, its last?).
 */
import { addE5Layers, type E5Form } from '../e5/e5-graph.ts';
import { encodeModel, int, OnnxGraph } from '../onnx-graph.ts';
import type { CrossEncoderWeights } from './cross-encoder-weights.ts';

export function buildCrossEncoderGraph(weights: CrossEncoderWeights, form: E5Form): Uint8Array {
  const graph = new OnnxGraph('cross-encoder');
  const { hidden } = weights.encoder.shape;
  const states = addE5Layers(graph, weights.encoder, form);
  const linear = (x: string, name: string, outer: number, inner: number): string => {
    const rows = weights.head(`${name}.weight`);
    const columns = new Float32Array(rows.length);
    for (let o = 0; o < outer; o += 1) {
      for (let i = 0; i < inner; i += 1) columns[i * outer + o] = rows[o * inner + i] ?? 0;
    }
    const w = graph.constant(`${name}.weight`, 'float', [inner, outer], columns);
    const b = graph.constant(`${name}.bias`, 'float', [outer], weights.head(`${name}.bias`));
    return graph.op('Add', [graph.op('MatMul', [x, w]), b]);
  };
  const first = graph.op('Gather', [states, graph.int64(0)], { axis: int(1) });
  const mean = graph.op('ReduceMean', [states, graph.int64([1])], { keepdims: int(0) });
  const both = graph.op('Concat', [first, mean], { axis: int(1) });
  const pooled = graph.op('Tanh', [linear(both, 'pooled', hidden, 2 * hidden)]);
  graph.node('Identity', [linear(pooled, 'out', 3, hidden)], { outputs: ['logits'] });
  graph.node('Identity', [linear(states, 'span', 2, hidden)], { outputs: ['spans'] });
  graph.output('logits', 'float', [1, 3]);
  graph.output('spans', 'float', [1, 'S', 2]);
  return encodeModel(graph);
}
