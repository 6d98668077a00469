import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { writeTinyModel } from '../../../../generator/tiny-model.ts';
import { openFootnote } from './footnote-subject.ts';
import { openTransformers } from './transformers-subject.ts';

const folder = mkdtempSync(join(tmpdir(), 'footnote-subjects-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('programs of the generation bench', () => {
  it('write the same tokens from the same weights, ours and transformers.js', async () => {
    const weightsPath = join(folder, 'tiny.gguf');
    writeTinyModel(weightsPath, 'qwen2');
    const options = { weightsPath, threads: 1, cacheDir: folder, form: 'float32', python: '' };
    const footnote = await openFootnote(options);
    const transformers = await openTransformers(options);
    const prompt = [5, 200, 33, 17, 90, 256, 64, 1, 1, 120];
    const task = { prompts: [prompt], maxTokens: 12, drafts: 1, copyAhead: false };
    const ours = await footnote.run(task);
    const theirs = await transformers.run(task);
    expect(ours.ids).toHaveLength(12);
    expect(theirs.ids).toEqual(ours.ids);
    const count = (arrivals: readonly (readonly number[])[]): number =>
      arrivals.reduce((sum, [, , tokens = 0]) => sum + tokens, 0);
    expect(count(ours.arrivals)).toBe(12);
    expect(count(theirs.arrivals)).toBe(12);
    const several = { ...task, prompts: [prompt, prompt.toReversed()] };
    expect((await transformers.run(several)).ids).toEqual((await footnote.run(several)).ids);
  }, 60_000);
});
