/**
 * Writes a decoder as the public exporters lay it out (one step a run; `input_ids`, `attention_mask`,
 * `position_ids`, `past_key_values.N.key|value` to `logits`, `present.N.key|value`), for tests.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OnnxGraph, encodeModel, int } from '../../src/runtime/onnx-graph.ts';
import { writeGlmWeights, type GlmSource } from '../glm/convert-glm.ts';
import { addConstants, addDecoder } from '../glm/glm-graph.ts';
import { GlmWeights } from '../glm/glm-weights.ts';

export interface OnnxExportOptions {
  /** File name of the graph; its weights go to `weights.bin` beside it. */
  readonly file: string;
  /** Type of the cache and of the logits. */
  readonly half: boolean;
  /** Whether there is an input `position_ids` (transformers.js) or none (onnxruntime-genai). */
  readonly positions: boolean;
}

export function writeOnnxExport(
  source: GlmSource,
  folder: string,
  options: OnnxExportOptions,
): void {
  const { config } = source;
  const weights = new GlmWeights(source.weights, config, source.halfSplit);
  const layout = writeGlmWeights(weights, 'float32', folder);
  const g = new OnnxGraph('export');
  addConstants(g, config);
  for (const [name, { type, dims, ...data }] of Object.entries(layout)) {
    g.external(name, type, dims, data);
  }
  const type = options.half ? 'float16' : 'float';
  const cast = (value: string, to: number): string =>
    options.half ? g.op('Cast', [value], { to: int(to) }) : value;
  g.input('input_ids', 'int64', ['B', 'S']);
  g.input('attention_mask', 'int64', ['B', 'T']);
  if (options.positions) g.input('position_ids', 'int64', ['B', 'S']);
  const layers = Array.from({ length: config.num_hidden_layers }, (_, layer) => layer);
  const cache = (length: string): (string | number)[] => [
    'B',
    config.num_key_value_heads,
    length,
    config.head_dim,
  ];
  for (const layer of layers) {
    for (const part of ['key', 'value']) {
      g.input(`past_key_values.${layer}.${part}`, type, cache('P'));
    }
  }
  const rows = g.op('Slice', [g.op('Shape', ['input_ids']), 'index.0', 'index.1']);
  // With a mask of ones, its length less the new tokens is what stands in the cache.
  const mask = g.op('ReduceSum', ['attention_mask', 'axis.1'], { keepdims: int(1) });
  const fed = g.op('Slice', [g.op('Shape', ['input_ids']), 'index.1', 'index.end']);
  const lengths = g.op('Reshape', [
    g.op('Sub', [mask, fed]),
    g.op('Concat', [rows, 'index.1'], { axis: int(0) }),
  ]);
  const decoded = addDecoder(g, config, 'float32', {
    ids: 'input_ids',
    keep: fed,
    lengths,
    keys: layers.map((layer) => cast(`past_key_values.${layer}.key`, 1)),
    values: layers.map((layer) => cast(`past_key_values.${layer}.value`, 1)),
  });
  const shape = g.op('Concat', [g.op('Shape', ['input_ids']), 'axis.last'], { axis: int(0) });
  const logits = g.op('Reshape', [g.op('MatMul', [decoded.hidden, 'head']), shape]);
  const out = (value: string, name: string, dims: readonly (string | number)[]): void => {
    g.node('Identity', [cast(value, 10)], { outputs: [name] });
    g.output(name, type, dims);
  };
  out(logits, 'logits', ['B', 'S', config.vocab_size]);
  for (const layer of layers) {
    out(decoded.keys[layer] as string, `present.${layer}.key`, cache('T'));
    out(decoded.values[layer] as string, `present.${layer}.value`, cache('T'));
  }
  writeFileSync(join(folder, options.file), encodeModel(g));
}
