import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { distribution, type Distribution } from '../metrics/distribution.ts';
import type { EvalReport, GroupReport } from './eval-report.ts';
import { reportPage } from './report-page.ts';

/** Stages of a question in their order, as the paper's efficiency table has them. */
const STAGES = ['search', 'fetch', 'extract', 'rank', 'generate', 'score', 'total'] as const;

export function makeReport(parts: Omit<EvalReport, 'created_at' | 'groups'>): EvalReport {
  const { records } = parts;
  const groups: Record<string, GroupReport> = {};
  for (const group of new Set(records.map((record) => record.group))) {
    const own = records.filter((record) => record.group === group);
    const metrics: Record<string, number> = {};
    const counts: Record<string, number> = {};
    for (const name of new Set(own.flatMap((record) => Object.keys(record.metrics)))) {
      const values = own.flatMap((record) => record.metrics[name] ?? []);
      metrics[name] = values.reduce((sum, value) => sum + value, 0) / values.length;
      counts[name] = values.length;
    }
    // Zero: not timed at all.
    const answers = own.flatMap(({ answer }) =>
      answer === null || answer.timings_ms.total === 0 ? [] : answer,
    );
    const timings: Record<string, Distribution> = {};
    if (answers.length > 0) {
      for (const stage of STAGES) {
        timings[stage] = distribution(answers.map((one) => one.timings_ms[stage]));
      }
    }
    groups[group] = { questions: own.length, metrics, counts, timings_ms: timings };
  }
  return { ...parts, created_at: new Date().toISOString(), groups };
}

/** The report's tables as text, for the terminal. */
export function reportTable(report: EvalReport): string {
  const lines: string[] = report.notes.map((note) => `note: ${note}`);
  for (const [name, group] of Object.entries(report.groups)) {
    lines.push(`${name}: ${group.questions} items`);
    for (const [metric, value] of Object.entries(group.metrics)) {
      const count = group.counts[metric] ?? 0;
      const some = count === group.questions ? '' : `  (of ${count})`;
      lines.push(`  ${metric.padEnd(28)} ${value.toFixed(3)}${some}`);
    }
    const timings = Object.entries(group.timings_ms);
    if (timings.length === 0) continue;
    lines.push(`  ${'seconds'.padEnd(12)}     mean      p50      p75      p90      p99`);
    for (const [stage, { mean, p50, p75, p90, p99 }] of timings) {
      const cells = [mean, p50, p75, p90, p99].map((ms) => (ms / 1_000).toFixed(3).padStart(9));
      lines.push(`  ${stage.padEnd(12)}${cells.join('')}`);
    }
  }
  for (const [name, value] of Object.entries(report.extra)) {
    // The curve's points are for the plot.
    if (name !== 'risk_coverage') lines.push(...extraLines(name, value));
  }
  return `${lines.join('\n')}\n`;
}

const shown = (value: unknown): string =>
  typeof value === 'number'
    ? Number.isInteger(value)
      ? String(value)
      : value.toFixed(3)
    : typeof value === 'string'
      ? value
      : JSON.stringify(value);

/** A name and value a line; tables of them by rows. */
function extraLines(name: string, value: unknown): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return [`${name}: ${shown(value)}`];
  }
  const rows = Object.entries(value as Record<string, unknown>).map(([row, cell]) => {
    const text =
      typeof cell === 'object' && cell !== null && !Array.isArray(cell)
        ? Object.entries(cell as Record<string, unknown>)
            .map(([column, one]) => `${column} ${shown(one)}`)
            .join('  ')
        : shown(cell);
    return `  ${row.padEnd(38)} ${text}`;
  });
  return [`${name}:`, ...rows];
}

/** Writes `report.json` and `report.html` into a folder, made when missing. */
export function writeReport(report: EvalReport, folder: string): void {
  mkdirSync(folder, { recursive: true });
  // What went on inside each question is in traces.jsonl already.
  const records = report.records.map((record) => ({ ...record, trace: undefined }));
  writeFileSync(
    join(folder, 'report.json'),
    `${JSON.stringify({ ...report, records }, null, 1)}\n`,
  );
  writeFileSync(join(folder, 'report.html'), reportPage(report));
}
