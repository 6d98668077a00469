/** The GLM decoder as ONNX nodes: token ids to hidden states, with the KV cache of each layer. */
import { float, int, string, type OnnxGraph } from '../../src/runtime/onnx-graph.ts';
import { addAttentionLayout, type LaneNames } from './attention-layout.ts';
import type { GlmConfig } from './glm-config.ts';
import { addLinearConstants, Linear } from './linear-graph.ts';
import { matrixForm, type GlmForm } from './matrix-form.ts';
import type { StoredTensor } from './weights-writer.ts';

/** Where each weight stands in the weights file, by its name in the graph. */
export type GlmLayout = Readonly<Record<string, StoredTensor>>;

const microsoft = 'com.microsoft';

/** Inputs and outputs of the model; `L` is the number of layers, B rows, S new tokens, P past ones. */
export const glmIo = {
  pastKey: (layer: number): string => `past.${layer}.key`,
  pastValue: (layer: number): string => `past.${layer}.value`,
  presentKey: (layer: number): string => `present.${layer}.key`,
  presentValue: (layer: number): string => `present.${layer}.value`,
} as const;

/** What one step of 8 bits is worth in each channel of the KV cache, by layer: `[kv heads * head dim]`. */
export interface CacheScales {
  readonly keys: readonly Float32Array[];
  readonly values: readonly Float32Array[];
}

/**
 * Type of the KV cache: 8 bits where scales are given. CUDA has attention in half precision only, and the
 * weights say who computes.
 */
export const cacheType = (form: GlmForm, scales?: CacheScales): 'float' | 'float16' | 'int8' =>
  scales !== undefined ? 'int8' : matrixForm(form, 'qkv') === 'float16' ? 'float16' : 'float';

const keyScale = (layer: number): string => `layers.${layer}.key_scale`;
const valueScale = (layer: number): string => `layers.${layer}.value_scale`;

/** Constants of a cache of 8 bits. */
export function addCacheScales(main: OnnxGraph, config: GlmConfig, scales: CacheScales): void {
  const shape = [config.num_key_value_heads, 1, config.head_dim];
  for (let layer = 0; layer < config.num_hidden_layers; layer += 1) {
    main.constant(keyScale(layer), 'float', shape, scales.keys[layer] as Float32Array);
    main.constant(valueScale(layer), 'float', shape, scales.values[layer] as Float32Array);
  }
}

/** Constants that bodies of nested graphs refer to by name. */
export function addConstants(main: OnnxGraph, config: GlmConfig): void {
  addLinearConstants(main);
  main.int64([1], 'axis.1');
  main.int64([0], 'index.0');
  main.int64([1], 'index.1');
  main.int64([2 ** 31], 'index.end');
  main.int64([-1, config.hidden_size], 'shape.hidden');
  main.int64([-1, config.num_attention_heads * config.head_dim], 'shape.heads');
  main.int64([-1, 1], 'shape.column');
  main.int64(0, 'scalar.0');
  main.int64(1, 'scalar.1');
  main.constant('int32.1', 'int32', [1], Int32Array.of(1));
  main.float32(0, 'zero');
  main.float32(-1e9, 'barred');
  const rotary = Math.round(config.head_dim * config.partial_rotary_factor);
  const half = rotary / 2;
  const positions = config.max_position_embeddings;
  const cosines = new Float32Array(positions * half);
  const sines = new Float32Array(positions * half);
  for (let position = 0; position < positions; position += 1) {
    for (let index = 0; index < half; index += 1) {
      const frequency =
        config.rope_theta ** ((-2 * index) / rotary) / (config.rope_divisors?.[index] ?? 1);
      const angle = position * frequency;
      cosines[position * half + index] = Math.cos(angle);
      sines[position * half + index] = Math.sin(angle);
    }
  }
  main.constant('rope.cos', 'float', [positions, half], cosines);
  main.constant('rope.sin', 'float', [positions, half], sines);
}

/**
 * The decoder of one iteration: token ids `[B, S]` to the hidden states `[B*keep, hidden]` of each row's
 * last `keep` positions. What the last layer does after attention is done for those alone.
 */
export function addDecoder(
  body: OnnxGraph,
  config: GlmConfig,
  form: GlmForm,
  state: {
    readonly ids: string;
    /** Positions whose states are wanted, int64 `[1]`. */
    readonly keep: string;
    /** Lengths of the rows' pasts, int64 `[B, 1]`. */
    readonly lengths: string;
    readonly keys: readonly string[];
    readonly values: readonly string[];
    /** The cache holds 8 bits: see `addCacheScales`. */
    readonly quantised?: boolean;
    /** Rows may share a cache: see `addAttentionLayout`. */
    readonly lanes?: LaneNames | undefined;
    /** Is told the input of each product that smoothing reaches, by the name of its factors. */
    readonly observe?: (name: string, input: string) => void;
  },
): {
  readonly hidden: string;
  readonly keys: string[];
  readonly values: string[];
} {
  let linear = new Linear(body, form, config);
  const half = cacheType(form) === 'float16';
  const toHalf = (name: string): string => body.op('Cast', [name], { to: int(10) });
  const norm = { epsilon: float(config.rms_norm_eps) };
  const layout = addAttentionLayout(body, state.ids, state.lengths, state.lanes);

  const flatIds = body.op('Reshape', [state.ids, 'shape.flat']);
  let embedded = body.op('Gather', ['embedding', flatIds]);
  const tableForm = matrixForm(form, 'embedding');
  if (tableForm !== 'float32') embedded = body.op('Cast', [embedded], { to: int(1) });
  if (tableForm === 'int8') {
    embedded = body.op('Mul', [embedded, body.op('Gather', ['embedding.scale', flatIds])]);
  }
  let residual = embedded;
  let branch: string | null = null;
  /** Adds the branch to the residual stream and normalises the sum. */
  const join = (weight: string): string => {
    if (branch === null) {
      return body.op('SimplifiedLayerNormalization', [residual, weight], {
        ...norm,
        axis: int(-1),
      });
    }
    const [normalised, sum] = skipNorm(body, residual, branch, weight, config);
    residual = sum;
    return normalised;
  };
  const after = (value: string, weight: string): string =>
    config.sandwich_norm
      ? body.op('SimplifiedLayerNormalization', [value, weight], { ...norm, axis: int(-1) })
      : value;

  const fed = body.op('Slice', [body.op('Shape', [state.ids]), 'index.1', 'index.end']);
  const first = body.op('Sub', [fed, state.keep]);
  /** `[B, S, width]` to `[B, keep, width]`. */
  const lastOf = (rows: string): string => body.op('Slice', [rows, first, 'index.end', 'axis.1']);
  const keys: string[] = [];
  const values: string[] = [];
  for (let layer = 0; layer < config.num_hidden_layers; layer += 1) {
    const at = `layers.${layer}`;
    const bias = config.attention_bias ? { bias: `${at}.qkv.bias` } : {};
    const attendedTo = join(`${at}.input_norm`);
    state.observe?.(`${at}.qkv`, attendedTo);
    const qkv = linear.apply(attendedTo, `${at}.qkv`, bias);
    const inputs = attentionInputs(body, config, qkv, layout.packed, at);
    const [attended, key, value] = body.node(
      'GroupQueryAttention',
      [
        ...(half ? inputs.map((name) => (name === '' ? name : toHalf(name))) : inputs),
        state.keys[layer] as string,
        state.values[layer] as string,
        layout.seqlens,
        layout.total,
        half ? toHalf('rope.cos') : 'rope.cos',
        half ? toHalf('rope.sin') : 'rope.sin',
        ...attentionExtras(layout.extras, state.quantised === true ? layer : null),
      ],
      {
        outputs: 3,
        domain: microsoft,
        attributes: {
          num_heads: int(config.num_attention_heads),
          kv_num_heads: int(config.num_key_value_heads),
          do_rotary: int(1),
          rotary_interleaved: int(1),
          ...(state.quantised === true
            ? {
                k_quant_type: string('PER_CHANNEL'),
                v_quant_type: string('PER_CHANNEL'),
                kv_cache_bit_width: int(8),
              }
            : {}),
        },
      },
    );
    keys.push(key as string);
    values.push(value as string);
    let whole = half ? body.op('Cast', [attended as string], { to: int(1) }) : attended;
    if (layer === config.num_hidden_layers - 1) {
      whole = lastOf(body.op('Reshape', [whole as string, layout.byRow]));
      residual = body.op('Reshape', [
        lastOf(body.op('Reshape', [residual, layout.byRow])),
        'shape.hidden',
      ]);
      linear = new Linear(body, form, config);
    }
    const heads = body.op('Reshape', [whole as string, 'shape.heads']);
    branch = after(linear.apply(heads, `${at}.output`), `${at}.after_attention_norm`);
    const normed = join(`${at}.mlp_norm`);
    state.observe?.(`${at}.gate_up`, normed);
    const gate = linear.apply(normed, `${at}.gate`);
    const silu = body.op('QuickGelu', [gate], { alpha: float(1) }, microsoft);
    const up = linear.applyUnscaled(normed, `${at}.up`);
    const inner = body.op('Mul', [silu, up.product]);
    if (state.observe !== undefined)
      state.observe(`${at}.down`, up.rows === null ? inner : body.op('Mul', [inner, up.rows]));
    const down = linear.apply(inner, `${at}.down`, { rows: up.rows });
    branch = after(down, `${at}.after_mlp_norm`);
  }
  return { hidden: join('norm'), keys, values };
}

/** The inputs of GroupQueryAttention behind its rotary tables: positions, bias, sink, scales of the cache. */
function attentionExtras(extras: readonly string[], quantised: number | null): string[] {
  if (quantised === null) return [...extras];
  const [positions = '', bias = ''] = extras;
  return [positions, bias, '', keyScale(quantised), valueScale(quantised)];
}

/**
 * The first three inputs of GroupQueryAttention: q, k and v packed, or, where heads are normalised,
 * apart.
 */
function attentionInputs(
  body: OnnxGraph,
  config: GlmConfig,
  qkv: string,
  packed: string,
  at: string,
): readonly [string, string, string] {
  const whole = body.op('Reshape', [qkv, packed]);
  if (!config.qk_norm) return [whole, '', ''];
  const { head_dim: dim, num_attention_heads: heads, num_key_value_heads: kvHeads } = config;
  const sizes = body.int64([heads * dim, kvHeads * dim, kvHeads * dim]);
  const [q, k, v] = body.node('Split', [whole, sizes], {
    outputs: 3,
    attributes: { axis: int(-1) },
  });
  const normalised = (rows: string, weight: string): string => {
    const split = body.op('Reshape', [rows, body.int64([0, 0, -1, dim])]);
    const normed = body.op('SimplifiedLayerNormalization', [split, weight], {
      epsilon: float(config.rms_norm_eps),
      axis: int(-1),
    });
    return body.op('Reshape', [normed, body.int64([0, 0, -1])]);
  };
  return [
    normalised(q as string, `${at}.q_norm`),
    normalised(k as string, `${at}.k_norm`),
    v as string,
  ];
}

function skipNorm(
  body: OnnxGraph,
  residual: string,
  branch: string,
  weight: string,
  config: GlmConfig,
): readonly [string, string] {
  const [normalised, , , sum] = body.node(
    'SkipSimplifiedLayerNormalization',
    [residual, branch, weight],
    {
      outputs: [body.fresh('norm'), '', '', body.fresh('sum')],
      domain: microsoft,
      attributes: { epsilon: float(config.rms_norm_eps) },
    },
  );
  return [normalised as string, sum as string];
}
