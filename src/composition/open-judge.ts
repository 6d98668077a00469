/** Opens the judge of answers, with the reader where its weights are in the store. */
import { existsSync } from 'node:fs';
import { AnswerJudge } from '../../scorer/answer-judge.ts';
import type { Config } from '../core/config.ts';
import type { ModelStore } from '../runtime/models/model-store.ts';

/**
 * Nothing is fetched: without the weights, or with `judgeReader` off, the judge by features serves alone.
 * `onNotice` is told which, once.
 */
export function openJudge(
  config: Config,
  store: ModelStore,
  options: { readonly signal: AbortSignal; readonly onNotice?: (message: string) => void },
): AnswerJudge {
  const { cacheDir, threads, embedder } = config;
  if (!config.judgeReader) return new AnswerJudge({});
  return new AnswerJudge({
    reader: async () => {
      const { path } = await store.resolve(embedder, { signal: options.signal });
      if (existsSync(path)) return { weightsPath: path, cacheDir, threads };
      options.onNotice?.(`judging without the reader: ${embedder} is not in the model store`);
      return null;
    },
  });
}
