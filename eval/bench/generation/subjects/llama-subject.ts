/** llama.cpp through node-llama-cpp: its prebuilt binary, never compiled here. */
import {
  getLlama,
  InputLookupTokenPredictor,
  LlamaLogLevel,
  type LlamaContextSequence,
  type Token,
} from 'node-llama-cpp';
import type { Subject, SubjectOptions } from './subject.ts';

/** Most rows of a task, and the longest text of a row. */
const rowsMost = 8;
const rowTokens = 2304;

/** @param looksUp where a task allows copies, with its own prompt look-up as it comes */
export async function openLlama(options: SubjectOptions, looksUp: boolean): Promise<Subject> {
  const llama = await getLlama({
    gpu: false,
    build: 'never',
    logLevel: LlamaLogLevel.error,
    maxThreads: options.threads,
  });
  const model = await llama.loadModel({ modelPath: options.weightsPath });
  const context = await model.createContext({
    contextSize: rowTokens,
    sequences: rowsMost,
    batchSize: 512,
    threads: options.threads,
  });
  return {
    run: async ({ prompts, maxTokens, drafts, copyAhead }) => {
      const start = performance.now();
      const arrivals: [number, number, number][] = [];
      const row = async (
        sequence: LlamaContextSequence,
        prompt: readonly number[],
        index: number,
      ): Promise<number[]> => {
        const ids: number[] = [];
        for await (const token of sequence.evaluate([...prompt] as Token[], { temperature: 0 })) {
          arrivals.push([performance.now() - start, index, 1]);
          ids.push(Number(token));
          if (ids.length === maxTokens) break;
        }
        return ids;
      };
      // It has no shared prefill: each draft is a row of its own.
      const texts =
        prompts.length === 1 && drafts > 1
          ? Array.from({ length: drafts }, () => prompts[0] as readonly number[])
          : prompts;
      const sequences = texts.map(() =>
        context.getSequence(
          looksUp && copyAhead ? { tokenPredictor: new InputLookupTokenPredictor() } : {},
        ),
      );
      const rows = await Promise.all(
        texts.map((prompt, index) => row(sequences[index] as LlamaContextSequence, prompt, index)),
      );
      const totalMs = performance.now() - start;
      for (const sequence of sequences) await sequence.dispose();
      return { arrivals, totalMs, ids: rows[0] ?? [] };
    },
  };
}
