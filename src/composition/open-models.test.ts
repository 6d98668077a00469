/** What is opened when the wanted model cannot be had, and what is said about it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadConfig, type Config } from '../core/config.ts';
import { FootnoteError } from '../core/errors.ts';
import type { ModelStore } from '../runtime/models/model-store.ts';
import { openGenerator } from './open-generator.ts';
import { openJudge } from './open-judge.ts';
import { openOnce } from './open-once.ts';

const folder = mkdtempSync(join(tmpdir(), 'footnote-open-'));
const broken = join(folder, 'broken.gguf');
writeFileSync(broken, 'GGUF, but no model');
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});
const { signal } = new AbortController();
const config = (flags: Partial<Record<keyof Config, unknown>> = {}): Config =>
  loadConfig({
    // No hub: nothing listens on the discard port.
    flags: { cacheDir: join(folder, 'cache'), hubEndpoint: 'http://127.0.0.1:9', ...flags },
    environment: { HOME: folder },
  });

type Store = Pick<ModelStore, 'list' | 'ensure' | 'resolve'>;
/** A store of weights by name; every other model fails with `code`. */
function storeOf(
  paths: Readonly<Record<string, string>>,
  code: 'model-missing' | 'model-download-failed',
): Store {
  const find = (name: string) => {
    const path = paths[name];
    if (path === undefined) return Promise.reject(new FootnoteError(code, `${name} is not here`));
    return Promise.resolve({ name, path, entry: { name }, networkBytes: 0 });
  };
  return { list: () => Promise.resolve([]), ensure: find, resolve: find } as unknown as Store;
}

describe('openGenerator', () => {
  it('goes without one when no default can be had, and says why', async () => {
    const notices: string[] = [];
    const { generator, warnings } = await openGenerator(
      config(),
      storeOf({}, 'model-download-failed'),
      { signal, onNotice: (text) => notices.push(text) },
    );
    expect(generator).toBeNull();
    expect(warnings.length).toBeGreaterThan(0);
    for (const { code, message } of warnings) {
      expect(code).toBe('model-download-failed');
      expect(message).toMatch(/^the generator \S+ is not used: /u);
    }
    expect(notices).toHaveLength(warnings.length);
  });

  it('stops where the configured one cannot be had', async () => {
    const asked = openGenerator(config({ generator: 'mine' }), storeOf({}, 'model-missing'), {
      signal,
    });
    await expect(asked).rejects.toMatchObject({ code: 'model-missing' });
  });

  it('gives way to the defaults where the configured weights are not sound', async () => {
    const { generator, warnings } = await openGenerator(
      config({ generator: 'mine', threads: 1 }),
      storeOf({ mine: broken }, 'model-missing'),
      { signal },
    );
    expect(generator).toBeNull();
    expect(warnings[0]).toMatchObject({
      code: 'model-invalid',
      message: expect.stringMatching(/^the generator mine is not used: /u),
    });
    expect(warnings.slice(1).every(({ code }) => code === 'model-missing')).toBe(true);
  }, 120_000);

  it('ends when it is cancelled', async () => {
    const gone = AbortSignal.abort(new FootnoteError('cancelled', 'gone'));
    const asked = openGenerator(config(), storeOf({}, 'model-download-failed'), { signal: gone });
    await expect(asked).rejects.toMatchObject({
      code: expect.stringMatching(/cancelled|model-download-failed/u),
    });
  });
});

describe('openJudge', () => {
  it('says when it judges without the cross-encoder', async () => {
    const missing: Readonly<Record<string, string>>[] = [
      {},
      { 'multilingual-e5-small': join(folder, 'no-such-file') },
    ];
    for (const paths of missing) {
      const notices: string[] = [];
      const { judge, warnings } = await openJudge(config(), storeOf(paths, 'model-missing'), {
        signal,
        onNotice: (text) => notices.push(text),
      });
      await judge.close();
      expect(warnings).toEqual([
        { code: 'model-missing', message: expect.stringContaining('without the cross-encoder') },
      ]);
      expect(notices).toEqual([warnings[0]?.message]);
    }
  });

  it('says nothing where it was switched off, or is there', async () => {
    const off = await openJudge(config({ judgeReader: false }), storeOf({}, 'model-missing'), {
      signal,
    });
    const there = await openJudge(
      config(),
      storeOf({ 'multilingual-e5-small': broken }, 'model-missing'),
      { signal },
    );
    await Promise.all([off.judge.close(), there.judge.close()]);
    expect([off.warnings, there.warnings]).toEqual([[], []]);
  });
});

describe('openOnce', () => {
  it('opens once for all who wait, and tries again after a failure', async () => {
    let opened = 0;
    const once = openOnce(() => {
      opened += 1;
      return opened === 1 ? Promise.reject(new Error('not yet')) : Promise.resolve(opened);
    });
    expect(once.current).toBeNull();
    const first = [once.open(), once.open()];
    await expect(Promise.all(first)).rejects.toThrow('not yet');
    expect(opened).toBe(1);
    expect(await Promise.all([once.open(), once.open()])).toEqual([2, 2]);
  });
});
