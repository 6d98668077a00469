/** To four decimals, as training reports keep their figures. */
export function round(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
