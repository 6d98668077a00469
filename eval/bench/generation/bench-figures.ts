/** Figures from when tokens came. */
import type { ResidentMemory } from './resident-memory.ts';
import type { TaskResult } from './subjects/subject.ts';

export interface Sample {
  readonly task: string;
  readonly subject: string;
  readonly value: number;
  readonly megabytes: number;
  readonly resident: ResidentMemory | null;
  /** Tokens written, the steps that wrote them and the tokens proposed ahead. */
  readonly written?: { readonly tokens: number; readonly steps: number; readonly proposed: number };
}

export function median(samples: readonly { readonly value: number }[]): number {
  const values = samples.map(({ value }) => value).sort((a, b) => a - b);
  const middle = values.length >> 1;
  if (values.length % 2 === 1) return values[middle] as number;
  return ((values[middle - 1] ?? NaN) + (values[middle] ?? NaN)) / 2;
}

export const firstTokenMs = ({ arrivals }: Pick<TaskResult, 'arrivals'>): number =>
  Math.min(...arrivals.map(([at]) => at));

/** When a row's first `count` tokens were there, all rows together. */
export function tokensMs({ arrivals }: Pick<TaskResult, 'arrivals'>, count: number): number {
  let made = 0;
  for (const [at, , tokens] of arrivals) {
    made += tokens;
    if (made >= count) return at;
  }
  return NaN;
}

/**
 * Tokens a second of all rows together while all of them decode: from the last row's first token to the
 * first row's last one.
 */
export function decodeRate({ arrivals }: Pick<TaskResult, 'arrivals'>): number {
  const first = new Map<number, number>();
  const last = new Map<number, number>();
  for (const [at, row] of arrivals) {
    if (!first.has(row)) first.set(row, at);
    last.set(row, at);
  }
  const from = Math.max(...first.values());
  const until = Math.min(...last.values());
  let count = 0;
  for (const [at, , tokens] of arrivals) if (at > from && at <= until) count += tokens;
  return (1000 * count) / (until - from);
}
