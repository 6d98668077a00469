import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { formRecords } from '../../src/runtime/form-records.ts';
import { probeForm } from './form-probe.ts';

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
    expect(await probeForm(shape, { cacheDir, threads: 1 })).toEqual(record);
    const other = await probeForm({ ...shape, hidden_size: 128 }, { cacheDir, threads: 1 });
    expect(other.shape).not.toBe(record.shape);
    expect(formRecords(cacheDir)).toHaveLength(2);
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
