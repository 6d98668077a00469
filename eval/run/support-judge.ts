import type { EntailmentJudge } from '../metrics/citation-quality.ts';
import type { OpenStage } from './run-stage.ts';

/**
 * The product's own support judge, through its stage. It also decides what the product says, so figures
 * by it are kinder to the product than others: the lexical judge stands beside it.
 */
export function supportJudge(stage: OpenStage): EntailmentJudge & { close(): Promise<void> } {
  return {
    name: "footnote's own support judge (it also chose the citations)",
    entails: async (premise, claim, { signal }) => {
      const line = { id: 0, claim, references: [premise] };
      const verdict = (await stage.work(line, signal)) as { readonly attributable?: unknown };
      return verdict.attributable === true;
    },
    close: () => stage.close(),
  };
}
