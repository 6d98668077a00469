import type { Answer } from '../../src/core/nouns.ts';
import type { QuestionTrace } from './question-trace.ts';

/** One item of a run: what was asked, what came out, and the figures drawn from it. */
export interface EvalRecord {
  readonly id: string;
  readonly group: string;
  readonly question: string;
  readonly gold: readonly string[];
  /** Null for the stage suites, and when no answer came. */
  readonly answer: Answer | null;
  /** The problem, when nothing came out. */
  readonly error: string | null;
  readonly metrics: Readonly<Record<string, number>>;
  /** Labels to group by: source, placement, attack, … */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly trace?: QuestionTrace | undefined;
}
