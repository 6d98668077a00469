import type { EvalRecord } from '../../run/eval-record.ts';

/** Means of some metrics for each value of a label: a table of the report. */
export function accuracyTable(
  records: readonly EvalRecord[],
  label: string,
  metrics: readonly string[],
): Readonly<Record<string, Readonly<Record<string, number>>>> {
  const names = [...new Set(records.flatMap(({ labels }) => labels?.[label] ?? []))].toSorted();
  return Object.fromEntries(
    names.map((name) => {
      const own = records.filter(({ labels }) => labels?.[label] === name);
      const means = metrics.map((metric) => {
        const values = own.flatMap((record) => record.metrics[metric] ?? []);
        return [metric, values.reduce((sum, value) => sum + value, 0) / values.length] as const;
      });
      return [name, { items: own.length, ...Object.fromEntries(means) }];
    }),
  );
}
