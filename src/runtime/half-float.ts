let table: Float32Array | undefined;

/** All 65,536 half-precision values (IEEE 754 binary16), by their bits. */
export function halfValues(): Float32Array {
  if (table !== undefined) return table;
  const values = new Float32Array(65_536);
  for (let bits = 0; bits < 65_536; bits += 1) {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    if (exponent === 31) values[bits] = fraction === 0 ? sign * Infinity : NaN;
    else if (exponent === 0) values[bits] = sign * fraction * 2 ** -24;
    else values[bits] = sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  }
  table = values;
  return values;
}

/** Half-precision values, by their bits, as floats. */
export function halfToFloat(bits: Uint16Array, values: Float32Array): void {
  const half = halfValues();
  for (let index = 0; index < bits.length; index += 1) {
    values[index] = half[bits[index] as number] as number;
  }
}
