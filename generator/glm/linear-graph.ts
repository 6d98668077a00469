/**
 * Matrix products with weights of several forms as ONNX nodes (see `matrix-form.ts`). The per-token forms
 * quantise each row of activations to 8 bits by plain operators and multiply with MatMulIntegerToFloat,
 * which uses VNNI or AMX where there is one; the block forms are MatMulNBits.
 */
import { int, type OnnxGraph } from '../../src/runtime/onnx-graph.ts';
import type { GlmConfig } from './glm-config.ts';
import { matrixClass, matrixForm, type GlmForm, type MatrixClass } from './matrix-form.ts';
import { blockValues } from './write-matrix.ts';

const microsoft = 'com.microsoft';
const onnxFloat = 1;
const onnxFloat16 = 10;

/** What sizes of matrices depend on. */
type Sizes = Pick<
  GlmConfig,
  | 'hidden_size'
  | 'intermediate_size'
  | 'head_dim'
  | 'num_attention_heads'
  | 'num_key_value_heads'
  | 'vocab_size'
>;

/** Constants that the nodes refer to, in the graph itself or in one around it. */
export function addLinearConstants(main: OnnxGraph): void {
  main.float32(1, 'one');
  main.float32(1 / 127, 'one.127th');
  main.float32(-1 / 127, 'minus.127th');
  main.float32(1e-10, 'tiny');
  main.constant('zero.point', 'uint8', [], Uint8Array.of(128));
  main.constant('zero.point.1', 'uint8', [1], Uint8Array.of(128));
  main.int64([-1], 'axis.last');
  main.int64([-1], 'shape.flat');
}

/** Inputs and outputs of each class of matrix. */
function sizesOf(config: Sizes): Readonly<Record<MatrixClass, readonly [number, number]>> {
  const { hidden_size: hidden, intermediate_size: inner, head_dim: dim } = config;
  const heads = config.num_attention_heads * dim;
  return {
    embedding: [hidden, config.vocab_size],
    qkv: [hidden, heads + 2 * config.num_key_value_heads * dim],
    output: [heads, hidden],
    gate_up: [hidden, inner],
    down: [inner, hidden],
    head: [hidden, config.vocab_size],
  };
}

/** Adds matrix products of quantised or float weights to a graph, all with the same number of rows. */
export class Linear {
  readonly #graph: OnnxGraph;
  readonly #form: GlmForm;
  readonly #sizes: Readonly<Record<MatrixClass, readonly [number, number]>>;
  /** Zero points `[M]`, for all products. */
  #zeros: string | undefined;
  /** What was quantised last: products of one input share it. */
  #quantised:
    | { readonly input: string; readonly values: string; readonly scale: string }
    | undefined;

  constructor(body: OnnxGraph, form: GlmForm, config: Sizes) {
    this.#graph = body;
    this.#form = form;
    this.#sizes = sizesOf(config);
  }

  /**
   * `[M, inputs] x weight -> [M, outputs]`, plus the bias named, if any.
   * @param options.rows factors `[M, 1]` that the input's rows are yet to be multiplied by
   */
  apply(
    input: string,
    name: string,
    options: { readonly bias?: string; readonly rows?: string | null } = {},
  ): string {
    const { bias, rows = null } = options;
    const { product, rows: left } = this.#product(input, name, rows);
    const scaled = left === null ? product : this.#graph.op('Mul', [product, left]);
    return bias === undefined ? scaled : this.#graph.op('Add', [scaled, bias]);
  }

  /**
   * The product before its rows are multiplied by the factors `[M, 1]` beside it, where the form has such:
   * a factor that a later product takes along costs nothing, and a pass over `[M, outputs]` is saved.
   */
  applyUnscaled(
    input: string,
    name: string,
  ): { readonly product: string; readonly rows: string | null } {
    return this.#product(input, name, null);
  }

  #product(
    input: string,
    name: string,
    rows: string | null,
  ): { readonly product: string; readonly rows: string | null } {
    const form = matrixForm(this.#form, name);
    if (form === 'int8' || form === 'int7') return this.#perToken(input, name, rows);
    const whole = rows === null ? input : this.#graph.op('Mul', [input, rows]);
    return { product: this.#wholeProduct(whole, name), rows: null };
  }

  #wholeProduct(input: string, name: string): string {
    const g = this.#graph;
    const form = matrixForm(this.#form, name);
    switch (form) {
      case 'float32':
        return g.op('MatMul', [input, name]);
      case 'float16': {
        const half = g.op('Cast', [input], { to: int(onnxFloat16) });
        return g.op('Cast', [g.op('MatMul', [half, name])], { to: int(onnxFloat) });
      }
      case 'int8-tensor':
        return g.op('DynamicQuantizeMatMul', [input, name, `${name}.scale`], {}, microsoft);
      case 'int4-block':
      case 'int8-block': {
        const [inputs, outputs] = this.#sizes[matrixClass(name)];
        return g.op(
          'MatMulNBits',
          [input, name, `${name}.scale`],
          {
            K: int(inputs),
            N: int(outputs),
            bits: int(form === 'int4-block' ? 4 : 8),
            block_size: int(blockValues),
            // 4: activations as int8, a scale for each block.
            accuracy_level: int(4),
          },
          microsoft,
        );
      }
      default:
        throw new TypeError(`${form} is a form of activations a token at a time`);
    }
  }

  #perToken(
    input: string,
    name: string,
    rows: string | null,
  ): { readonly product: string; readonly rows: string } {
    const g = this.#graph;
    const { values, scale } = this.#quantise(input);
    const product = g.op(
      'MatMulIntegerToFloat',
      [values, name, 'one', `${name}.scale`, 'zero.point'],
      {},
      microsoft,
    );
    // Quantising is blind to a factor of the whole row.
    return { product, rows: rows === null ? scale : g.op('Mul', [scale, rows]) };
  }

  /** Each row to 8 bits: values `[M, K]` around 128 and scales `[M, 1]`. */
  #quantise(input: string): { readonly values: string; readonly scale: string } {
    if (this.#quantised?.input === input) return this.#quantised;
    const g = this.#graph;
    // Two readings of the row take half as long as writing its magnitudes and reading those.
    const most = g.op('ReduceMax', [input, 'axis.last'], { keepdims: int(1) });
    const least = g.op('ReduceMin', [input, 'axis.last'], { keepdims: int(1) });
    const scale = g.op('Max', [
      g.op('Mul', [most, 'one.127th']),
      g.op('Mul', [least, 'minus.127th']),
      'tiny',
    ]);
    const flat = g.op('Reshape', [scale, 'shape.flat']);
    this.#zeros ??= g.op('Expand', ['zero.point.1', g.op('Shape', [flat])]);
    const values = g.op('QuantizeLinear', [input, flat, this.#zeros], { axis: int(0) });
    this.#quantised = { input, values, scale };
    return this.#quantised;
  }
}
