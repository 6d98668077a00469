/** Sampling as ONNX nodes, so that the decode loop never leaves the native side. */
import { int, type OnnxGraph } from '../../src/runtime/onnx-graph.ts';

/**
 * Chooses a token a row from logits `[B, V]`: temperature, the `top_k` best, then the nucleus of
 * `top_p`, then the uniform number of this step and row. With `top_k` 1 or a uniform of 0 it is greedy.
 */
export function addSampler(
  body: OnnxGraph,
  logits: string,
  step: string,
): { readonly token: string; readonly logProbability: string } {
  const early = body.op('Less', [step, 'early_steps']);
  const biased = body.op('Add', [
    logits,
    body.op('Mul', ['early_bias', body.op('Cast', [early], { to: int(1) })]),
  ]);
  const [best, bestIds] = body.node('TopK', [biased, 'top_k'], {
    outputs: 2,
    attributes: { axis: int(-1), largest: int(1), sorted: int(1) },
  });
  const probabilities = body.op(
    'Softmax',
    [body.op('Mul', [best as string, 'inverse_temperature'])],
    {
      axis: int(-1),
    },
  );
  const cumulative = body.op('CumSum', [probabilities, 'scalar.1']);
  const before = body.op('Sub', [cumulative, probabilities]);
  const kept = body.op('Mul', [
    probabilities,
    body.op('Cast', [body.op('Less', [before, 'top_p'])], { to: int(1) }),
  ]);
  const mass = body.op('ReduceSum', [kept, 'axis.last'], { keepdims: int(1) });
  const uniform = body.op('Unsqueeze', [body.op('Gather', ['uniforms', step]), 'axis.1']);
  const target = body.op('Mul', [uniform, mass]);
  // The first place whose cumulative kept probability exceeds the target.
  const passed = body.op('LessOrEqual', [body.op('CumSum', [kept, 'scalar.1']), target]);
  const place = body.op(
    'ReduceSum',
    [
      body.op('Cast', [body.op('And', [passed, body.op('Less', [before, 'top_p'])])], {
        to: int(7),
      }),
      'axis.last',
    ],
    { keepdims: int(1) },
  );
  const token = body.op('GatherElements', [bestIds as string, place], { axis: int(1) });
  const chosen = body.op('GatherElements', [logits, token], { axis: int(1) });
  const logProbability = body.op('Sub', [
    chosen,
    body.op('ReduceLogSumExp', [logits, 'axis.last'], { keepdims: int(1) }),
  ]);
  return { token, logProbability };
}
