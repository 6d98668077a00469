/** A look of `footnote doctor` at one part, and what it finds. */
import type { Config } from '../core/config.ts';
import type { CallOptions } from '../core/seams.ts';

export interface Finding {
  readonly part: string;
  /** `fail`: footnote cannot answer like this. `warn`: it answers, with something missing. */
  readonly state: 'ok' | 'warn' | 'fail';
  readonly detail: string;
  /** One line: what to do. */
  readonly fix?: string;
}

/** Never throws but `cancelled`. */
export type DoctorProbe = (config: Config, options: CallOptions) => Promise<readonly Finding[]>;
