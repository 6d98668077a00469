import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { makeReport, writeReport } from '../make-report.ts';
import type { EvalRecord } from '../../run/eval-record.ts';
import { compare, compareRuns } from './compare-runs.ts';

const folder = mkdtempSync(join(tmpdir(), 'footnote-compare-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Twenty questions, right where `right` says so. */
function run(name: string, right: (index: number) => boolean, suite = 'frozen-web'): string {
  const records = Array.from({ length: 20 }, (_, index): EvalRecord => ({
    id: String(index),
    group: 'en',
    question: `Is <${index}> it?`,
    gold: ['yes'],
    answer: null,
    error: index === 19 ? 'timeout: late' : null,
    metrics: { right: right(index) ? 1 : 0, words: 10 },
  }));
  writeReport(
    makeReport({ suite, notes: [], configuration: {}, extra: {}, records }),
    join(folder, name),
  );
  return join(folder, name);
}

describe('comparison of two runs', () => {
  const a = run('a', (index) => index < 8);
  const b = run('b', (index) => index > 0 && index < 18);

  it('pairs questions, leaves failed ones out, and finds what flipped', () => {
    const { shared, metrics, flips } = compare(a, b);
    expect(shared).toBe(19);
    const right = metrics.find(({ metric }) => metric === 'right')?.result;
    expect(right?.a).toBeCloseTo(8 / 19);
    expect(right?.b).toBeCloseTo(17 / 19);
    expect(right?.low).toBeGreaterThan(0);
    expect(metrics.find(({ metric }) => metric === 'words')?.result).toMatchObject({
      difference: 0,
      low: 0,
      high: 0,
    });
    expect(flips.filter(({ gained }) => gained)).toHaveLength(10);
    expect(flips.filter(({ gained }) => !gained).map(({ question }) => question)).toEqual([
      'Is <0> it?',
    ]);
  });

  it('prints a table and writes a page', () => {
    const text = compareRuns(a, b, join(folder, 'out'));
    expect(text).toMatch(/right +0\.421 +0\.895 +0\.474 .* \*/u);
    expect(text).toContain('flipped: 10 from wrong to right, 1 from right to wrong');
    const page = readFileSync(join(folder, 'out', 'comparison.html'), 'utf8');
    expect(page).toContain('Is &lt;0&gt; it?');
    expect(page).toContain("default-src 'none'");
  });

  it('refuses what cannot be compared', () => {
    const other = run('other', () => true, 'support');
    expect(() => compare(a, other)).toThrow(/different suites/u);
    expect(() => compare(a, join(folder, 'nowhere'))).toThrow(/no finished run/u);
  });
});
