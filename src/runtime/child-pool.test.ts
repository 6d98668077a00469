import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { ChildPool, type ChildPoolOptions } from './child-pool.ts';

const folder = mkdtempSync(join(tmpdir(), 'footnote-child-'));
const module = join(folder, 'child.ts');
writeFileSync(
  module,
  `import { existsSync, writeFileSync } from 'node:fs';
import { serveChild } from ${JSON.stringify(new URL('./serve-child.ts', import.meta.url).href)};
serveChild({
  echo: (value) => value,
  count: async (n, { emit }) => { for (let i = 0; i < n; i += 1) emit(i); return 'done'; },
  wait: (ms, { signal }) => new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve('waited'), ms);
    signal.addEventListener('abort', () => { clearTimeout(timer); reject(new Error('stopped')); });
  }),
  hang: () => { for (;;); },
  die: () => process.kill(process.pid, 'SIGKILL'),
  dieOnce: (marker) => {
    if (existsSync(marker)) return 'done';
    writeFileSync(marker, '');
    process.kill(process.pid, 'SIGKILL');
  },
  tellAndDie: (_, { emit }) => { emit(1); setTimeout(() => process.kill(process.pid, 'SIGKILL'), 200); return new Promise(() => {}); },
  fail: () => { throw Object.assign(new Error('bad page'), { code: 'extract-failed' }); },
  odd: () => { throw new TypeError('odd'); },
  pid: () => process.pid,
});
`,
);

const pools: ChildPool[] = [];
function pool(options: Partial<ChildPoolOptions> = {}): ChildPool {
  const made = new ChildPool({ module: pathToFileURL(module), stage: 'test', ...options });
  pools.push(made);
  return made;
}
const calm = { signal: new AbortController().signal, timeoutMs: 20_000 };

afterEach(async () => {
  await Promise.all(pools.splice(0).map((one) => one.close()));
});

describe('ChildPool', () => {
  it('carries typed arrays there and back', async () => {
    const sent = { vector: Float32Array.of(1, 2.5), big: 12n };
    expect(await pool().call('echo', sent, calm)).toEqual(sent);
  });

  it('delivers events in order before the result', async () => {
    const seen: number[] = [];
    const result = await pool().call('count', 5, {
      ...calm,
      onEvent: (event: number) => seen.push(event),
    });
    expect([seen, result]).toEqual([[0, 1, 2, 3, 4], 'done']);
  });

  it('keeps typed errors typed, and others internal', async () => {
    const one = pool();
    await expect(one.call('fail', 0, calm)).rejects.toMatchObject({
      code: 'extract-failed',
      message: 'bad page',
    });
    await expect(one.call('odd', 0, calm)).rejects.toMatchObject({ code: 'internal' });
    await expect(one.call('missing', 0, calm)).rejects.toMatchObject({ code: 'internal' });
  });

  it('kills a child that hangs past its deadline, and serves the next call', async () => {
    const one = pool();
    await one.call('echo', 0, calm);
    await expect(one.call('hang', 0, { ...calm, timeoutMs: 300 })).rejects.toMatchObject({
      code: 'timeout',
    });
    expect(await one.call('echo', 'alive', calm)).toBe('alive');
  });

  it('fails the call in hand when the child dies, and serves the next one', async () => {
    const one = pool();
    await expect(one.call('die', 0, calm)).rejects.toMatchObject({ code: 'worker-crashed' });
    expect(await one.call('echo', 'alive', calm)).toBe('alive');
  });

  it('makes a call once more when its child died of itself, before it told anything', async () => {
    const one = pool();
    expect(await one.call('dieOnce', join(folder, 'first'), calm)).toBe('done');
    const told: number[] = [];
    const telling = { ...calm, onEvent: (event: number) => told.push(event) };
    await expect(one.call('tellAndDie', 0, telling)).rejects.toMatchObject({
      code: 'worker-crashed',
      retryAfterSeconds: 2,
    });
    expect(told).toEqual([1]);
    const strict = pool({ retryCrash: false });
    await expect(strict.call('dieOnce', join(folder, 'second'), calm)).rejects.toMatchObject({
      code: 'worker-crashed',
    });
  });

  it('cancels at once, in a cooperative child without killing it', async () => {
    const one = pool();
    const pid = await one.call('pid', 0, calm);
    const stop = new AbortController();
    const waiting = one.call('wait', 60_000, { ...calm, signal: stop.signal });
    setTimeout(() => stop.abort(), 50);
    await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
    expect(await one.call('pid', 0, calm)).toBe(pid);
  });

  it('kills a child that ignores a cancel', async () => {
    const one = pool({ cancelGraceMs: 100 });
    const pid = await one.call('pid', 0, calm);
    const stop = new AbortController();
    const hanging = one.call('hang', 0, { ...calm, signal: stop.signal });
    setTimeout(() => stop.abort(), 50);
    await expect(hanging).rejects.toMatchObject({ code: 'cancelled' });
    expect(await one.call('pid', 0, calm)).not.toBe(pid);
  });

  it('refuses more than its queue holds, and drops a cancelled call from the queue', async () => {
    const one = pool({ maxQueued: 1 });
    const first = one.call('wait', 400, calm);
    const stop = new AbortController();
    const second = one.call('echo', 2, { ...calm, signal: stop.signal });
    await expect(one.call('echo', 3, calm)).rejects.toMatchObject({
      code: 'overloaded',
      retryAfterSeconds: 5,
    });
    stop.abort();
    await expect(second).rejects.toMatchObject({ code: 'cancelled' });
    expect(one.queued).toBe(0);
    expect(await first).toBe('waited');
  });

  it('has no child left when it is closed, not even one that it killed before', async () => {
    const one = pool({ cancelGraceMs: 1 });
    const pid = await one.call<number>('pid', 0, calm);
    await expect(one.call('hang', 0, { ...calm, timeoutMs: 100 })).rejects.toMatchObject({
      code: 'timeout',
    });
    await one.close();
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  it('rejects what is in hand when it closes', async () => {
    const one = pool();
    const waiting = one.call('wait', 60_000, calm);
    const rejected = expect(waiting).rejects.toMatchObject({ code: 'shutting-down' });
    await one.close();
    await rejected;
  });
});
