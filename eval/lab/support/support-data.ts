/**
 * Claims with references and labels, from the data folder (never committed). The licences
 * are named in `train-support.ts`.
 */
import { join } from 'node:path';
import { readJsonLines } from '../../run/read-json-lines.ts';
import { packageRoot } from '../../../src/core/package-root.ts';

export interface LabelledClaim {
  readonly source: string;
  /** Examples of one group never stand on both sides of a split. */
  readonly group: string;
  readonly claim: string;
  readonly references: readonly string[];
  readonly attributable: boolean;
  /** Supported in part only; counts as not attributable. */
  readonly partial?: boolean;
}

export const dataFolder = join(packageRoot, '..', 'shared', 'data');

export function readRows<Row>(path: string): Row[] {
  return readJsonLines<Row>(join(dataFolder, path));
}

/** AttributionBench and WiCE. */
export function attributionClaims(): LabelledClaim[] {
  return readRows<{
    source: string;
    question: string | null;
    claim: string;
    references: string[];
    label: string;
  }>('attribution-dev/claims.jsonl.gz').map((row) => ({
    source: row.source,
    group: row.question ?? row.references[0]?.slice(0, 200) ?? '',
    claim: row.claim,
    references: row.references,
    attributable: row.label === 'attributable',
    partial: row.label === 'partial',
  }));
}
