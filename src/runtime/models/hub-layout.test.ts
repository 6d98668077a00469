import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LoopbackHub } from '../../../test/loopback-hub.ts';
import { hubLayoutEntry } from './hub-layout.ts';
import { HubSource } from './hub-source.ts';
import { ModelStore } from './model-store.ts';

const { signal } = new AbortController();
let hub: LoopbackHub;
let folder: string;

beforeEach(async () => {
  hub = new LoopbackHub();
  await hub.start();
  folder = await mkdtemp(join(tmpdir(), 'footnote-layout-'));
});
afterEach(async () => {
  await hub.stop();
  await rm(folder, { recursive: true, force: true });
});

const store = (): ModelStore =>
  new ModelStore(
    { modelDir: folder, hubEndpoint: hub.endpoint },
    { sources: [new HubSource({ endpoint: hub.endpoint, backoffMs: 5 })] },
  );
const put = (...names: readonly string[]): void => {
  for (const name of names) hub.files.set(`org/repo/${name}`, Buffer.from(`bytes of ${name}`));
};
const chosen = (names: readonly string[], wanted: string | null = null): string[] | null =>
  hubLayoutEntry(
    'org/repo',
    names.map((path) => ({ path, bytes: 1, sha256: null })),
    wanted,
  )?.files.map(({ name }) => name) ?? null;

describe("a repository in the hub's layout", () => {
  it('is fetched whole, checked, listed, verified and found again without the hub', async () => {
    put('README.md', 'config.json', 'tokenizer.json', 'tokenizer_config.json');
    put('model.safetensors.index.json', 'model-00001-of-00002.safetensors');
    put('model-00002-of-00002.safetensors', 'original/consolidated.pth', 'pytorch_model.bin');
    const model = await store().ensure('org/repo', { signal });
    expect(model.name).toBe('org--repo');
    expect(model.path).toBe(join(folder, 'org--repo', 'model.safetensors.index.json'));
    expect(model.entry.files.map(({ name }) => name)).toEqual([
      'model.safetensors.index.json',
      'model-00001-of-00002.safetensors',
      'model-00002-of-00002.safetensors',
      'config.json',
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
    const shard = join(folder, 'org--repo', 'model-00002-of-00002.safetensors');
    expect(await readFile(shard, 'utf8')).toBe('bytes of model-00002-of-00002.safetensors');
    const asked = hub.requests.length;
    expect(await store().ensure('org/repo', { signal })).toMatchObject({ networkBytes: 0 });
    expect(hub.requests).toHaveLength(asked);
    const [listed] = (await store().list()).filter(({ entry }) => entry.name === 'org--repo');
    expect(listed).toMatchObject({ state: 'verified' });
    const verified = await store().verify('org/repo', { signal });
    expect(verified).toHaveLength(6);
    expect(verified.every(({ ok }) => ok)).toBe(true);
    // Named by one of its files, as `models verify` names it.
    const named = await store().resolve('org/repo:model.safetensors.index.json', { signal });
    expect(named.path).toBe(model.path);
  });

  it('keeps the onnx folder, with the weights beside the graph', async () => {
    put('config.json', 'tokenizer.json', 'onnx/model.onnx', 'onnx/model_fp16.onnx');
    put('onnx/model_q4.onnx', 'onnx/model_q4.onnx_data');
    const model = await store().ensure('org/repo', { signal });
    expect(model.path).toBe(join(folder, 'org--repo', 'onnx', 'model_q4.onnx'));
    expect(await readFile(`${model.path}_data`, 'utf8')).toBe('bytes of onnx/model_q4.onnx_data');
    const other = await store().ensure('org/repo:onnx/model_fp16.onnx', { signal });
    expect(other.path).toBe(join(folder, 'org--repo', 'onnx', 'model_fp16.onnx'));
  });

  it('chooses GGUF before it', async () => {
    put('config.json', 'model.safetensors', 'm-q4_k_m.gguf');
    expect((await store().ensure('org/repo', { signal })).path).toContain('m-q4_k_m.gguf');
  });

  it('says so where there is nothing to load', async () => {
    put('README.md', 'config.json');
    await expect(store().ensure('org/repo', { signal })).rejects.toMatchObject({
      code: 'model-unknown',
    });
  });
});

describe('hubLayoutEntry', () => {
  it('prefers safetensors, then torch, then genai, then the best variant of transformers.js', () => {
    const all = ['config.json', 'model.safetensors', 'pytorch_model.bin', 'onnx/model.onnx'];
    expect(chosen(all)).toEqual(['model.safetensors', 'config.json']);
    expect(chosen(all.filter((name) => name !== 'model.safetensors'))?.[0]).toBe(
      'pytorch_model.bin',
    );
    expect(chosen(['genai_config.json', 'model.onnx', 'model.onnx.data', 'config.json'])).toEqual([
      'genai_config.json',
      'model.onnx',
      'model.onnx.data',
      'config.json',
    ]);
    expect(chosen(['onnx/model.onnx', 'onnx/model_quantized.onnx'])?.[0]).toBe(
      'onnx/model_quantized.onnx',
    );
    expect(chosen(all, 'onnx/model.onnx')?.[0]).toBe('onnx/model.onnx');
  });

  it('takes no name that leads out of the folder', () => {
    expect(chosen(['../model.safetensors', '/model.safetensors', '.ssh/config.json'])).toBe(null);
    expect(chosen(['onnx/../../model.onnx', 'onnx\\model.onnx', 'a/b/model.onnx'])).toBe(null);
  });
});

describe('a folder on this machine', () => {
  it('is used where it lies, each of its files hashed by verify', async () => {
    put('config.json', 'model.safetensors');
    const { path } = await store().ensure('org/repo', { signal });
    const place = join(path, '..');
    const model = await store().ensure(place, { signal });
    expect(model).toMatchObject({ path: place, name: 'org--repo', networkBytes: 0 });
    const names = (await store().verify(place, { signal })).map((result) => result.path);
    expect(names).toContain(join(place, 'model.safetensors'));
  });
});
