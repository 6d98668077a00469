/** What a run of a suite gives: `report.json`. */
import type { Distribution } from '../metrics/distribution.ts';
import type { EvalRecord } from '../run/eval-record.ts';

export interface GroupReport {
  /** Items, failed ones included. */
  readonly questions: number;
  /** Mean of each metric over the items that have it. */
  readonly metrics: Readonly<Record<string, number>>;
  /** How many items have it. */
  readonly counts: Readonly<Record<string, number>>;
  /** Wall-clock milliseconds of each stage; empty for stage suites. */
  readonly timings_ms: Readonly<Record<string, Distribution>>;
}

export interface EvalReport {
  readonly suite: string;
  readonly created_at: string;
  /** What a reader has to know before the figures: stand-ins, replays, baselines, judges. */
  readonly notes: readonly string[];
  readonly configuration: Readonly<Record<string, unknown>>;
  readonly groups: Readonly<Record<string, GroupReport>>;
  /** Further figures of the suite. */
  readonly extra: Readonly<Record<string, unknown>>;
  readonly records: readonly EvalRecord[];
}
