/**
 * The GLM engine against llama.cpp (node-llama-cpp, its prebuilt CPU binary) with the same weights:
 * the same tokens are fed to both, and the distributions after each position are compared.
 */
import { getLlama, LlamaLogLevel, type Token } from 'node-llama-cpp';
import type { ModelEngine } from '../../../generator/model-engine.ts';
import { bestTokens, logSumExp } from './distribution-record.ts';

export interface ParityRow {
  readonly prompt: string;
  readonly positions: number;
  /** Positions at which both engines put the same token first. */
  readonly sameTop: number;
  /** Largest and mean difference of the log-probability of the text's own next token, in nats. */
  readonly largestDifference: number;
  readonly meanDifference: number;
  /** Mean KL(llama.cpp || ours) in nats, over llama.cpp's 128 best tokens, all others as one. */
  readonly meanKl: number;
  /** The same without the first position: what follows a single token is no text that a model reads. */
  readonly meanLaterKl: number;
  /** True when both tokenizers gave the same ids. */
  readonly sameTokens: boolean;
}

interface Theirs {
  readonly top: number;
  /** Log-probabilities of the best tokens and of the text's next token. */
  readonly logProbabilities: ReadonlyMap<number, number>;
}

/**
 * Compares the engine with llama.cpp on texts.
 * @param texts each of at least two tokens
 */
export async function compareWithLlama(
  engine: ModelEngine,
  weightsPath: string,
  texts: readonly string[],
  signal: AbortSignal,
): Promise<ParityRow[]> {
  const llama = await getLlama({ gpu: false, build: 'never', logLevel: LlamaLogLevel.error });
  const model = await llama.loadModel({ modelPath: weightsPath });
  const context = await model.createContext({
    contextSize: 1024,
    sequences: 1,
    // More threads wait for each other on busy cores.
    threads: 1,
  });
  try {
    const rows: ParityRow[] = [];
    for (const prompt of texts) {
      const ids = model.tokenize(prompt, false);
      const ours = engine.tokenizer.encode(prompt);
      const sequence = context.getSequence();
      // Temperature 1 without any filter: the model's own distribution.
      const options = { temperature: 1, minP: 0, topK: 0, topP: 1 };
      const outputs = await sequence.controlledEvaluate(
        ids.map((token) => [token, { generateNext: { probabilities: true, options } }]),
      );
      await sequence.dispose();
      const theirs = outputs.map((output, index): Theirs => {
        const probabilities = output?.next.probabilities ?? new Map<Token, number>();
        // Sorted from the most probable on.
        const best = [...probabilities].slice(0, bestTokens);
        const next = ids[index + 1];
        const own = next === undefined ? undefined : probabilities.get(next);
        const kept = own === undefined ? best : [...best, [next, own] as const];
        return {
          top: Number(best[0]?.[0]),
          logProbabilities: new Map(
            kept.map(([token, probability]) => [Number(token), Math.log(probability)]),
          ),
        };
      });
      rows.push({
        prompt,
        sameTokens:
          ours.length === ids.length && ours.every((id, index) => id === Number(ids[index])),
        ...(await compare(engine, ids.map(Number), theirs, signal)),
      });
    }
    return rows;
  } finally {
    await context.dispose();
    await model.dispose();
    await llama.dispose();
  }
}

async function compare(
  engine: ModelEngine,
  ids: readonly number[],
  theirs: readonly Theirs[],
  signal: AbortSignal,
): Promise<Omit<ParityRow, 'prompt' | 'sameTokens'>> {
  let sameTop = 0;
  let largest = 0;
  let sum = 0;
  let kl = 0;
  let firstKl = 0;
  await engine.decoder.forEachLogits(ids, signal, (position, logits) => {
    const their = theirs[position];
    if (their === undefined) return;
    const normaliser = logSumExp(logits);
    let top = 0;
    for (let id = 1; id < logits.length; id += 1) {
      if ((logits[id] as number) > (logits[top] as number)) top = id;
    }
    if (top === their.top) sameTop += 1;
    let ourRest = 1;
    let theirRest = 1;
    for (const [token, logProbability] of their.logProbabilities) {
      const our = (logits[token] as number) - normaliser;
      kl += Math.exp(logProbability) * (logProbability - our);
      ourRest -= Math.exp(our);
      theirRest -= Math.exp(logProbability);
    }
    if (ourRest > 1e-9 && theirRest > 1e-9) kl += theirRest * Math.log(theirRest / ourRest);
    if (position === 0) firstKl = kl;
    const next = ids[position + 1];
    if (next === undefined) return;
    const difference = Math.abs(
      (their.logProbabilities.get(next) ?? NaN) - ((logits[next] as number) - normaliser),
    );
    sum += difference;
    if (!(difference <= largest)) largest = difference;
  });
  return {
    positions: ids.length,
    sameTop,
    largestDifference: largest,
    meanDifference: sum / (ids.length - 1),
    meanKl: kl / ids.length,
    meanLaterKl: (kl - firstKl) / (ids.length - 1),
  };
}
