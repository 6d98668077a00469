/** Distributions of llama.cpp (node-llama-cpp, its prebuilt CPU binary), computed once and kept on disk. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { getLlama, LlamaLogLevel, type Token } from 'node-llama-cpp';
import { packageRoot } from '../../../src/core/package-root.ts';
import {
  bestTokens,
  newRecord,
  readRecord,
  recordPath,
  writeRecord,
  type DistributionRecord,
} from './distribution-record.ts';

/** Positions whose distributions are held at once: each is a map of the whole vocabulary. */
const slice = 16;

/**
 * Calls `visit` with llama.cpp's record of each window, in order.
 * @param name names the weights among the records in `folder`
 */
export async function forEachLlamaRecord(
  options: {
    readonly weightsPath: string;
    readonly name: string;
    readonly folder: string;
    readonly threads: number;
    /** A Python that has llama-cpp-python; without it node-llama-cpp is used, which takes an hour. */
    readonly python: string | undefined;
  },
  windows: readonly (readonly number[])[],
  visit: (index: number, record: DistributionRecord) => Promise<void> | void,
): Promise<void> {
  const { folder, name } = options;
  const missing = windows.filter((ids) => readRecord(folder, name, ids) === null);
  if (missing.length > 0 && options.python !== undefined) {
    await recordWithPython({ ...options, python: options.python }, missing);
  }
  const opened =
    missing.length > 0 && options.python === undefined
      ? await openLlama(options.weightsPath, options.threads)
      : null;
  try {
    for (const [index, ids] of windows.entries()) {
      let record = readRecord(folder, name, ids);
      if (record === null) {
        if (opened === null) throw new Error('llama.cpp through Python left a window out');
        record = await opened.record(ids);
        writeRecord(folder, name, record);
      }
      await visit(index, record);
    }
  } finally {
    await opened?.close();
  }
}

async function recordWithPython(
  options: {
    readonly weightsPath: string;
    readonly name: string;
    readonly folder: string;
    readonly threads: number;
    readonly python: string;
  },
  windows: readonly (readonly number[])[],
): Promise<void> {
  mkdirSync(options.folder, { recursive: true });
  const script = join(packageRoot, 'eval/bench/parity/llama_reference.py');
  const child = spawn(
    options.python,
    [script, options.weightsPath, String(options.threads), String(bestTokens)],
    { stdio: ['pipe', 'ignore', 'inherit'] },
  );
  for (const ids of windows) {
    const out = recordPath(options.folder, options.name, ids);
    child.stdin.write(`${JSON.stringify({ ids, out })}\n`);
  }
  child.stdin.end();
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`llama_reference.py ended with ${String(code)}`);
}

async function openLlama(
  weightsPath: string,
  threads: number,
): Promise<{
  readonly record: (ids: readonly number[]) => Promise<DistributionRecord>;
  readonly close: () => Promise<void>;
}> {
  const llama = await getLlama({ gpu: false, build: 'never', logLevel: LlamaLogLevel.error });
  const model = await llama.loadModel({ modelPath: weightsPath });
  const context = await model.createContext({ contextSize: 1024, sequences: 1, threads });
  return {
    record: async (ids) => {
      const record = newRecord(ids);
      const sequence = context.getSequence();
      // Temperature 1 without any filter: the model's own distribution.
      const options = { temperature: 1, minP: 0, topK: 0, topP: 1 };
      for (let at = 0; at < ids.length; at += slice) {
        const part = ids.slice(at, at + slice);
        const outputs = await sequence.controlledEvaluate(
          part.map((id) => [id as Token, { generateNext: { probabilities: true, options } }]),
        );
        outputs.forEach((output, index) => {
          // Sorted from the most probable on.
          const probabilities = output?.next.probabilities ?? new Map<Token, number>();
          const position = at + index;
          let place = position * bestTokens;
          for (const [token, probability] of probabilities) {
            if (place === (position + 1) * bestTokens) break;
            record.best[place] = Number(token);
            record.logProbabilities[place] = Math.log(probability);
            place += 1;
          }
          const next = ids[position + 1];
          if (next !== undefined)
            record.next[position] = Math.log(probabilities.get(next as Token) ?? NaN);
        });
      }
      await sequence.dispose();
      return record;
    },
    close: async () => {
      await context.dispose();
      await model.dispose();
      await llama.dispose();
    },
  };
}
