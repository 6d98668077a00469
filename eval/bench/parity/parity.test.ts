import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ModelEngine } from '../../../generator/model-engine.ts';
import { weights } from '../../../test/weights.ts';
import { compareWithLlama } from './compare-llama.ts';
import { parityPrompts } from './parity-prompts.ts';

const path = weights('smollm2-135m');

describe.skipIf(path === null)(
  'parity with llama.cpp (skipped where smollm2-135m is absent)',
  () => {
    it('puts the same token first nearly everywhere, in int8', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'footnote-parity-'));
      const { signal } = new AbortController();
      const weightsPath = path as string;
      const engine = await ModelEngine.open({
        weightsPath,
        cacheDir: folder,
        threads: 2,
        device: 'cpu',
      });
      const rows = await compareWithLlama(engine, weightsPath, parityPrompts.slice(0, 4), signal);
      const positions = rows.reduce((sum, row) => sum + row.positions, 0);
      const same = rows.reduce((sum, row) => sum + row.sameTop, 0);
      expect(rows.every((row) => row.sameTokens)).toBe(true);
      expect(same / positions).toBeGreaterThan(0.8);
      expect(Math.max(...rows.map((row) => row.meanKl))).toBeLessThan(0.15);
      await engine.close();
      rmSync(folder, { recursive: true, force: true });
    }, 240_000);
  },
);
