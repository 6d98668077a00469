import { describe, expect, it } from 'vitest';
import { defaultGenerators } from './default-generators.ts';
import { chooseGguf, parseModelSpec } from './model-spec.ts';
import { MODEL_TABLE } from './model-table.ts';

describe('what FOOTNOTE_GENERATOR may name', () => {
  it('a store name, a hub id with and without a file, a path', () => {
    expect(parseModelSpec('smollm2-135m')).toMatchObject({ kind: 'table' });
    expect(parseModelSpec('Qwen/Qwen3-0.6B-GGUF')).toEqual({
      kind: 'hub',
      repo: 'Qwen/Qwen3-0.6B-GGUF',
      file: null,
    });
    expect(parseModelSpec('org/repo:sub/a.gguf')).toMatchObject({ file: 'sub/a.gguf' });
    expect(parseModelSpec('/models/a.gguf')).toEqual({ kind: 'path', path: '/models/a.gguf' });
    expect(parseModelSpec('./a.gguf')).toMatchObject({ kind: 'path' });
    // A file that is there wins over a hub id of the same form.
    expect(parseModelSpec('src/main.ts').kind).toBe('path');
  });

  it('anything else is an error that names the choices', () => {
    for (const text of ['', 'gpt-4', 'a/b/c', 'org/repo:../../etc/passwd', '../x/..:y z']) {
      if (text.startsWith('..')) expect(parseModelSpec(text).kind).toBe('path');
      else expect(() => parseModelSpec(text)).toThrow(/qwen2\.5-coder-0\.5b/);
    }
  });
});

describe('the choice of a GGUF file', () => {
  const choose = (...paths: string[]): string | undefined =>
    chooseGguf(paths.map((path) => ({ path })))?.path;

  it('prefers q4_k_m, then what else is whole', () => {
    expect(choose('m-F16.gguf', 'm-Q8_0.gguf', 'm.Q4_K_M.gguf')).toBe('m.Q4_K_M.gguf');
    expect(choose('m-bf16.gguf', 'm-q8_0.gguf')).toBe('m-q8_0.gguf');
    expect(choose('m-q4_k.gguf', 'm-q4_k_m.gguf')).toBe('m-q4_k_m.gguf');
    expect(choose('model.gguf')).toBe('model.gguf');
  });

  it('never takes split parts, projectors or importance quantisations', () => {
    expect(
      choose('m-q4_k_m-00001-of-00002.gguf', 'mmproj-f16.gguf', 'm-IQ2_XS.gguf', 'a.bin'),
    ).toBe(undefined);
  });
});

describe('the line of default generators', () => {
  const big = { memoryBytes: 16e9, cores: 8 };

  it('puts the large model first only where the hub is reached and the machine bears it', () => {
    const installed = ['qwen2.5-coder-1.5b'];
    expect(defaultGenerators({}, { ...big, hubReachable: true })).toEqual([
      'glm-edge-1.5b-chat',
      'qwen2.5-coder-0.5b',
    ]);
    expect(defaultGenerators({}, { ...big, hubReachable: false })).toEqual(['qwen2.5-coder-0.5b']);
    expect(defaultGenerators({}, { ...big, cores: 2, hubReachable: true, installed })).toEqual([
      'qwen2.5-coder-1.5b',
      'qwen2.5-coder-0.5b',
    ]);
    expect(defaultGenerators({}, { ...big, cores: 1, hubReachable: false, installed })).toEqual([
      'qwen2.5-coder-0.5b',
    ]);
    expect(defaultGenerators({}, { memoryBytes: 3e9, cores: 8, hubReachable: true })).toEqual([
      'qwen2.5-coder-0.5b',
    ]);
    expect(defaultGenerators({}, { memoryBytes: 1e9, cores: 8, hubReachable: true })).toEqual([
      'smollm2-135m',
    ]);
  });

  it('needs no hub for what is installed, and puts a configured model before all', () => {
    const installed = ['glm-edge-1.5b-chat'];
    expect(defaultGenerators({}, { ...big, hubReachable: false, installed })[0]).toBe(installed[0]);
    expect(
      defaultGenerators({ generator: 'qwen2.5-coder-0.5b' }, { ...big, hubReachable: true }),
    ).toEqual(['qwen2.5-coder-0.5b', 'glm-edge-1.5b-chat']);
  });
});

describe('the model table', () => {
  it('has unique names, whole hashes, and parts that add up', () => {
    expect(new Set(MODEL_TABLE.map(({ name }) => name)).size).toBe(MODEL_TABLE.length);
    for (const { files } of MODEL_TABLE) {
      for (const { bytes, sha256, locations } of files) {
        if (sha256 !== null) expect(sha256).toMatch(/^[0-9a-f]{64}$/);
        for (const location of locations) {
          if (location.kind !== 'pip') continue;
          const sum = location.parts.reduce((total, part) => total + part.bytes, 0);
          expect(sum).toBe(bytes);
        }
      }
    }
  });
});
