import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { distribution, type Distribution } from './metrics/distribution.ts';
import type { AnswerRecord } from './suites/answer-record.ts';

export interface EvalReport {
  readonly suite: string;
  readonly created_at: string;
  readonly configuration: Readonly<Record<string, unknown>>;
  readonly groups: Readonly<
    Record<
      string,
      {
        readonly questions: number;
        /** Mean of each metric over the questions that have it. */
        readonly metrics: Readonly<Record<string, number>>;
        readonly timings_ms: Readonly<Record<string, Distribution>>;
      }
    >
  >;
  /** Further figures of the suite. */
  readonly extra: Readonly<Record<string, unknown>>;
  readonly records: readonly AnswerRecord[];
}

export function makeReport(
  suite: string,
  records: readonly AnswerRecord[],
  configuration: Readonly<Record<string, unknown>>,
  extra: Readonly<Record<string, unknown>>,
): EvalReport {
  const groups: Record<string, EvalReport['groups'][string]> = {};
  for (const group of new Set(records.map((record) => record.group))) {
    const own = records.filter((record) => record.group === group);
    const metrics: Record<string, number> = {};
    for (const name of new Set(own.flatMap((record) => Object.keys(record.metrics)))) {
      const values = own.flatMap((record) => record.metrics[name] ?? []);
      metrics[name] = values.reduce((sum, value) => sum + value, 0) / values.length;
    }
    const timings: Record<string, Distribution> = {};
    for (const stage of [
      'search',
      'fetch',
      'extract',
      'rank',
      'generate',
      'score',
      'total',
    ] as const) {
      timings[stage] = distribution(own.flatMap((one) => one.answer?.timings_ms[stage] ?? []));
    }
    groups[group] = { questions: own.length, metrics, timings_ms: timings };
  }
  return {
    suite,
    created_at: new Date().toISOString(),
    configuration,
    groups,
    extra,
    records,
  };
}

/** The report's tables as text, for the terminal. */
export function reportTable(report: EvalReport): string {
  const lines: string[] = [];
  for (const [name, group] of Object.entries(report.groups)) {
    lines.push(`${name}: ${group.questions} questions`);
    for (const [metric, value] of Object.entries(group.metrics)) {
      lines.push(`  ${metric.padEnd(20)} ${value.toFixed(3)}`);
    }
    lines.push(`  ${'seconds'.padEnd(12)}     mean      p50      p90`);
    for (const [stage, { mean, p50, p90 }] of Object.entries(group.timings_ms)) {
      const cell = (ms: number): string => (ms / 1_000).toFixed(3).padStart(9);
      lines.push(`  ${stage.padEnd(12)}${cell(mean)}${cell(p50)}${cell(p90)}`);
    }
  }
  for (const [name, value] of Object.entries(report.extra)) {
    lines.push(`${name}: ${JSON.stringify(value)}`);
  }
  return `${lines.join('\n')}\n`;
}

/** Writes `report.json` and `report.html` into a folder, made when missing. */
export function writeReport(report: EvalReport, folder: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'report.json'), `${JSON.stringify(report, null, 1)}\n`);
  writeFileSync(join(folder, 'report.html'), reportHtml(report));
}

function reportHtml(report: EvalReport): string {
  const escape = (text: string): string =>
    text
      .replace(/&/gu, '&amp;')
      .replace(/</gu, '&lt;')
      .replace(/>/gu, '&gt;')
      .replace(/"/gu, '&quot;');
  const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
    `<table><thead><tr>${head.map((cell) => `<th>${escape(cell)}</th>`).join('')}</tr></thead><tbody>${rows
      .map((row) => `<tr>${row.map((cell) => `<td>${escape(cell)}</td>`).join('')}</tr>`)
      .join('')}</tbody></table>`;
  const groups = Object.entries(report.groups).map(
    ([name, group]) =>
      `<section><h2>${escape(name)} <small>${group.questions} questions</small></h2>${table(
        ['metric', 'mean'],
        Object.entries(group.metrics).map(([metric, value]) => [metric, value.toFixed(3)]),
      )}${table(
        ['seconds', 'mean', 'p50', 'p75', 'p90', 'p99'],
        Object.entries(group.timings_ms).map(([stage, one]) => [
          stage,
          ...[one.mean, one.p50, one.p75, one.p90, one.p99].map((ms) => (ms / 1_000).toFixed(3)),
        ]),
      )}</section>`,
  );
  const records = report.records.map((record) => {
    const good = record.gold.length === 0 ? record.metrics['abstained'] : record.metrics['correct'];
    const references = (record.answer?.references ?? [])
      .map(
        (one) =>
          `<li value="${one.number}"><b>${escape(one.title)}</b> <small>${escape(one.url)}</small><br>${escape(one.text)}</li>`,
      )
      .join('');
    return `<details><summary class="${good === 1 ? 'good' : 'bad'}">${escape(record.group)} · ${escape(record.question)}</summary>
<p><b>gold</b> ${escape(record.gold.join(' | ') || '(abstain)')}</p><p><b>answer</b> ${escape(record.answer?.answer ?? record.error ?? '')}</p><ol>${references}</ol></details>`;
  });
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>footnote eval: ${escape(report.suite)}</title>
<style>body{font:15px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}table{border-collapse:collapse;margin:1rem 1rem 1rem 0;display:inline-table;vertical-align:top}td,th{padding:.2rem .7rem;border-bottom:1px solid #ddd;text-align:right}td:first-child,th:first-child{text-align:left}summary{cursor:pointer;padding:.2rem .5rem;border-left:4px solid}.good{border-color:#2a7}.bad{border-color:#c33}small{color:#777;font-weight:400}pre{overflow:auto;background:#f6f6f6;padding:1rem}</style>
<h1>${escape(report.suite)}</h1><p>${escape(report.created_at)}</p>${groups.join('')}
<h2>Further figures</h2><pre>${escape(JSON.stringify(report.extra, null, 2))}</pre>
<h2>Configuration</h2><pre>${escape(JSON.stringify(report.configuration, null, 2))}</pre>
<h2>Questions</h2>${records.join('\n')}</html>`;
}
