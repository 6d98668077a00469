import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Prompt } from '../src/core/nouns.ts';
import { weights } from '../test/weights.ts';
import { LocalGenerator } from './local-generator.ts';
import { writeTinyModel } from './tiny-model.ts';

const folder = mkdtempSync(join(tmpdir(), 'footnote-generator-'));
const { signal } = new AbortController();
const path = join(folder, 'tiny.gguf');
const prompt: Prompt = {
  kind: 'chat',
  messages: [{ role: 'user', content: 'What does the river carry? 河' }],
};
const greedy = { drafts: 1, maxTokens: 24, temperature: 0, topP: 1, topK: 0, seed: 5, signal };

const open = (weightsPath = path): Promise<LocalGenerator> =>
  LocalGenerator.open({
    weightsPath,
    model: 'tiny',
    cacheDir: join(folder, 'cache'),
    threads: 1,
    device: 'cpu',
    signal,
    maxQueued: 2,
    maxTogether: 2,
  });

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('LocalGenerator', () => {
  let generator: LocalGenerator;
  beforeAll(async () => {
    writeTinyModel(path, 'chatglm');
    generator = await open();
  });
  afterAll(() => generator.close());

  it('says how probable texts are behind a prompt', async () => {
    const letters = 'abcdefghij'.split('');
    const found = await generator.logProbabilities(prompt, letters, { signal });
    const mass = found.reduce((sum, value) => sum + Math.exp(value), 0);
    expect(mass).toBeGreaterThan(0);
    expect(mass).toBeLessThan(1);
    expect(new Set(found).size).toBe(letters.length);
    // A longer text is less probable than what it begins with.
    const [longer] = await generator.logProbabilities(prompt, ['a sea'], { signal });
    expect(longer).toBeLessThan(found[0] as number);
    await expect(generator.logProbabilities(prompt, [], { signal })).rejects.toMatchObject({
      code: 'bad-request',
    });
  });

  it('streams the very text that it returns, draft by draft', async () => {
    const streamed = ['', '', ''];
    const drafts = await generator.generate(prompt, {
      ...greedy,
      drafts: 3,
      temperature: 0.9,
      onDelta: (index, text) => {
        streamed[index] += text;
      },
    });
    expect(drafts.map(({ text }) => text)).toEqual(streamed);
    expect(new Set(streamed).size).toBe(3);
    for (const draft of drafts) {
      expect(draft.completionTokens).toBeLessThanOrEqual(24);
      expect(draft.meanLogProbability).toBeLessThan(0);
    }
    const again = await generator.generate(prompt, { ...greedy, drafts: 3, temperature: 0.9 });
    expect(again).toEqual(drafts);
  });

  it('ends at a stop string and shows nothing of it', async () => {
    const [whole] = await generator.generate(prompt, greedy);
    const text = whole?.text ?? '';
    const stop = text.slice(6, 9);
    let streamed = '';
    const [cut] = await generator.generate(prompt, {
      ...greedy,
      stop: [stop],
      onDelta: (_, delta) => {
        streamed += delta;
      },
    });
    expect(cut?.text).toBe(text.slice(0, text.indexOf(stop)));
    expect(streamed).toBe(cut?.text);
    expect(cut?.finishReason).toBe('stop');
  });

  it.each(['SIGKILL', 'SIGABRT'] as const)(
    'writes on when its process dies by %s: the same text, nothing shown twice',
    async (killer) => {
      const options = { ...greedy, drafts: 3, maxTokens: 120, temperature: 0.9 };
      const calm = await generator.generate(prompt, options);
      const { pids } = generator;
      const streamed = ['', '', ''];
      const drafts = await generator.generate(prompt, {
        ...options,
        onDelta: (index, text) => {
          streamed[index] += text;
          if (generator.pids[0] === pids[0]) process.kill(pids[0] as number, killer);
        },
      });
      expect(generator.pids).not.toEqual(pids);
      expect(drafts).toEqual(calm);
      expect(streamed).toEqual(drafts.map(({ text }) => text));
    },
  );

  it('fails a call whose process dies twice, and serves the next', async () => {
    const running = generator.generate(prompt, { ...greedy, drafts: 16, maxTokens: 200 });
    const killer = setInterval(() => {
      for (const pid of generator.pids) process.kill(pid, 'SIGKILL');
    }, 20);
    await expect(running).rejects.toMatchObject({ code: 'worker-crashed', retryable: true });
    clearInterval(killer);
    const [draft] = await generator.generate(prompt, greedy);
    expect(draft?.text).not.toBe('');
  });

  it('cancels a call between runs and keeps the process', async () => {
    const controller = new AbortController();
    const { pids } = generator;
    const running = generator.generate(prompt, {
      ...greedy,
      drafts: 16,
      maxTokens: 160,
      signal: controller.signal,
      onDelta: () => {
        controller.abort();
      },
    });
    await expect(running).rejects.toMatchObject({ code: 'cancelled' });
    await generator.generate(prompt, { ...greedy, maxTokens: 1 });
    expect(generator.pids).toEqual(pids);
  });

  it('refuses more calls than may wait, wrong options and long prompts', async () => {
    // Two are written together, two wait.
    const calls = Array.from({ length: 5 }, () => generator.generate(prompt, greedy));
    const codes = (await Promise.allSettled(calls)).map((result) =>
      result.status === 'fulfilled' ? 'done' : (result.reason as { code: string }).code,
    );
    expect(codes).toEqual(['done', 'done', 'done', 'done', 'overloaded']);
    await expect(generator.generate(prompt, { ...greedy, drafts: 0 })).rejects.toMatchObject({
      code: 'bad-request',
    });
    const long: Prompt = { kind: 'completion', text: 'long '.repeat(3000) };
    await expect(generator.generate(long, greedy)).rejects.toMatchObject({
      code: 'prompt-too-long',
    });
  });

  it('refuses weights whose perplexity is out of range', async () => {
    const check = await generator.selfCheck({ perplexity: { min: 2, max: 100 }, signal });
    expect(check.ok).toBe(false);
    expect(check.perplexity).toBeGreaterThan(100);
    expect(check.detail).toContain('outside 2 to 100');
  });

  it('refuses damaged weights by name', async () => {
    const cut = join(folder, 'cut.gguf');
    writeFileSync(cut, readFileSync(path));
    truncateSync(cut, 20_000);
    await expect(open(cut)).rejects.toMatchObject({ code: 'model-invalid' });
    await expect(open(join(folder, 'none.gguf'))).rejects.toMatchObject({ code: 'model-missing' });
  });
});

const smollm = weights('smollm2-135m');
describe.skipIf(smollm === null)(
  'LocalGenerator on smollm2-135m (skipped where its weights are absent)',
  () => {
    it('passes its self-check and answers from a text', async () => {
      const generator = await open(smollm as string);
      const check = await generator.selfCheck({ perplexity: { min: 8, max: 20 }, signal });
      expect(check).toMatchObject({ ok: true });
      const [draft] = await generator.generate(
        {
          kind: 'chat',
          messages: [
            {
              role: 'user',
              content: 'What is the capital of France? Answer in one short sentence.',
            },
          ],
        },
        greedy,
      );
      expect(draft?.text).toContain('Paris');
      await generator.close();
      // The weights are converted first, which a busy machine draws out.
    }, 240_000);
  },
);
