/**
 * A GLM decoder in plain double-precision TypeScript, straight from the definition and sharing no code
 * with the graph: what the graph is checked against in tests.
 */
import { tinyShape, type TinyModel } from '../tiny-model.ts';

const epsilon = Math.fround(0.000_015);
const theta = Math.fround(10_000.5);

function product(weights: Float32Array, input: readonly number[], bias?: Float32Array): number[] {
  const rows = weights.length / input.length;
  return Array.from({ length: rows }, (_, row) => {
    let sum = bias?.[row] ?? 0;
    for (let column = 0; column < input.length; column += 1) {
      sum += (weights[row * input.length + column] as number) * (input[column] as number);
    }
    return sum;
  });
}

function rmsNorm(input: readonly number[], weights: Float32Array): number[] {
  const mean = input.reduce((sum, value) => sum + value * value, 0) / input.length;
  return input.map(
    (value, index) => (value / Math.sqrt(mean + epsilon)) * (weights[index] as number),
  );
}

/** Rotates one head at a position; `halves` pairs i with i + rotary/2, otherwise neighbours. */
function rotate(head: number[], position: number, rotary: number, halves: boolean): number[] {
  const out = [...head];
  for (let pair = 0; pair < rotary / 2; pair += 1) {
    const [a, b] = halves ? [pair, pair + rotary / 2] : [2 * pair, 2 * pair + 1];
    const angle = position * theta ** ((-2 * pair) / rotary);
    const [x, y] = [head[a] as number, head[b] as number];
    out[a] = x * Math.cos(angle) - y * Math.sin(angle);
    out[b] = x * Math.sin(angle) + y * Math.cos(angle);
  }
  return out;
}

/** Logits after each position of `ids`. */
export function referenceLogits(model: TinyModel, ids: readonly number[]): number[][] {
  const { hidden, inner, layers, heads, keyValueHeads, headDim } = tinyShape;
  const get = (name: string): Float32Array => {
    const values = model.tensors.get(name);
    if (values === undefined) throw new Error(name);
    return values;
  };
  const halves = model.architecture === 'qwen2';
  const q = heads * headDim;
  const kv = keyValueHeads * headDim;
  const embedding = get('token_embd.weight');
  let states = ids.map((id) => Array.from(embedding.subarray(id * hidden, (id + 1) * hidden)));
  for (let layer = 0; layer < layers; layer += 1) {
    const at = `blk.${layer}`;
    const fused = model.tensors.get(`${at}.attn_qkv.weight`);
    const part = (name: string, from: number, rows: number): Float32Array =>
      fused === undefined
        ? get(`${at}.attn_${name}.weight`)
        : fused.subarray(from * hidden, (from + rows) * hidden);
    const project = (name: string, from: number, rows: number): number[][] =>
      states.map((state) =>
        product(
          part(name, from, rows),
          rmsNorm(state, get(`${at}.attn_norm.weight`)),
          model.tensors.get(`${at}.attn_${name}.bias`),
        ),
      );
    const split = (row: number[]): number[][] =>
      Array.from({ length: row.length / headDim }, (_, head) =>
        row.slice(head * headDim, (head + 1) * headDim),
      );
    const turned = (rows: number[][]): number[][][] =>
      rows.map((row, position) =>
        split(row).map((head) => rotate(head, position, model.rotary, halves)),
      );
    const queries = turned(project('q', 0, q));
    const keys = turned(project('k', q, kv));
    const values = project('v', q + kv, kv).map(split);
    states = states.map((state, position) => {
      const attended = Array.from({ length: heads }, (_, head) => {
        const group = Math.floor(head / (heads / keyValueHeads));
        const query = queries[position]?.[head] as number[];
        const scores = Array.from({ length: position + 1 }, (_unused, past) => {
          const key = keys[past]?.[group] as number[];
          return (
            query.reduce((sum, value, i) => sum + value * (key[i] as number), 0) /
            Math.sqrt(headDim)
          );
        });
        const largest = Math.max(...scores);
        const weights = scores.map((score) => Math.exp(score - largest));
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        return Array.from({ length: headDim }, (_unused, i) =>
          weights.reduce(
            (sum, weight, past) => sum + (weight / total) * (values[past]?.[group]?.[i] as number),
            0,
          ),
        );
      }).flat();
      let branch = product(get(`${at}.attn_output.weight`), attended);
      if (model.architecture === 'glm4')
        branch = rmsNorm(branch, get(`${at}.post_attention_norm.weight`));
      const middle = state.map((value, i) => value + (branch[i] as number));
      const normed = rmsNorm(middle, get(`${at}.ffn_norm.weight`));
      const gateWeights = model.tensors.get(`${at}.ffn_gate.weight`);
      const up = product(get(`${at}.ffn_up.weight`), normed);
      const gate = gateWeights === undefined ? up.slice(0, inner) : product(gateWeights, normed);
      const values2 = gateWeights === undefined ? up.slice(inner) : up;
      const mixed = gate.map(
        (value, i) => (value / (1 + Math.exp(-value))) * (values2[i] as number),
      );
      let down = product(get(`${at}.ffn_down.weight`), mixed);
      if (model.architecture === 'glm4') down = rmsNorm(down, get(`${at}.post_ffw_norm.weight`));
      return middle.map((value, i) => value + (down[i] as number));
    });
  }
  const head = model.tensors.get('output.weight') ?? embedding;
  return states.map((state) => product(head, rmsNorm(state, get('output_norm.weight'))));
}
