/**
 * The whole model: an ONNX `Loop` whose body embeds, decodes and samples, so that K tokens come from one
 * `run` and the KV cache stays on the native side in between. The first iteration takes the prompt (or a
 * chunk of it), the later ones a token a row, or with one row a token and what is copied ahead.
 */
import { OnnxGraph, encodeModel, graph } from '../../src/runtime/onnx-graph.ts';
import { addDecodeStep } from './decode-step.ts';
import type { GlmConfig } from './glm-config.ts';
import {
  addCacheScales,
  addConstants,
  addDecoder,
  cacheType,
  glmIo,
  type CacheScales,
  type GlmLayout,
} from './glm-graph.ts';
import { Linear } from './linear-graph.ts';
import type { GlmForm } from './matrix-form.ts';
import { addIf } from './sampler-graph.ts';

interface Port {
  readonly name: string;
  readonly type: 'int64' | 'float' | 'bool';
  readonly dims: readonly (number | string)[];
}

/**
 * Inputs that stay the same through a run. `R` is rows times kept positions, one of which is 1.
 * `limit` int64: the loop ends once so many tokens are made; `uniforms` by token and row, longer than
 * `limit` by what is copied ahead; `row_top_k` within `top_k`, the window that all rows share;
 * `early_bias` is added to a row's logits for its first `early_steps` tokens of this run; `penalise`,
 * `constrain` and `copy` switch on the repetition penalty, the constraint (classes of tokens, next
 * state and bias by state and class) and copying ahead (`copy_counts`: tokens by length of the match);
 * `lanes` rows share one cache, of which all of them see the first `shared` positions: `LaneNames`.
 */
const constantPorts: readonly Port[] = [
  { name: 'limit', type: 'int64', dims: [] },
  { name: 'uniforms', type: 'float', dims: ['U', 'B'] },
  { name: 'inverse_temperature', type: 'float', dims: ['B', 1] },
  { name: 'top_k', type: 'int64', dims: [1] },
  { name: 'row_top_k', type: 'int64', dims: ['B', 1] },
  { name: 'top_p', type: 'float', dims: ['B', 1] },
  { name: 'stop_ids', type: 'int64', dims: [1, 'E'] },
  { name: 'early_bias', type: 'float', dims: ['b', 'v'] },
  { name: 'early_steps', type: 'int64', dims: ['B', 1] },
  { name: 'penalise', type: 'bool', dims: [] },
  { name: 'penalty', type: 'float', dims: ['B', 1] },
  { name: 'constrain', type: 'bool', dims: [] },
  { name: 'constraint_class', type: 'int64', dims: ['W'] },
  { name: 'constraint_next', type: 'int64', dims: ['Q', 'N'] },
  { name: 'constraint_bias', type: 'float', dims: ['Q', 'N'] },
  { name: 'copy', type: 'bool', dims: [] },
  { name: 'copy_counts', type: 'int64', dims: ['matches'] },
  { name: 'want_logits', type: 'bool', dims: [] },
  { name: 'lanes', type: 'int64', dims: [1] },
  { name: 'shared', type: 'int64', dims: [1] },
];

/** What an iteration hands to the next, in order; see `StepState`. */
const statePorts: readonly Port[] = [
  { name: 'ids', type: 'int64', dims: ['B', 's'] },
  { name: 'keep', type: 'int64', dims: [1] },
  { name: 'lengths', type: 'int64', dims: ['B', 1] },
  { name: 'done', type: 'bool', dims: ['B', 1] },
  { name: 'corpus', type: 'int64', dims: ['C'] },
  { name: 'tokens', type: 'int64', dims: ['B', 'n'] },
  { name: 'log_probabilities', type: 'float', dims: ['B', 'n'] },
  { name: 'penalties', type: 'float', dims: ['B', 'w'] },
  { name: 'constraint', type: 'int64', dims: ['B', 1] },
  { name: 'work', type: 'int64', dims: [2] },
];

/**
 * The model's bytes: one `Loop` over at most `steps` iterations. State comes in under the names of
 * `statePorts` and `glmIo.past*` and goes out as `last.NAME` and `glmIo.present*`; `tokens` int64 and
 * `log_probabilities` (nats, of the plain distribution) grow by what each iteration makes.
 * `logits` `[B*keep, V]` of the last iteration is empty unless `want_logits`.
 */
export function glmModel(
  config: GlmConfig,
  form: GlmForm,
  layout: GlmLayout,
  scales?: CacheScales,
): Uint8Array {
  const main = new OnnxGraph('glm');
  addConstants(main, config);
  if (scales !== undefined) addCacheScales(main, config, scales);
  for (const [name, { type, dims, ...data }] of Object.entries(layout)) {
    main.external(name, type, dims, data);
  }
  const held = cacheType(form, scales);
  const layers = Array.from({ length: config.num_hidden_layers }, (_, layer) => layer);
  const cache = (length: string): (string | number)[] => [
    'caches',
    config.num_key_value_heads,
    length,
    config.head_dim,
  ];
  main.input('steps', 'int64', []);
  for (const { name, type, dims } of [...constantPorts, ...statePorts]) {
    main.input(name, type, dims);
  }
  for (const layer of layers) {
    main.input(glmIo.pastKey(layer), held, cache('P'));
    main.input(glmIo.pastValue(layer), held, cache('P'));
  }
  main.constant('no.logits', 'float', [0, config.vocab_size], new Float32Array(0));
  main.constant('true', 'bool', [], Uint8Array.of(1));
  main.node(
    'Loop',
    [
      'steps',
      'true',
      ...statePorts.map(({ name }) => name),
      'no.logits',
      ...layers.flatMap((layer) => [glmIo.pastKey(layer), glmIo.pastValue(layer)]),
    ],
    {
      outputs: [
        ...statePorts.map(({ name }) => `last.${name}`),
        'logits',
        ...layers.flatMap((layer) => [glmIo.presentKey(layer), glmIo.presentValue(layer)]),
      ],
      attributes: { body: graph(loopBody(config, form, layers, held)) },
    },
  );
  for (const { name, type, dims } of statePorts) main.output(`last.${name}`, type, dims);
  main.output('logits', 'float', ['kept', config.vocab_size]);
  for (const layer of layers) {
    main.output(glmIo.presentKey(layer), held, cache('T'));
    main.output(glmIo.presentValue(layer), held, cache('T'));
  }
  return encodeModel(main);
}

function loopBody(
  config: GlmConfig,
  form: GlmForm,
  layers: readonly number[],
  held: ReturnType<typeof cacheType>,
): OnnxGraph {
  const body = new OnnxGraph('step');
  const cache = (length: string): (string | number)[] => [
    'caches',
    config.num_key_value_heads,
    length,
    config.head_dim,
  ];
  body.input('step', 'int64', []);
  body.input('go', 'bool', []);
  for (const { name, type, dims } of statePorts) body.input(`step.${name}`, type, dims);
  body.input('step.logits', 'float', ['kept', config.vocab_size]);
  for (const layer of layers) {
    body.input(`step.${layer}.key`, held, cache('p'));
    body.input(`step.${layer}.value`, held, cache('p'));
  }
  const decoded = addDecoder(body, config, form, {
    ids: 'step.ids',
    keep: 'step.keep',
    lengths: 'step.lengths',
    keys: layers.map((layer) => `step.${layer}.key`),
    values: layers.map((layer) => `step.${layer}.value`),
    quantised: held === 'int8',
    // CUDA's attention takes neither positions nor a bias.
    lanes: held === 'float16' ? undefined : { count: 'lanes', shared: 'shared' },
  });
  const logits = new Linear(body, form, config).apply(decoded.hidden, 'head');
  const after = addDecodeStep(body, {
    ids: 'step.ids',
    keep: 'step.keep',
    logits,
    lengths: 'step.lengths',
    done: 'step.done',
    corpus: 'step.corpus',
    tokens: 'step.tokens',
    logProbabilities: 'step.log_probabilities',
    penalties: 'step.penalties',
    constraint: 'step.constraint',
    work: 'step.work',
  });
  const [shown] = addIf(
    body,
    'want_logits',
    [{ type: 'float', dims: ['kept', 'V'] }],
    () => [logits],
    () => ['no.logits'],
  );
  body.output(after.go, 'bool', []);
  const results = [
    after.ids,
    after.keep,
    after.lengths,
    after.done,
    after.corpus,
    after.tokens,
    after.logProbabilities,
    after.penalties,
    after.constraint,
    after.work,
  ];
  statePorts.forEach(({ type, dims }, index) => {
    body.output(results[index] as string, type, dims);
  });
  body.output(shown as string, 'float', ['kept', config.vocab_size]);
  for (const layer of layers) {
    body.output(decoded.keys[layer] as string, held, cache('t'));
    body.output(decoded.values[layer] as string, held, cache('t'));
  }
  return body;
}
