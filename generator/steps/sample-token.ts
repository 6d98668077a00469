/** Chooses a token from logits in JavaScript, as the loop graph's sampler does natively. */

export interface TokenSampling {
  /** 0 is greedy. */
  readonly temperature: number;
  readonly topP: number;
  /** Tokens considered, best first. */
  readonly topK: number;
  /** Number in [0, 1) that decides. */
  readonly uniform: number;
}

/** A uniform number in [0, 1) for a seed, row and step (mulberry32 over their mix). */
export function uniformAt(seed: number, row: number, step: number): number {
  let state = Math.imul(seed ^ 0x6d2b79f5, 0x9e3779b1) + Math.imul(row + 1, 0x85ebca6b);
  state = (state + Math.imul(step + 1, 0xc2b2ae35)) | 0;
  state = Math.imul(state ^ (state >>> 15), state | 1);
  state ^= state + Math.imul(state ^ (state >>> 7), state | 61);
  return ((state ^ (state >>> 14)) >>> 0) / 4_294_967_296;
}

/** Log of the sum of exponentials, in double precision. */
export function logSumExp(values: Float32Array): number {
  let largest = -Infinity;
  for (const value of values) if (value > largest) largest = value;
  let sum = 0;
  for (const value of values) sum += Math.exp(value - largest);
  return largest + Math.log(sum);
}

/**
 * @param plain logits of the model, for the log-probability
 * @param shaped the same with biases and penalties, for the choice
 */
export function sampleToken(
  plain: Float32Array,
  shaped: Float32Array,
  sampling: TokenSampling,
): { readonly id: number; readonly logProbability: number } {
  const id = sampling.temperature === 0 ? argmax(shaped) : draw(shaped, sampling);
  return { id, logProbability: (plain[id] as number) - logSumExp(plain) };
}

function argmax(values: Float32Array): number {
  let best = 0;
  for (let id = 1; id < values.length; id += 1) {
    if ((values[id] as number) > (values[best] as number)) best = id;
  }
  return best;
}

/** Temperature, the `topK` best, then the nucleus of `topP`. */
function draw(values: Float32Array, { temperature, topP, topK, uniform }: TokenSampling): number {
  const ids = bestIds(values, topK);
  const largest = values[ids[0] as number] as number;
  const weights = ids.map((id) => Math.exp(((values[id] as number) - largest) / temperature));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let mass = 0;
  let kept = 0;
  // A token is in the nucleus while those before it have less than its share.
  while (kept < weights.length && (kept === 0 || mass < topP * total)) {
    mass += weights[kept] as number;
    kept += 1;
  }
  let left = uniform * mass;
  for (let place = 0; place < kept; place += 1) {
    left -= weights[place] as number;
    if (left < 0) return ids[place] as number;
  }
  return ids[kept - 1] as number;
}

/** The ids of the largest values, best first. */
function bestIds(values: Float32Array, count: number): number[] {
  const best: number[] = [];
  let least = -Infinity;
  for (let id = 0; id < values.length; id += 1) {
    const value = values[id] as number;
    if (best.length === count && value <= least) continue;
    let place = best.length;
    while (place > 0 && (values[best[place - 1] as number] as number) < value) place -= 1;
    best.splice(place, 0, id);
    if (best.length > count) best.pop();
    least = values[best.at(-1) as number] as number;
  }
  return best;
}
