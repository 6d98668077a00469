/**
 * Matrix products with weights of several forms as ONNX nodes. `int8` holds weights as int8 per output
 * channel and multiplies with activations quantised to 8 bits per token (MatMulIntegerToFloat, which
 * uses VNNI or AMX where there is one); `int8-mixed` lets onnxruntime quantise per tensor except where
 * that is known to hurt; `float32` is for proof.
 */
import { int, type OnnxGraph } from '../../src/runtime/onnx-graph.ts';

export type GlmForm = 'int8' | 'int8-mixed' | 'float32';

const microsoft = 'com.microsoft';

/** Adds the matrix product of a quantised or float weight to a graph. */
export class Linear {
  readonly #graph: OnnxGraph;
  readonly #form: GlmForm;

  constructor(body: OnnxGraph, form: GlmForm) {
    this.#graph = body;
    this.#form = form;
  }

  /** `[M, inputs] x weight -> [M, outputs]`, plus the bias named, if any. */
  apply(
    input: string,
    name: string,
    options: { readonly bias?: string; readonly exact?: boolean } = {},
  ): string {
    const g = this.#graph;
    const product = this.#product(input, name, options.exact === true);
    return options.bias === undefined ? product : g.op('Add', [product, options.bias]);
  }

  #product(input: string, name: string, exact: boolean): string {
    const g = this.#graph;
    if (this.#form === 'float32') return g.op('MatMul', [input, name]);
    if (this.#form === 'int8-mixed' && !exact) {
      return g.op('DynamicQuantizeMatMul', [input, name, `${name}.scale`], {}, microsoft);
    }
    const largest = g.op('ReduceMax', [g.op('Abs', [input]), 'axis.last'], { keepdims: int(1) });
    const scale = g.op('Max', [g.op('Mul', [largest, 'one.127th']), 'tiny']);
    const flat = g.op('Reshape', [scale, 'shape.flat']);
    const zero = g.op('Expand', ['zero.point.1', g.op('Shape', [flat])]);
    const quantised = g.op('QuantizeLinear', [input, flat, zero], { axis: int(0) });
    const product = g.op(
      'MatMulIntegerToFloat',
      [quantised, name, 'one', `${name}.scale`, 'zero.point'],
      {},
      microsoft,
    );
    return g.op('Mul', [product, scale]);
  }
}
