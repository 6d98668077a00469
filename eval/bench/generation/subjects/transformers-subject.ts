/**
 * `@huggingface/transformers` on an ONNX model in its own layout, exported from the same weights (see
 * `export-transformers-model.ts`): what differs from ours is its decode loop, step by step through
 * JavaScript, and its batching.
 */
import { AutoModelForCausalLM, env, Tensor } from '@huggingface/transformers';
import { exportTransformersModel } from './export-transformers-model.ts';
import type { Subject, SubjectOptions } from './subject.ts';

export async function openTransformers(options: SubjectOptions): Promise<Subject> {
  const folder = exportTransformersModel(options);
  env.allowRemoteModels = false;
  env.allowLocalModels = true;
  const model = await AutoModelForCausalLM.from_pretrained(folder, {
    dtype: 'fp32',
    device: 'cpu',
    session_options: { intraOpNumThreads: options.threads, interOpNumThreads: 1 },
  });
  return {
    run: async ({ prompts, maxTokens, drafts }) => {
      const texts =
        prompts.length === 1 && drafts > 1
          ? Array.from({ length: drafts }, () => prompts[0] as readonly number[])
          : prompts;
      const length = texts[0]?.length ?? 0;
      const int64 = (value: (id: number) => number): Tensor =>
        new Tensor(
          'int64',
          BigInt64Array.from(texts.flat(), (id) => BigInt(value(id))),
          [texts.length, length],
        );
      const start = performance.now();
      const arrivals: [number, number, number][] = [];
      let shown = 0;
      const output = (await model.generate({
        inputs: int64((id) => id),
        attention_mask: int64(() => 1),
        max_new_tokens: maxTokens,
        min_new_tokens: maxTokens,
        do_sample: false,
        streamer: {
          put: () => {
            // The first call shows the prompt, each further one a token of every row.
            shown += 1;
            if (shown === 1) return;
            const at = performance.now() - start;
            for (let row = 0; row < texts.length; row += 1) arrivals.push([at, row, 1]);
          },
          end: () => undefined,
        },
      } as never)) as Tensor;
      const totalMs = performance.now() - start;
      const ids = Array.from(output.data as BigInt64Array, Number).slice(
        length,
        length + maxTokens,
      );
      return { arrivals, totalMs, ids };
    },
  };
}
