/**
 * Weights with a low-rank update added (LoRA, Hu et al. 2021: W + s·B·A), as the graph is built. The
 * adapter is a folder in PEFT's layout: `adapter_config.json` and `adapter_model.safetensors`, modules
 * named as in `transformers`. Updated tensors are given as F32, row by row; the others as they are.
 */
import { createHash, type Hash } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import type { FootnoteError } from '../../src/core/errors.ts';
import { dequantise } from '../gguf/dequantise.ts';
import { ggmlType, type GgmlType } from '../gguf/ggml-type.ts';
import { SafetensorsFile } from '../safetensors/safetensors-file.ts';
import { readJsonFile } from './read-json-file.ts';
import type { WeightSource, WeightTensor } from './weight-source.ts';

const F32 = ggmlType(0) as GgmlType;
const longestConfig = 1024 * 1024;
/** Modules of `transformers` by the tensor (of GGUF's names) that holds them, and by the one that fuses them. */
const MODULES: Readonly<Record<string, readonly [own: string, fused: string | null]>> = {
  'self_attn.q_proj': ['attn_q', 'attn_qkv'],
  'self_attn.k_proj': ['attn_k', 'attn_qkv'],
  'self_attn.v_proj': ['attn_v', 'attn_qkv'],
  'self_attn.o_proj': ['attn_output', null],
  'mlp.gate_proj': ['ffn_gate', 'ffn_up'],
  'mlp.up_proj': ['ffn_up', null],
  'mlp.gate_up_proj': ['ffn_up', null],
  'mlp.down_proj': ['ffn_down', null],
};
const NAME =
  /^(?:base_model\.model\.)?model\.layers\.(\d{1,3})\.([\w.]+?)\.lora_([AB])(?:\.default)?\.weight$/u;

const configSchema = z.looseObject({
  peft_type: z.literal('LORA'),
  r: z.number().int().min(1).max(1024),
  lora_alpha: z.number().finite(),
  use_rslora: z.boolean().default(false),
  use_dora: z.literal(false).default(false),
  fan_in_fan_out: z.literal(false).default(false),
  bias: z.literal('none').default('none'),
});

interface Factor {
  readonly values: Float32Array;
  readonly rows: number;
  readonly columns: number;
}

interface Factors {
  A?: Factor;
  B?: Factor;
}

interface Update {
  /** First row of the tensor that it changes. */
  readonly first: number;
  readonly down: Factor;
  readonly up: Factor;
  /** Row of `up` for each of its rows, where the tensor has them in another order. */
  readonly order: readonly number[] | null;
}

export interface LoraOptions {
  /**
   * Row of the module for each row of the tensor `attn_q` or `attn_k`, where they differ: llama.cpp's
   * converter interleaves the halves of a Llama's heads.
   */
  readonly rotated?: ((rows: number) => readonly number[]) | undefined;
}

export class LoraWeights implements WeightSource {
  readonly path: string;
  readonly tensors: ReadonlyMap<string, WeightTensor>;
  readonly #source: WeightSource;
  readonly #scale: number;
  readonly #digest: string;
  readonly #updates = new Map<string, Update[]>();

  /**
   * @param source weights under GGUF's names; closed with this
   * @throws FootnoteError `model-missing`, `model-invalid` (damaged, of another model or another method)
   */
  constructor(source: WeightSource, folder: string, options: LoraOptions = {}) {
    this.#source = source;
    this.path = source.path;
    const configPath = join(folder, 'adapter_config.json');
    const parsed = configSchema.safeParse(readJsonFile(configPath, longestConfig));
    const adapter = new SafetensorsFile(join(folder, 'adapter_model.safetensors'));
    try {
      if (!parsed.success) throw adapter.invalid(parsed.error.message);
      const { r, lora_alpha: alpha, use_rslora: root } = parsed.data;
      this.#scale = alpha / (root ? Math.sqrt(r) : r);
      for (const [module, factors] of readModules(adapter)) {
        this.#add(module, factors, r, options, (what) => adapter.invalid(what));
      }
      const hash = createHash('sha256').update(`lora ${this.#scale}\n`);
      adapter.addFingerprint(hash);
      this.#digest = hash.digest('hex');
    } finally {
      adapter.close();
    }
    this.tensors = new Map(
      [...source.tensors].map(([name, tensor]) =>
        this.#updates.has(name)
          ? [name, { ...tensor, type: F32, bytes: 4 * tensor.rows * tensor.columns }]
          : [name, tensor],
      ),
    );
  }

  readTensor(tensor: WeightTensor, from: number, count: number): Uint8Array {
    const updates = this.#updates.get(tensor.name);
    const base = this.#source.tensors.get(tensor.name);
    if (updates === undefined || base === undefined) {
      return this.#source.readTensor(base ?? tensor, from, count);
    }
    const { columns } = tensor;
    const rowBytes = 4 * columns;
    if (from % rowBytes !== 0 || count % rowBytes !== 0) {
      throw this.invalid(`${tensor.name} is read in parts of rows`);
    }
    const [first, rows] = [from / rowBytes, count / rowBytes];
    const baseBytes = base.bytes / base.rows;
    const bytes = this.#source.readTensor(base, first * baseBytes, rows * baseBytes);
    const values = new Float32Array(rows * columns);
    for (let row = 0; row < rows; row += 1) {
      const own = values.subarray(row * columns, (row + 1) * columns);
      dequantise(base.type.name, bytes.subarray(row * baseBytes, (row + 1) * baseBytes), own);
      for (const update of updates) this.#addRow(update, first + row, own);
    }
    return new Uint8Array(values.buffer);
  }

  addFingerprint(hash: Hash): void {
    this.#source.addFingerprint(hash);
    hash.update(this.#digest);
  }

  invalid(what: string): FootnoteError {
    return this.#source.invalid(what);
  }

  close(): void {
    this.#source.close();
  }

  #add(
    key: string,
    { A: down, B: up }: Factors,
    r: number,
    options: LoraOptions,
    invalid: (what: string) => FootnoteError,
  ): void {
    const [layer = '', module = ''] = key.split(' ');
    const [own, fused] = MODULES[module] ?? ['', null];
    if (down === undefined || up === undefined) throw invalid(`${key} has one factor only`);
    if (down.rows !== r || up.columns !== r) throw invalid(`${key} is not of rank ${r}`);
    const named = (name: string): WeightTensor | undefined =>
      this.#source.tensors.get(`blk.${layer}.${name}.weight`);
    // A fused gate and up is called `ffn_up`: there is no gate beside it.
    const joined =
      own === 'ffn_up'
        ? named('ffn_gate') === undefined && module === 'mlp.up_proj'
        : named(own) === undefined;
    const tensor = joined && fused !== null ? named(fused) : named(own);
    if (tensor === undefined) throw invalid(`layer ${layer} has no ${module}`);
    const first = this.#firstRow(module, tensor, up.rows, joined);
    if (
      tensor.columns !== down.columns ||
      first < 0 ||
      first + up.rows > tensor.rows ||
      (!joined && up.rows !== tensor.rows)
    ) {
      throw invalid(
        `${module} of layer ${layer} is ${down.columns}x${up.rows}, the model's ${tensor.columns}x${tensor.rows}`,
      );
    }
    const turns = own === 'attn_q' || own === 'attn_k';
    const order = turns ? (options.rotated?.(up.rows) ?? null) : null;
    const list = this.#updates.get(tensor.name) ?? [];
    list.push({ first, down, up, order });
    this.#updates.set(tensor.name, list);
  }

  /** Where a module's rows begin in a tensor that may hold several: q, k, v; gate, up. */
  #firstRow(module: string, tensor: WeightTensor, rows: number, joined: boolean): number {
    if (!joined) return 0;
    switch (module) {
      case 'self_attn.k_proj':
        return tensor.rows - 2 * rows;
      case 'self_attn.v_proj':
      case 'mlp.up_proj':
        return tensor.rows - rows;
      default:
        return 0;
    }
  }

  #addRow({ first, down, up, order }: Update, row: number, values: Float32Array): void {
    const place = row - first;
    if (place < 0 || place >= up.rows) return;
    const source = order?.[place] ?? place;
    for (let k = 0; k < up.columns; k += 1) {
      const factor = this.#scale * (up.values[source * up.columns + k] ?? 0);
      if (factor === 0) continue;
      const from = k * down.columns;
      for (let column = 0; column < values.length; column += 1) {
        values[column] = (values[column] ?? 0) + factor * (down.values[from + column] ?? 0);
      }
    }
  }
}

/** Both factors of each module. */
function readModules(adapter: SafetensorsFile): Map<string, Factors> {
  const modules = new Map<string, Factors>();
  for (const tensor of adapter.tensors.values()) {
    const [, layer, module, side] = NAME.exec(tensor.name) ?? [];
    if (layer === undefined || module === undefined || !(module in MODULES)) {
      throw adapter.invalid(`${tensor.name} is no update of a matrix that is known here`);
    }
    const values = new Float32Array(tensor.rows * tensor.columns);
    const bytes = adapter.readTensor(tensor, 0, tensor.bytes);
    dequantise(tensor.type.name, bytes, values);
    const key = `${layer} ${module}`;
    const pair = modules.get(key) ?? {};
    pair[side === 'A' ? 'A' : 'B'] = { values, rows: tensor.rows, columns: tensor.columns };
    modules.set(key, pair);
  }
  if (modules.size === 0) throw adapter.invalid('it updates nothing');
  return modules;
}
