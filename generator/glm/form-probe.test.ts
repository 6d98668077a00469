import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { formRecords, keepFormRecord } from '../../src/runtime/form-records.ts';
import { choose, probeForm, rowShareOf } from './form-probe.ts';

const cacheDir = mkdtempSync(join(tmpdir(), 'footnote-forms-'));
afterAll(() => {
  rmSync(cacheDir, { recursive: true, force: true });
});

describe('the form of the weights by processor', () => {
  const shape = { hidden_size: 256, intermediate_size: 512 };

  it('is measured once and kept', async () => {
    const record = await probeForm(shape, { cacheDir, threads: 1 });
    expect(record.times['int4']?.oneMs).toBeGreaterThan(0);
    expect(['int8', 'int7', 'int4']).toContain(record.form);
    if (!record.exactProducts) expect(record.form).not.toBe('int8');
    expect(formRecords(cacheDir)).toEqual([record]);
    // A second measurement would give other times.
    keepFormRecord(cacheDir, { ...record, busy: false });
    const kept = { ...record, busy: false };
    expect(await probeForm(shape, { cacheDir, threads: 1 })).toEqual(kept);
    const other = await probeForm({ ...shape, hidden_size: 128 }, { cacheDir, threads: 1 });
    expect(other.shape).not.toBe(record.shape);
    expect(formRecords(cacheDir)).toHaveLength(2);
  });

  it('is measured again after a measurement under load, which never chooses a form that loses', async () => {
    const record = await probeForm(shape, { cacheDir, threads: 1 });
    const times = { int8: { oneMs: 9, manyMs: 9 }, int4: { oneMs: 1, manyMs: 1 } };
    expect(choose('int8', times, false).form).toBe('int4');
    expect(choose('int8', times, true).form).toBe('int8');
    const quiet = { ...record, form: 'int8', busy: false } as const;
    const rows = { int8: { oneMs: 2, manyMs: 2 + 63 * 0.1 } };
    expect(rowShareOf({ ...quiet, times: rows })).toBeCloseTo(0.05, 6);
    expect(rowShareOf({ ...quiet, times: rows, busy: true })).toBeUndefined();
    expect(rowShareOf({ ...quiet, times: {} })).toBeUndefined();
    keepFormRecord(cacheDir, { ...record, times, busy: true });
    const again = await probeForm(shape, { cacheDir, threads: 1 });
    expect(again.times).not.toEqual(times);
    expect(again.processor).toBe(record.processor);
  });

  it('is measured again where the record cannot be read', async () => {
    const [name = ''] = readdirSync(join(cacheDir, 'forms'));
    writeFileSync(join(cacheDir, 'forms', name), '{"form":"float64"}');
    expect(formRecords(cacheDir)).toHaveLength(1);
    await probeForm(shape, { cacheDir, threads: 1 });
    await probeForm({ ...shape, hidden_size: 128 }, { cacheDir, threads: 1 });
    expect(formRecords(cacheDir)).toHaveLength(2);
  });
});
