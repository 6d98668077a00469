/** Two runs of the same questions: paired bootstrap intervals for each metric, and what flipped. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FootnoteError } from '../../../src/core/errors.ts';
import { pairedBootstrap } from '../../metrics/bootstrap.ts';
import type { EvalReport } from '../eval-report.ts';
import type { EvalRecord } from '../../run/eval-record.ts';
import { comparisonPage } from './comparison-page.ts';
import type { Comparison, Flip } from './comparison.ts';

/** Metrics of no interest, or of another run's own chance. */
const LEFT_OUT = new Set(['failed', 'overhead_ms', 'milliseconds', 'positive']);

/** @throws FootnoteError `bad-request` when a folder holds no finished run, or the suites differ */
export function compare(folderA: string, folderB: string): Comparison {
  const a = readReport(folderA);
  const b = readReport(folderB);
  if (a.suite !== b.suite) {
    throw new FootnoteError('bad-request', `${a.suite} and ${b.suite} are different suites`);
  }
  const key = ({ group, id }: EvalRecord): string => JSON.stringify([group, id]);
  const others = new Map(b.records.map((record) => [key(record), record]));
  const pairs = a.records.flatMap((record) => {
    const other = others.get(key(record));
    return other === undefined || record.error !== null || other.error !== null
      ? []
      : [[record, other] as const];
  });
  if (pairs.length === 0) {
    throw new FootnoteError('bad-request', `${folderA} and ${folderB} share no question`);
  }
  const groups = [...new Set(pairs.map(([{ group }]) => group))];
  const metrics = groups.flatMap((group) => {
    const own = pairs.filter(([record]) => record.group === group);
    const names = [...new Set(own.flatMap(([record]) => Object.keys(record.metrics)))];
    return names
      .filter((metric) => !LEFT_OUT.has(metric))
      .flatMap((metric) => {
        const values = own.flatMap(([one, two]) => {
          const [x, y] = [one.metrics[metric], two.metrics[metric]];
          return x === undefined || y === undefined ? [] : [[x, y] as const];
        });
        return values.length === 0 ? [] : [{ group, metric, result: pairedBootstrap(values) }];
      });
  });
  const flips = pairs.flatMap(([one, two]): Flip[] => {
    const [x, y] = [one.metrics['right'], two.metrics['right']];
    if (x === undefined || y === undefined || x === y) return [];
    return [
      {
        group: one.group,
        question: one.question,
        gold: one.gold,
        a: one.answer?.answer ?? `right ${x}`,
        b: two.answer?.answer ?? `right ${y}`,
        gained: y > x,
      },
    ];
  });
  return { a: folderA, b: folderB, suite: a.suite, shared: pairs.length, metrics, flips };
}

/** Writes `comparison.json` and `comparison.html`. @returns the same as text, for the terminal */
export function compareRuns(folderA: string, folderB: string, out: string): string {
  const comparison = compare(folderA, folderB);
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, 'comparison.json'), `${JSON.stringify(comparison, null, 1)}\n`);
  writeFileSync(join(out, 'comparison.html'), comparisonPage(comparison));
  return comparisonText(comparison, out);
}

function comparisonText({ metrics, flips, shared, a, b }: Comparison, out: string): string {
  const lines = [`${shared} questions in both; A ${a}, B ${b}`];
  let group = '';
  for (const { group: own, metric, result } of metrics) {
    if (own !== group) lines.push(`${own.padEnd(30)}       A       B   B - A   95 % interval`);
    group = own;
    const { low, high, difference } = result;
    const sure = low > 0 || high < 0 ? ' *' : '';
    const cells = [result.a, result.b, difference].map((value) => value.toFixed(3).padStart(8));
    lines.push(
      `  ${metric.padEnd(28)}${cells.join('')}   ${low.toFixed(3)} to ${high.toFixed(3)}${sure}`,
    );
  }
  const gained = flips.filter((flip) => flip.gained).length;
  lines.push(
    `flipped: ${gained} from wrong to right, ${flips.length - gained} from right to wrong`,
  );
  for (const flip of flips.slice(0, 40)) {
    lines.push(`  ${flip.gained ? '+' : '-'} ${flip.group}: ${flip.question.slice(0, 110)}`);
  }
  lines.push(`comparison: ${join(out, 'comparison.html')}`);
  return `${lines.join('\n')}\n`;
}

function readReport(folder: string): EvalReport {
  const path = join(folder, 'report.json');
  if (!existsSync(path)) {
    throw new FootnoteError('bad-request', `${folder} holds no finished run (no report.json)`);
  }
  return JSON.parse(readFileSync(path, 'utf8')) as EvalReport;
}
