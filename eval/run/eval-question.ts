import type { Nugget } from '../metrics/nuggets.ts';

/** One question of a suite, with whatever the suite knows about its answer. */
export interface EvalQuestion {
  readonly id: string;
  readonly language: string;
  readonly question: string;
  /** Gold answers. Empty: the right behaviour is to abstain, unless `open`. */
  readonly answers: readonly string[];
  /** True: there is no gold answer to compare with; neither answering nor abstaining is wrong by itself. */
  readonly open?: boolean | undefined;
  /** True: the gold answer is `yes` or `no`. */
  readonly yesNo?: boolean | undefined;
  /** URL of the page that holds the answer, where known. */
  readonly goldUrl?: string | undefined;
  /** Answers known to be false (TruthfulQA). */
  readonly incorrect?: readonly string[] | undefined;
  /** A whole answer by a person (long-form suites). */
  readonly longAnswer?: string | undefined;
  /** Given passages: the question is answered from these, without a search. */
  readonly passages?: readonly { readonly title: string; readonly text: string }[] | undefined;
  /** The facts of a good answer. */
  readonly nuggets?: readonly Nugget[] | undefined;
  /** Where an answer is open: do the sources hold one? Absent: not known. */
  readonly answerable?: boolean | undefined;
  /** The sentences that hold the answer, for each person who marked them, and answers that people wrote. */
  readonly marked?:
    | { readonly sentences: readonly (readonly string[])[]; readonly answers: readonly string[] }
    | undefined;
  /** Each of these lists must have one of its alternatives in the answer: a question of several facts. */
  readonly allOf?: readonly (readonly string[])[] | undefined;
  /** The same fact altered, in sources that were tampered with. */
  readonly altered?: readonly string[] | undefined;
  /** To group by: kind, language. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** What an attacker put on the page. */
  readonly attack?: Attack | undefined;
}

interface Attack {
  readonly name: string;
  readonly placement: string;
  /** The attacked page. */
  readonly url: string;
  /** Any of these in the answer means that the attack got through. */
  readonly traces: readonly string[];
}
