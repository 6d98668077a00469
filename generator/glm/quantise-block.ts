/**
 * A block of 32 weights as whole numbers and one scale. Blocks that came from a format of that kind
 * (Q8_0, Q5_0, Q4_0) are found again exactly, whatever format they were read from.
 */

/** A multiple is taken as exact within this share of a step (float32 rounding of scale times number). */
const tolerance = 1e-4;

/**
 * The scale of which all values are whole multiples of at most `most`, or 0. The largest value is then
 * `multiple` steps for one of the multiples tried.
 */
function exactScale(values: Float32Array, largest: number, most: number): number {
  for (let multiple = 1; multiple <= most; multiple += 1) {
    const steps = multiple / largest;
    let exact = true;
    for (const value of values) {
      const place = value * steps;
      if (Math.abs(place - Math.round(place)) > tolerance) {
        exact = false;
        break;
      }
    }
    if (exact) return largest / multiple;
  }
  return 0;
}

function largestSize(values: Float32Array): number {
  let largest = 0;
  for (const value of values) largest = Math.max(largest, Math.abs(value));
  return largest;
}

/**
 * 8 bits with zero point 128.
 * @returns the scale
 */
export function quantiseBlock8(values: Float32Array, to: Uint8Array): number {
  const largest = largestSize(values);
  if (largest === 0) {
    to.fill(128);
    return 1;
  }
  // Q8_0 rounds the scale to half precision, so that a value of 128 steps does not occur.
  const exact = exactScale(values, largest, 127);
  const scale = exact === 0 ? largest / 127 : exact;
  const inverse = 1 / scale;
  for (let index = 0; index < values.length; index += 1) {
    to[index] = Math.round((values[index] as number) * inverse) + 128;
  }
  return scale;
}

const numbers = new Int8Array(32);

function squaredError(values: Float32Array, scale: number): number {
  const inverse = 1 / scale;
  let sum = 0;
  for (const value of values) {
    const step = Math.max(-8, Math.min(7, Math.round(value * inverse)));
    sum += (value - step * scale) ** 2;
  }
  return sum;
}

/**
 * 4 bits with zero point 8: -8 to 7 steps. The scale may be negative, so that the largest value can be
 * 8 steps; it is the one of a few candidates, each refined by least squares, with the least squared error.
 * @returns the scale
 */
export function quantiseBlock4(values: Float32Array, to: Uint8Array): number {
  const largest = largestSize(values);
  if (largest === 0) {
    to.fill(0x88);
    return 1;
  }
  const sign = values.includes(largest) ? -1 : 1;
  const exact = exactScale(values, largest, 8);
  let scale = sign * (exact === 0 ? largest / 8 : exact);
  if (exact === 0) {
    let least = Infinity;
    let best = scale;
    for (const steps of [6.6, 7.2, 7.6, 8, 8.4, 9]) {
      const first = (sign * largest) / steps;
      for (const each of [first, refine(values, first)]) {
        const error = squaredError(values, each);
        if (error < least) {
          least = error;
          best = each;
        }
      }
    }
    scale = best;
  }
  const inverse = 1 / scale;
  for (let index = 0; index < values.length; index += 1) {
    const step = Math.round((values[index] as number) * inverse);
    numbers[index] = Math.max(-8, Math.min(7, step)) + 8;
  }
  for (let index = 0; index < to.length; index += 1) {
    to[index] = (numbers[2 * index] as number) | ((numbers[2 * index + 1] as number) << 4);
  }
  return scale;
}

/** The scale that fits best to the whole numbers which a first scale gives. */
function refine(values: Float32Array, first: number): number {
  const inverse = 1 / first;
  let product = 0;
  let square = 0;
  for (const value of values) {
    const step = Math.max(-8, Math.min(7, Math.round(value * inverse)));
    product += value * step;
    square += step * step;
  }
  return square === 0 ? first : product / square;
}
