/**
 * The weights of a GLM decoder: which tensors make up each packed matrix, in which row order. Tensor
 * names are those of the public GGUF converters (`blk.N.attn_q.weight`, …; `chatglm` and `glm4` may
 * carry a fused `attn_qkv` and always a fused gate and up in `ffn_up`); weights in other files come
 * under these names too.
 */
import { dequantise } from '../gguf/dequantise.ts';
import type { WeightSource, WeightTensor } from '../weights/weight-source.ts';
import type { ChannelValues } from './channel-values.ts';
import type { GlmConfig } from './glm-config.ts';

interface Segment {
  readonly tensor: WeightTensor;
  /** The tensor's rows `first` to `first + rows - 1`. */
  readonly first: number;
  readonly rows: number;
  /** Source row of each row, where the order changes. */
  readonly order: readonly number[] | null;
}

/** A matrix of `rows` outputs by `columns` inputs, whose rows may come from several tensors. */
export interface GlmMatrix {
  readonly rows: number;
  readonly columns: number;
  readonly segments: readonly Segment[];
  /** Multiplies the inputs' weights, and divides the outputs': see `smoothing.ts`. */
  readonly inputFactors?: Float32Array | undefined;
  readonly outputFactors?: Float32Array | undefined;
}

/** Bytes of a tensor that are read at once; a tensor may be gigabytes. */
const readBytes = 16 * 1024 * 1024;

/** Row order that turns half-split rotary heads into interleaved ones. */
export function interleavedOrder(heads: number, headDim: number, rotary: number): number[] {
  const order: number[] = [];
  for (let head = 0; head < heads; head += 1) {
    for (let row = 0; row < headDim; row += 1) {
      const source = row >= rotary ? row : (row >> 1) + (row & 1) * (rotary / 2);
      order.push(head * headDim + source);
    }
  }
  return order;
}

export class GlmWeights {
  readonly config: GlmConfig;
  readonly #file: WeightSource;
  readonly #halfSplit: boolean;
  readonly #factors: ChannelValues;

  /** @param factors of `smoothing.ts`, by product */
  constructor(
    file: WeightSource,
    config: GlmConfig,
    halfSplit: boolean,
    factors: ChannelValues = new Map(),
  ) {
    this.#factors = factors;
    this.#file = file;
    this.config = config;
    this.#halfSplit = halfSplit;
  }

  embedding(): GlmMatrix {
    const { vocab_size: vocab, hidden_size: hidden } = this.config;
    return this.#matrix([this.#tensor('token_embd.weight', vocab, hidden)]);
  }

  head(): GlmMatrix {
    const { vocab_size: vocab, hidden_size: hidden } = this.config;
    const rows = this.config.tie_word_embeddings
      ? this.embedding()
      : this.#matrix([this.#tensor('output.weight', vocab, hidden)]);
    return { ...rows, inputFactors: this.#factors.get('head') };
  }

  /** Rows of q, then k, then v. */
  qkv(layer: number): GlmMatrix {
    const { hidden_size: hidden } = this.config;
    const [q, kv] = this.#attentionRows();
    const fused = `blk.${layer}.attn_qkv.weight`;
    const rows = this.#file.tensors.has(fused)
      ? [this.#tensor(fused, q + 2 * kv, hidden)]
      : [
          this.#rotated(`blk.${layer}.attn_q.weight`, q, hidden),
          this.#rotated(`blk.${layer}.attn_k.weight`, kv, hidden),
          this.#tensor(`blk.${layer}.attn_v.weight`, kv, hidden),
        ];
    return { ...this.#matrix(rows), inputFactors: this.#factors.get(`layers.${layer}.qkv`) };
  }

  /** q, k and v biases in the order of `qkv`'s rows, or null. */
  qkvBias(layer: number): Float32Array | null {
    if (!this.config.attention_bias) return null;
    const [q, kv] = this.#attentionRows();
    const fused = `blk.${layer}.attn_qkv.bias`;
    if (this.#file.tensors.has(fused)) return this.#values(this.#tensor(fused, 1, q + 2 * kv));
    const parts = [
      ['q', q],
      ['k', kv],
      ['v', kv],
    ] as const;
    const bias = new Float32Array(q + 2 * kv);
    let at = 0;
    for (const [name, rows] of parts) {
      const values = this.#values(this.#tensor(`blk.${layer}.attn_${name}.bias`, 1, rows));
      const order = name === 'v' ? null : this.#order(rows);
      for (let row = 0; row < rows; row += 1) {
        bias[at + row] = values[order?.[row] ?? row] as number;
      }
      at += rows;
    }
    return bias;
  }

  attentionOutput(layer: number): GlmMatrix {
    const [q] = this.#attentionRows();
    return this.#matrix([
      this.#tensor(`blk.${layer}.attn_output.weight`, this.config.hidden_size, q),
    ]);
  }

  /** The MLP's first matrices; a fused `ffn_up` has the rows of gate first. */
  gateAndUp(layer: number): { readonly gate: GlmMatrix; readonly up: GlmMatrix } {
    const { hidden_size: hidden, intermediate_size: inner } = this.config;
    const gate = `blk.${layer}.ffn_gate.weight`;
    const up = `blk.${layer}.ffn_up.weight`;
    const isApart = this.#file.tensors.has(gate);
    const second = this.#tensor(up, isApart ? inner : 2 * inner, hidden);
    const first = isApart ? this.#tensor(gate, inner, hidden) : { ...second, rows: inner };
    const inputFactors = this.#factors.get(`layers.${layer}.gate_up`);
    return {
      gate: { ...this.#matrix([first]), inputFactors },
      up: {
        ...this.#matrix([{ ...second, first: isApart ? 0 : inner, rows: inner }]),
        inputFactors,
        outputFactors: this.#factors.get(`layers.${layer}.down`),
      },
    };
  }

  down(layer: number): GlmMatrix {
    const { hidden_size: hidden, intermediate_size: inner } = this.config;
    return {
      ...this.#matrix([this.#tensor(`blk.${layer}.ffn_down.weight`, hidden, inner)]),
      inputFactors: this.#factors.get(`layers.${layer}.down`),
    };
  }

  /** A norm's weights: `output_norm`, or `attn_norm`, `ffn_norm`, … of a layer. */
  norm(name: string, layer?: number): Float32Array {
    const full = layer === undefined ? `${name}.weight` : `blk.${layer}.${name}.weight`;
    const values = this.#values(this.#tensor(full, 1, this.config.hidden_size));
    const after = { attn_norm: 'qkv', ffn_norm: 'gate_up' }[name];
    const factors = this.#factors.get(
      layer === undefined ? 'head' : `layers.${layer}.${after ?? 'none'}`,
    );
    return factors === undefined
      ? values
      : values.map((value, channel) => value / (factors[channel] as number));
  }

  /** A matrix that stands in one tensor, rows as they are. */
  matrix(name: string, rows: number, columns: number): GlmMatrix {
    return this.#matrix([this.#tensor(name, rows, columns)]);
  }

  /** A vector of `length` values: a bias or a norm. */
  vector(name: string, length: number): Float32Array {
    return this.#values(this.#tensor(name, 1, length));
  }

  /** The norm of each head of q (or k), in the order of the rotated rows. */
  headNorm(which: 'q' | 'k', layer: number): Float32Array {
    const { head_dim: dim } = this.config;
    const values = this.#values(this.#tensor(`blk.${layer}.attn_${which}_norm.weight`, 1, dim));
    const order = this.#order(dim);
    return order === null ? values : Float32Array.from(order, (row) => values[row] as number);
  }

  /** Calls `visit` with each row in order, as floats; the array is reused between calls. */
  forEachRow(matrix: GlmMatrix, visit: (row: number, values: Float32Array) => void): void {
    const values = new Float32Array(matrix.columns);
    const { inputFactors, outputFactors } = matrix;
    let row = 0;
    for (const { tensor, order, first: begin, rows } of matrix.segments) {
      const rowBytes = tensor.bytes / tensor.rows;
      // A changed order moves rows within their head only, so whole heads are read at once.
      const unit = order === null ? 1 : this.config.head_dim;
      const step = unit * Math.max(1, Math.floor(readBytes / (rowBytes * unit)));
      for (let first = begin; first < begin + rows; first += step) {
        const count = Math.min(step, begin + rows - first);
        const bytes = this.#file.readTensor(tensor, first * rowBytes, count * rowBytes);
        for (let index = first; index < first + count; index += 1) {
          const at = ((order?.[index] ?? index) - first) * rowBytes;
          dequantise(tensor.type.name, bytes.subarray(at, at + rowBytes), values);
          const whole = 1 / (outputFactors?.[row] ?? 1);
          if (inputFactors !== undefined || whole !== 1) {
            for (let column = 0; column < values.length; column += 1) {
              const factor = inputFactors?.[column] ?? 1;
              values[column] = (values[column] as number) * factor * whole;
            }
          }
          visit(row, values);
          row += 1;
        }
      }
    }
  }

  #attentionRows(): readonly [number, number] {
    const { config } = this;
    return [
      config.num_attention_heads * config.head_dim,
      config.num_key_value_heads * config.head_dim,
    ];
  }

  #order(rows: number): readonly number[] | null {
    if (!this.#halfSplit) return null;
    const { head_dim: dim, partial_rotary_factor: factor } = this.config;
    return interleavedOrder(rows / dim, dim, Math.round(dim * factor));
  }

  #rotated(name: string, rows: number, columns: number): Segment {
    return { ...this.#tensor(name, rows, columns), order: this.#order(rows) };
  }

  #tensor(name: string, rows: number, columns: number): Segment {
    const tensor = this.#file.tensors.get(name);
    if (tensor === undefined) throw this.#file.invalid(`${name} is missing`);
    if (tensor.rows !== rows || tensor.columns !== columns) {
      throw this.#file.invalid(
        `${name} is ${tensor.columns}x${tensor.rows}, not ${columns}x${rows}`,
      );
    }
    return { tensor, first: 0, rows, order: null };
  }

  #matrix(segments: readonly Segment[]): GlmMatrix {
    const rows = segments.reduce((sum, segment) => sum + segment.rows, 0);
    return { rows, columns: segments[0]?.tensor.columns ?? 0, segments };
  }

  #values({ tensor }: Segment): Float32Array {
    const values = new Float32Array(tensor.rows * tensor.columns);
    dequantise(tensor.type.name, this.#file.readTensor(tensor, 0, tensor.bytes), values);
    return values;
  }
}
