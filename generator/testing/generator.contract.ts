/** What every generator has to do, whatever writes the text: one suite for all of them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Prompt } from '../../src/core/nouns.ts';
import type { GenerateOptions, Generator } from '../../src/core/seams.ts';

export interface GeneratorCase {
  readonly name: string;
  /** Opens one whose texts go on until `maxTokens`. */
  open(): Promise<Generator & { close(): Promise<void> }>;
  /** What takes the generator some hundred milliseconds at least. */
  readonly slow: Pick<GenerateOptions, 'maxTokens' | 'drafts'>;
  /** Seeds decide the text: false for a server that does not promise it. */
  readonly seeded: boolean;
}

const never = new AbortController().signal;
const prompt: Prompt = {
  kind: 'chat',
  messages: [
    { role: 'system', content: 'You answer in plain sentences.' },
    { role: 'user', content: 'Tell me at length what the river carries to the sea.' },
  ],
};
const base: GenerateOptions = {
  drafts: 1,
  maxTokens: 12,
  temperature: 0,
  topP: 0.95,
  topK: 40,
  seed: 7,
  signal: never,
};

export function describeGenerator(one: GeneratorCase): void {
  describe(`the generator seam: ${one.name}`, () => {
    let generator: Generator & { close(): Promise<void> };
    beforeAll(async () => {
      generator = await one.open();
    });
    afterAll(() => generator.close());

    it('returns as many drafts as asked, in order, and streams each one as it is', async () => {
      const streamed = ['', '', ''];
      const drafts = await generator.generate(prompt, {
        ...base,
        drafts: 3,
        temperature: 0.8,
        onDelta: (index, text) => {
          streamed[index] += text;
        },
      });
      expect(drafts).toHaveLength(3);
      expect(drafts.map(({ text }) => text)).toEqual(streamed);
      for (const draft of drafts) {
        expect(draft.kind).toBe('generated');
        expect(draft.text).not.toBe('');
        expect(draft.promptTokens).toBeGreaterThan(0);
        expect(draft.completionTokens).toBeGreaterThan(0);
        expect(['stop', 'length']).toContain(draft.finishReason);
      }
    });

    it('writes the same text greedily, whatever the seed', async () => {
      const [first] = await generator.generate(prompt, base);
      const [second] = await generator.generate(prompt, { ...base, seed: 991 });
      expect(second?.text).toBe(first?.text);
    });

    it.runIf(one.seeded)(
      'writes the same samples for the same seed, others for another',
      async () => {
        const sampled = { ...base, drafts: 2, temperature: 1 };
        const texts = async (seed: number): Promise<string[]> =>
          (await generator.generate(prompt, { ...sampled, seed })).map(({ text }) => text);
        const first = await texts(3);
        expect(await texts(3)).toEqual(first);
        expect(await texts(1_234)).not.toEqual(first);
        expect(new Set(first).size).toBe(2);
      },
    );

    it('ends at a stop string and shows nothing of it, also of a fifth one', async () => {
      const [whole] = await generator.generate(prompt, base);
      const text = whole?.text ?? '';
      const stop = text.slice(Math.floor(text.length / 2), Math.floor(text.length / 2) + 3);
      let streamed = '';
      const [cut] = await generator.generate(prompt, {
        ...base,
        stop: ['never 1', 'never 2', 'never 3', 'never 4', stop],
        onDelta: (_, delta) => {
          streamed += delta;
        },
      });
      expect(cut?.text).toBe(text.slice(0, text.indexOf(stop)));
      expect(streamed).toBe(cut?.text);
      expect(cut?.finishReason).toBe('stop');
    });

    it('stops within a second when the caller leaves, and serves the next call', async () => {
      const controller = new AbortController();
      const running = generator.generate(prompt, {
        ...base,
        ...one.slow,
        signal: controller.signal,
        onDelta: () => {
          controller.abort();
        },
      });
      let cancelledAt = 0;
      controller.signal.addEventListener('abort', () => {
        cancelledAt = performance.now();
      });
      await expect(running).rejects.toMatchObject({ code: 'cancelled' });
      expect(performance.now() - cancelledAt).toBeLessThan(1_000);
      const [draft] = await generator.generate(prompt, base);
      expect(draft?.text).not.toBe('');
    });

    it('reports a deadline as a timeout', async () => {
      const { FootnoteError } = await import('../../src/core/errors.ts');
      const controller = new AbortController();
      setTimeout(() => {
        controller.abort(new FootnoteError('timeout', 'too slow'));
      }, 60);
      await expect(
        generator.generate(prompt, {
          ...base,
          ...one.slow,
          signal: controller.signal,
        }),
      ).rejects.toMatchObject({ code: 'timeout' });
    });

    it('refuses a number of drafts out of range', async () => {
      await expect(generator.generate(prompt, { ...base, drafts: 0 })).rejects.toMatchObject({
        code: 'bad-request',
      });
    });
  });
}
