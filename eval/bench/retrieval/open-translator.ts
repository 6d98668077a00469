import { homedir } from 'node:os';
import { join } from 'node:path';
import { LocalGenerator } from '../../../generator/local-generator.ts';
import {
  questionTranslator,
  type TranslateQuestion,
} from '../../../generator/prompt/translate-question.ts';

const PATIENCE_MS = 60_000;

/** Translations as the product has them, from a GGUF file; no haste. */
export async function openTranslator(
  weightsPath: string,
  signal: AbortSignal,
): Promise<{ readonly translate: TranslateQuestion; readonly close: () => Promise<void> }> {
  const generator = await LocalGenerator.open({
    weightsPath,
    model: 'translator',
    cacheDir: join(homedir(), '.cache/footnote'),
    threads: 0,
    device: 'cpu',
    signal,
  });
  return {
    translate: questionTranslator(() => Promise.resolve(generator), PATIENCE_MS),
    close: () => generator.close(),
  };
}
