/** The generator's own belief that a text supports a claim: log-odds of "yes" against "no". */
import { ModelEngine } from '../../../generator/model-engine.ts';

const SYSTEM = 'You check facts. Answer with yes or no only.';

/** Log-odds of each pair, in order; zero-shot, one pass a pair. Loads and closes the model. */
export async function askGenerator(
  weightsPath: string,
  pairs: readonly { readonly claim: string; readonly text: string }[],
  options: { readonly cacheDir: string; readonly signal: AbortSignal },
): Promise<number[]> {
  const engine = await ModelEngine.open({
    weightsPath,
    cacheDir: options.cacheDir,
    threads: 0,
    device: 'cpu',
  });
  const first = (words: readonly string[]): Set<number> =>
    new Set(words.map((word) => engine.tokenizer.encode(word)[0] ?? -1));
  const yes = first(['yes', 'Yes', ' yes', ' Yes']);
  const no = first(['no', 'No', ' no', ' No']);
  const result: number[] = [];
  try {
    for (const { claim, text } of pairs) {
      const ids = engine.encodePrompt({
        kind: 'chat',
        messages: [
          { role: 'system', content: SYSTEM },
          {
            role: 'user',
            content: `Text: ${text}\n\nClaim: ${claim}\n\nDoes the text say that the claim is true?`,
          },
        ],
      });
      let odds = 0;
      await engine.decoder.forEachLogits(ids, options.signal, (position, logits) => {
        if (position !== ids.length - 1) return;
        const mass = (some: ReadonlySet<number>): number =>
          Math.log([...some].reduce((sum, id) => sum + Math.exp(logits[id] ?? -1e9), 0));
        odds = mass(yes) - mass(no);
      });
      result.push(odds);
    }
  } finally {
    await engine.close();
  }
  return result;
}
