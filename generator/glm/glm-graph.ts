/**
 * The GLM decoder as one ONNX graph: an ONNX `Loop` whose body embeds, decodes and samples, so that
 * K tokens come from one `run` and the KV cache stays on the native side in between. The first
 * iteration takes the whole prompt (or a chunk of it), the later ones a token a row.
 */
import { OnnxGraph, encodeModel, float, graph, int } from '../../src/runtime/onnx-graph.ts';
import type { GlmConfig } from './glm-config.ts';
import { Linear } from './linear-graph.ts';
import { matrixForm, type GlmForm } from './matrix-form.ts';
import { addSampler } from './sampler-graph.ts';
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

/** Constants that bodies of nested graphs refer to by name. */
function addConstants(main: OnnxGraph, config: GlmConfig): void {
  main.float32(1, 'one');
  main.float32(1 / 127, 'one.127th');
  main.float32(1e-10, 'tiny');
  main.constant('zero.point', 'uint8', [], Uint8Array.of(128));
  main.constant('zero.point.1', 'uint8', [1], Uint8Array.of(128));
  main.int64([-1], 'axis.last');
  main.int64([1], 'axis.1');
  main.int64([0], 'index.0');
  main.int64([1], 'index.1');
  main.int64([2 ** 31], 'index.end');
  main.int64([-1], 'shape.flat');
  main.int64([-1, config.hidden_size], 'shape.hidden');
  main.int64([-1, config.num_attention_heads * config.head_dim], 'shape.heads');
  main.int64(1, 'scalar.1');
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

/** The decoder of one iteration: token ids `[B, S]` to the last hidden states `[B*S, hidden]`. */
function addDecoder(
  body: OnnxGraph,
  config: GlmConfig,
  form: GlmForm,
  state: {
    readonly ids: string;
    readonly past: string;
    readonly keys: readonly string[];
    readonly values: readonly string[];
  },
): {
  readonly hidden: string;
  readonly total: string;
  readonly keys: string[];
  readonly values: string[];
} {
  const linear = new Linear(body, form, config);
  const norm = { epsilon: float(config.rms_norm_eps) };
  const shape = body.op('Shape', [state.ids]);
  const rows = body.op('Slice', [shape, 'index.0', 'index.1']);
  const length = body.op('Slice', [shape, 'index.1', 'index.end']);
  const total = body.op('Add', [state.past, body.op('Squeeze', [length])]);
  const total32 = body.op('Cast', [total], { to: int(6) });
  const seqlens = body.op(
    'Cast',
    [body.op('Expand', [body.op('Sub', [total, 'scalar.1']), rows])],
    { to: int(6) },
  );
  const packed = body.op('Concat', [shape, 'axis.last'], { axis: int(0) });

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

  const keys: string[] = [];
  const values: string[] = [];
  for (let layer = 0; layer < config.num_hidden_layers; layer += 1) {
    const at = `layers.${layer}`;
    const bias = config.attention_bias ? { bias: `${at}.qkv.bias` } : {};
    const qkv = linear.apply(join(`${at}.input_norm`), `${at}.qkv`, bias);
    const [attended, key, value] = body.node(
      'GroupQueryAttention',
      [
        ...attentionInputs(body, config, qkv, packed, at),
        state.keys[layer] as string,
        state.values[layer] as string,
        seqlens,
        total32,
        'rope.cos',
        'rope.sin',
      ],
      {
        outputs: 3,
        domain: microsoft,
        attributes: {
          num_heads: int(config.num_attention_heads),
          kv_num_heads: int(config.num_key_value_heads),
          do_rotary: int(1),
          rotary_interleaved: int(1),
        },
      },
    );
    keys.push(key as string);
    values.push(value as string);
    const heads = body.op('Reshape', [attended as string, 'shape.heads']);
    branch = after(linear.apply(heads, `${at}.output`), `${at}.after_attention_norm`);
    const gateUp = linear.apply(join(`${at}.mlp_norm`), `${at}.gate_up`);
    const [gate, up] = body.node('Split', [gateUp], {
      outputs: 2,
      attributes: { axis: int(-1), num_outputs: int(2) },
    });
    const silu = body.op('QuickGelu', [gate as string], { alpha: float(1) }, microsoft);
    const inner = body.op('Mul', [silu, up as string]);
    branch = after(linear.apply(inner, `${at}.down`), `${at}.after_mlp_norm`);
  }
  return { hidden: join('norm'), total, keys, values };
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

/**
 * The model's bytes.
 *
 * Inputs: `steps` int64 scalar (iterations at most), `ids` int64 [B,S], `past_length` int64 scalar,
 * `done` bool [B,1], `past.N.key|value` float [B,kv heads,P,head dim]; for sampling `uniforms` float
 * [steps,B], `inverse_temperature` float [B,1], `top_k` int64 [1], `top_p` float [1], `stop_ids` int64
 * [1,E], `early_bias` float [1] or [V], added in the first `early_steps` (int64 scalar) iterations; `keep` int64 [1], minus the number
 * of last positions whose logits are computed, and `want_logits` bool scalar.
 * Outputs: `tokens` int64 [K,B,1], `log_probabilities` float [K,B,1] (nats, of the unbiased
 * distribution), `done`, `length` int64 scalar, `logits` float [B*keep,V] (empty unless wanted),
 * `present.N.key|value`.
 */
export function glmModel(config: GlmConfig, form: GlmForm, layout: GlmLayout): Uint8Array {
  const main = new OnnxGraph('glm');
  addConstants(main, config);
  for (const [name, { type, dims, ...data }] of Object.entries(layout)) {
    main.external(name, type, dims, data);
  }
  const cache = ['B', config.num_key_value_heads, 'P', config.head_dim];
  const layers = Array.from({ length: config.num_hidden_layers }, (_, layer) => layer);
  main.input('steps', 'int64', []);
  main.input('ids', 'int64', ['B', 'S']);
  main.input('past_length', 'int64', []);
  main.input('done', 'bool', ['B', 1]);
  main.input('uniforms', 'float', ['K', 'B']);
  main.input('inverse_temperature', 'float', ['B', 1]);
  main.input('top_k', 'int64', [1]);
  main.input('top_p', 'float', [1]);
  main.input('stop_ids', 'int64', [1, 'E']);
  main.input('early_bias', 'float', ['biases']);
  main.input('early_steps', 'int64', []);
  main.input('keep', 'int64', [1]);
  main.input('want_logits', 'bool', []);
  for (const layer of layers) {
    main.input(glmIo.pastKey(layer), 'float', cache);
    main.input(glmIo.pastValue(layer), 'float', cache);
  }
  const body = loopBody(config, form, layers);
  const outputs = [
    'last_ids',
    'length',
    'done_after',
    'logits',
    ...layers.flatMap((layer) => [glmIo.presentKey(layer), glmIo.presentValue(layer)]),
    'tokens',
    'log_probabilities',
  ];
  main.constant('no.logits', 'float', [0, config.vocab_size], new Float32Array(0));
  main.constant('true', 'bool', [], Uint8Array.of(1));
  main.node(
    'Loop',
    [
      'steps',
      'true',
      'ids',
      'past_length',
      'done',
      'no.logits',
      ...layers.flatMap((layer) => [glmIo.pastKey(layer), glmIo.pastValue(layer)]),
    ],
    { outputs, attributes: { body: graph(body) } },
  );
  const present = ['B', config.num_key_value_heads, 'T', config.head_dim];
  main.output('tokens', 'int64', ['steps', 'B', 1]);
  main.output('log_probabilities', 'float', ['steps', 'B', 1]);
  main.output('length', 'int64', []);
  main.output('done_after', 'bool', ['B', 1]);
  main.output('logits', 'float', ['kept', config.vocab_size]);
  for (const layer of layers) {
    main.output(glmIo.presentKey(layer), 'float', present);
    main.output(glmIo.presentValue(layer), 'float', present);
  }
  return encodeModel(main);
}

function loopBody(config: GlmConfig, form: GlmForm, layers: readonly number[]): OnnxGraph {
  const body = new OnnxGraph('step');
  const cache = ['B', config.num_key_value_heads, 'p', config.head_dim];
  body.input('step', 'int64', []);
  body.input('go', 'bool', []);
  body.input('step_ids', 'int64', ['B', 's']);
  body.input('step_past', 'int64', []);
  body.input('step_done', 'bool', ['B', 1]);
  body.input('step_logits', 'float', ['kept', config.vocab_size]);
  for (const layer of layers) {
    body.input(`step.${layer}.key`, 'float', cache);
    body.input(`step.${layer}.value`, 'float', cache);
  }
  const decoded = addDecoder(body, config, form, {
    ids: 'step_ids',
    past: 'step_past',
    keys: layers.map((layer) => `step.${layer}.key`),
    values: layers.map((layer) => `step.${layer}.value`),
  });
  // Only the last positions' logits are worth computing.
  const shape = body.op('Shape', ['step_ids']);
  const shape3 = body.op('Concat', [shape, 'axis.last'], { axis: int(0) });
  const states = body.op('Reshape', [decoded.hidden, shape3]);
  const last = body.op('Slice', [states, 'keep', 'index.end', 'axis.1']);
  const linear = new Linear(body, form, config);
  const logits = linear.apply(body.op('Reshape', [last, 'shape.hidden']), 'head');
  const rows = body.op('Slice', [shape, 'index.0', 'index.1']);
  const byRow = body.op('Reshape', [
    logits,
    body.op('Concat', [rows, 'axis.last', body.int64([config.vocab_size])], { axis: int(0) }),
  ]);
  const final = body.op('Gather', [byRow, body.int64(-1)], { axis: int(1) });
  const { token, logProbability } = addSampler(body, final, 'step');
  const isStop = body.op(
    'Cast',
    [
      body.op(
        'ReduceMax',
        [body.op('Cast', [body.op('Equal', [token, 'stop_ids'])], { to: int(6) }), 'axis.last'],
        { keepdims: int(1) },
      ),
    ],
    { to: int(9) },
  );
  const done = body.op('Or', ['step_done', isStop]);
  const unfinished = body.op('Cast', [body.op('Not', [done])], { to: int(6) });
  const go = body.op('Cast', [body.op('ReduceMax', [unfinished], { keepdims: int(0) })], {
    to: int(9),
  });

  const yes = new OnnxGraph('wanted');
  yes.node('Identity', [logits], { outputs: ['wanted_logits'] });
  yes.output('wanted_logits', 'float', ['kept', config.vocab_size]);
  const no = new OnnxGraph('unwanted');
  no.node('Identity', ['no.logits'], { outputs: ['unwanted_logits'] });
  no.output('unwanted_logits', 'float', ['kept', config.vocab_size]);
  const [shown] = body.node('If', ['want_logits'], {
    attributes: { then_branch: graph(yes), else_branch: graph(no) },
  });

  const out = (
    name: string,
    type: 'int64' | 'float' | 'bool',
    dims: readonly (number | string)[],
  ): void => {
    body.output(name, type, dims);
  };
  out(go, 'bool', []);
  out(token, 'int64', ['B', 1]);
  out(decoded.total, 'int64', []);
  out(done, 'bool', ['B', 1]);
  out(shown as string, 'float', ['kept', config.vocab_size]);
  const present = ['B', config.num_key_value_heads, 't', config.head_dim];
  for (const layer of layers) {
    out(decoded.keys[layer] as string, 'float', present);
    out(decoded.values[layer] as string, 'float', present);
  }
  // Scan outputs; the token is a loop value already, and a graph may not name one output twice.
  out(body.op('Identity', [token]), 'int64', ['B', 1]);
  out(logProbability, 'float', ['B', 1]);
  return body;
}
