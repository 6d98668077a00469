/** Our own engine, in the process that asks. */
import { ModelEngine } from '../../../../generator/model-engine.ts';
import { parseGlmForm } from '../../../../generator/glm/matrix-form.ts';
import type { Subject, SubjectOptions } from './subject.ts';

export async function openFootnote(options: SubjectOptions): Promise<Subject> {
  const engine = await ModelEngine.open({
    weightsPath: options.weightsPath,
    cacheDir: options.cacheDir,
    threads: options.threads,
    device: 'cpu',
    form: parseGlmForm(options.form),
    cache: options.kv === 'int8' ? 'int8' : undefined,
  });
  const { signal } = new AbortController();
  return {
    run: async ({ prompts, maxTokens, drafts, copyAhead, awaited = 0 }) => {
      const before = engine.decoder.stats;
      const start = performance.now();
      let made = 0;
      const arrivals: [number, number, number][] = [];
      const decode = (
        prompt: readonly number[],
        rows: number,
        offset: number,
      ): ReturnType<typeof engine.decoder.decode> =>
        engine.decoder.decode(prompt, {
          maxTokens,
          temperatures: Array.from({ length: rows }, () => 0),
          topP: 1,
          topK: 1,
          seed: 1,
          stopIds: [],
          copyAhead,
          signal,
          isAwaited: () => made < awaited,
          onTokens: (row, ids) => {
            made += ids.length;
            arrivals.push([performance.now() - start, row + offset, ids.length]);
            return true;
          },
        });
      // Several prompts are several callers, who share the decoder.
      const rows = await Promise.all(
        prompts.map((prompt, index) => decode(prompt, prompts.length === 1 ? drafts : 1, index)),
      );
      const totalMs = performance.now() - start;
      const after = engine.decoder.stats;
      const steps = after.steps - before.steps;
      return {
        arrivals,
        totalMs,
        ids: rows[0]?.[0]?.ids ?? [],
        steps,
        proposed: after.positions - before.positions - steps,
      };
    },
  };
}
