/** The generator's process: opens the model on the first call that needs it and answers calls in turn. */
import type { Draft, Prompt } from '../src/core/nouns.ts';
import { serveChild, type ChildContext } from '../src/runtime/serve-child.ts';
import { ModelEngine, type EngineOptions, type EngineRequest } from './model-engine.ts';

export interface OpenResult {
  readonly converted: boolean;
  readonly vocabSize: number;
  readonly contextTokens: number;
}

let engine: Promise<ModelEngine> | undefined;

function open(options: EngineOptions): Promise<ModelEngine> {
  engine ??= ModelEngine.open(options).catch((error: unknown) => {
    // The next call may find the file repaired.
    engine = undefined;
    throw error;
  });
  return engine;
}

serveChild({
  open: async (params: { options: EngineOptions }): Promise<OpenResult> => {
    const { converted, decoder } = await open(params.options);
    return {
      converted,
      vocabSize: decoder.config.vocab_size,
      contextTokens: decoder.config.max_position_embeddings,
    };
  },
  generate: async (
    params: { options: EngineOptions; request: EngineRequest },
    { signal, emit }: ChildContext,
  ): Promise<Draft[]> => {
    const model = await open(params.options);
    return model.generate(params.request, signal, (index, text) => {
      emit({ index, text });
    });
  },
  logProbabilities: async (
    params: { options: EngineOptions; prompt: Prompt; continuations: readonly string[] },
    { signal }: ChildContext,
  ): Promise<readonly number[]> =>
    (await open(params.options)).logProbabilities(params.prompt, params.continuations, signal),
  perplexity: async (
    params: { options: EngineOptions; text: string },
    { signal }: ChildContext,
  ): Promise<number> => (await open(params.options)).perplexity(params.text, signal),
  countTokens: async (params: {
    options: EngineOptions;
    texts: readonly string[];
  }): Promise<number[]> => {
    const { tokenizer } = await open(params.options);
    return params.texts.map((text) => tokenizer.encode(text).length);
  },
});
