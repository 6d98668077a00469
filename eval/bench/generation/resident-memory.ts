/** What of a Linux process's memory is resident, by kind, from `/proc/PID/smaps`. */
import { existsSync, readFileSync } from 'node:fs';

export interface ResidentMemory {
  /** Megabytes (10^6 bytes), all of them resident. */
  readonly rss: number;
  /** As `rss`, with pages that other processes share divided among them. */
  readonly pss: number;
  /** Highest `rss` so far. */
  readonly peak: number;
  /** Mapped weights, other mapped files (program and libraries), and memory without a file. */
  readonly weights: number;
  readonly files: number;
  readonly anonymous: number;
}

/** Null where the system has no `/proc`. */
export function residentMemory(pid: number | 'self' = 'self'): ResidentMemory | null {
  const folder = `/proc/${pid}`;
  if (!existsSync(`${folder}/smaps`)) return null;
  const sums = { rss: 0, pss: 0, weights: 0, files: 0, anonymous: 0 };
  let kind: 'weights' | 'files' | 'anonymous' = 'anonymous';
  for (const line of readFileSync(`${folder}/smaps`, 'latin1').split('\n')) {
    const head = /^[\da-f]+-[\da-f]+ \S+ \S+ \S+ \d+\s*(.*)$/u.exec(line);
    if (head !== null) {
      const name = head[1] ?? '';
      if (name.endsWith('weights.bin') || name.endsWith('.gguf')) kind = 'weights';
      else kind = name.startsWith('/') ? 'files' : 'anonymous';
      continue;
    }
    const value = /^(Rss|Pss):\s+(\d+) kB/u.exec(line);
    if (value === null) continue;
    const megabytes = (Number(value[2]) * 1024) / 1e6;
    if (value[1] === 'Pss') sums.pss += megabytes;
    else {
      sums.rss += megabytes;
      sums[kind] += megabytes;
    }
  }
  const high = /VmHWM:\s+(\d+) kB/u.exec(readFileSync(`${folder}/status`, 'latin1'));
  return { ...sums, peak: (Number(high?.[1] ?? 0) * 1024) / 1e6 };
}
