import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { loadConfig, type Config } from '../core/config.ts';
import { isLoopback, probeAccess } from './probe-access.ts';

async function states(changes: Partial<Config>): Promise<Record<string, string>> {
  const config = { ...loadConfig({ environment: { HOME: tmpdir() } }), ...changes };
  const findings = await probeAccess(config, { signal: AbortSignal.timeout(1_000) });
  // Each that is not well says what to do.
  for (const { state, fix } of findings) expect(fix === undefined).toBe(state === 'ok');
  return Object.fromEntries(
    findings.map(({ part, state, detail }) => [part, `${state}: ${detail}`]),
  );
}

describe('probeAccess', () => {
  it('finds the default well: this machine alone reaches it', async () => {
    const { keys, 'rate limit': limit, CORS: cors } = await states({ host: '127.0.0.1' });
    expect(keys).toMatch(/^ok: none .*only this machine/u);
    expect(limit).toMatch(/^ok: none/u);
    expect(cors).toMatch(/^ok: closed/u);
  });

  it('warns of an open door', async () => {
    const open = await states({ host: '0.0.0.0', corsOrigins: ['*'] });
    expect(open['keys']).toMatch(/^warn: .*open to anyone who reaches 0\.0\.0\.0/u);
    expect(open['rate limit']).toMatch(/^warn/u);
    expect(open['CORS']).toMatch(/^warn: any page/u);
  });

  it('tells plain keys, hashed ones and broken ones apart, and repeats none', async () => {
    const plain = await states({ apiKeys: ['secret-word'], host: '0.0.0.0', rateLimit: 60 });
    expect(plain['keys']).toMatch(/^warn: 1 key .*1 of them in plain text/u);
    expect(plain['rate limit']).toBe('ok: 60 requests a minute of one key (FOOTNOTE_RATE_LIMIT)');
    expect(JSON.stringify(plain)).not.toContain('secret-word');
    const hashed = await states({ apiKeys: [`sha256:${'0'.repeat(64)}`] });
    expect(hashed['keys']).toMatch(/^ok: 1 key .*hashed/u);
    expect((await states({ apiKeys: ['sha256:12'] }))['keys']).toMatch(/^fail/u);
  });
});

describe('isLoopback', () => {
  it.each([
    ['127.0.0.1', true],
    ['127.8.8.8', true],
    ['::1', true],
    ['[::1]', true],
    ['localhost', true],
    ['0.0.0.0', false],
    ['::', false],
    ['192.168.1.4', false],
    ['example.org', false],
  ])('%s: %s', (host, expected) => {
    expect(isLoopback(host)).toBe(expected);
  });
});
