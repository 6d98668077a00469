/** Opens the judge of answers, with the cross-encoder where its weights are in the store. */
import { existsSync } from 'node:fs';
import { AnswerJudge } from '../../scorer/answer-judge.ts';
import type { Config } from '../core/config.ts';
import type { Warning } from '../core/nouns.ts';
import type { ModelStore } from '../runtime/models/model-store.ts';

/**
 * Nothing is fetched: without the weights, or with `judgeReader` off, the judge by features serves alone.
 * @returns the judge, and a warning where the weights are missing; `onNotice` is given the same
 * @throws FootnoteError `cancelled`
 */
export async function openJudge(
  config: Config,
  store: Pick<ModelStore, 'resolve'>,
  options: {
    readonly signal: AbortSignal;
    readonly onNotice?: ((message: string) => void) | undefined;
  },
): Promise<{ readonly judge: AnswerJudge; readonly warnings: readonly Warning[] }> {
  const { cacheDir, threads, embedder } = config;
  if (!config.judgeReader) return { judge: new AnswerJudge(), warnings: [] };
  const found = await store
    .resolve(embedder, { signal: options.signal })
    .then(({ path }) => (existsSync(path) ? path : null))
    .catch((error: unknown) => {
      if (options.signal.aborted) throw error;
      return null;
    });
  if (found === null) {
    const message = `judging without the cross-encoder: ${embedder} is not in the model store`;
    options.onNotice?.(message);
    return { judge: new AnswerJudge(), warnings: [{ code: 'model-missing', message }] };
  }
  const setup = { weightsPath: found, cacheDir, threads };
  return { judge: new AnswerJudge({ crossEncoder: () => Promise.resolve(setup) }), warnings: [] };
}
