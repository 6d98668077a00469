/** What a suite is: questions for the whole product, or lines for one of its stages. */
import type { WebTap } from '../../src/composition/web-seams.ts';
import type { EvalQuestion } from '../run/eval-question.ts';
import type { EvalRecord } from '../run/eval-record.ts';

export interface SuiteOptions {
  /** File or folder; empty for suites that need none. */
  readonly data: string;
  /** Items in a group; undefined: the suite's own default. */
  readonly limit: number | undefined;
  /** Folder of a frozen web that stands in for the live one. */
  readonly frozenWeb: string | undefined;
  /** The configured folder of documents, where there is one. */
  readonly corpus?: string | undefined;
}

export interface QuestionGroup {
  readonly name: string;
  readonly questions: readonly EvalQuestion[];
}

export interface OpenQuestions {
  readonly groups: readonly QuestionGroup[];
  /** Settings over the user's own: which search, which addresses. */
  readonly overrides: Readonly<Record<string, unknown>>;
  /** What stands in for the live web, in words; null where the suite's own web is meant. */
  readonly standIn: string | null;
  /** The suite's own place between pipeline and web. */
  readonly tap?: WebTap | undefined;
  /** True: a search first has an index to make; it is waited for before anything is asked. */
  readonly indexed?: boolean | undefined;
  readonly close: () => Promise<void>;
}

/** Further figures of a suite, from all its records: shown as tables in the report. */
export type Summary = Readonly<Record<string, unknown>>;

export interface QuestionSuite {
  readonly kind: 'questions';
  readonly name: string;
  readonly description: string;
  /** True: asks the live web, so that what it fetched is recorded. */
  readonly live: boolean;
  readonly needsData: boolean;
  /** True: timings are what it is about, so that questions are asked one at a time. */
  readonly timed?: boolean | undefined;
  readonly open: (options: SuiteOptions) => Promise<OpenQuestions>;
  readonly summarise?: ((records: readonly EvalRecord[]) => Summary) | undefined;
}

export interface StageItem {
  readonly id: string;
  readonly group: string;
  /** Shown in lists. */
  readonly title: string;
  readonly labels: Readonly<Record<string, string>>;
  /** The line that the stage command reads. */
  readonly line: object;
  readonly measure: (output: Readonly<Record<string, unknown>>) => Readonly<Record<string, number>>;
}

/** Measures what `footnote STAGE --jsonl` gives. */
export interface StageSuite {
  readonly kind: 'stage';
  readonly name: string;
  readonly description: string;
  readonly stage: 'extract' | 'rank' | 'support' | 'score';
  readonly needsData: true;
  readonly items: (options: SuiteOptions) => readonly StageItem[];
  readonly summarise?: ((records: readonly EvalRecord[]) => Summary) | undefined;
}

export type Suite = QuestionSuite | StageSuite;
