/**
 * The reader in the scorer's process: loaded once, in the background of the first call that names its
 * weights. Where they are absent or broken the judges by features serve alone.
 */
import { Reader } from '../src/runtime/reader/reader.ts';

export interface ReaderSetup {
  /** `multilingual-e5-small` in the 4-bit file. */
  readonly weightsPath: string;
  /** Folder of the converted graph; null: converted at each start, which takes seconds. */
  readonly cacheDir: string | null;
  /** 0: as many as the machine has cores. */
  readonly threads: number;
}

let loading: Promise<Reader | null> | undefined;

/** The reader, or null where there is none. Never throws. */
export function openPairReader(setup: ReaderSetup | null): Promise<Reader | null> {
  if (setup === null) return Promise.resolve(null);
  loading ??= Reader.load(setup).catch(() => null);
  return loading;
}
