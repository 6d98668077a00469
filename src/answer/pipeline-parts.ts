/** The rooms' work as the pipeline needs it; `app.ts` fills it in, the evaluation puts other parts in. */
import type {
  CitedSentence,
  Document,
  Draft,
  PageFailure,
  Prompt,
  Question,
  Reference,
  ScoredAnswer,
  SearchResult,
  Warning,
} from '../core/nouns.ts';
import type { QuestionKind } from '../core/question-kind.ts';
import type { CallOptions, Generator, Verdict } from '../core/seams.ts';
import type { LooseSentence } from './answer-body.ts';

/** One unit of a draft after the check. */
export interface CheckedUnit {
  readonly verdict: Verdict;
  /** 0..1: that the references entail it. */
  readonly support: number;
  /** The unit with its citations; null unless it is supported. */
  readonly sentence: LooseSentence | null;
  /** Where it is not: what the references say that comes closest; null when nothing does. */
  readonly quotation: LooseSentence | null;
}

/** How an answer is written from the references and checked while it is being written. */
export interface Writer {
  prompt(
    question: Question,
    kind: QuestionKind,
    references: readonly Reference[],
  ): { readonly prompt: Prompt; readonly maxTokens: number };
  /** One result a unit, in their order. */
  check(
    input: {
      readonly question: string;
      readonly units: readonly {
        readonly text: string;
        readonly form: 'sentence' | 'item' | 'code';
      }[];
      /** Sentences of the same answer before the first unit. */
      readonly before: readonly string[];
      readonly references: readonly Reference[];
    },
    options: CallOptions,
  ): Promise<readonly CheckedUnit[]>;
}

/** A text and its sentences. */
export interface SpokenAnswer {
  readonly answer: string;
  readonly sentences: readonly CitedSentence[];
}

export interface PipelineParts {
  search(
    question: Question,
    options: CallOptions & { readonly limit: number },
  ): Promise<{
    readonly queries: readonly string[];
    readonly results: readonly SearchResult[];
    readonly warnings: readonly Warning[];
  }>;
  readPages(
    results: readonly SearchResult[],
    options: CallOptions & {
      /** The asker's language (BCP 47): servers may have the page in it. */
      readonly language?: string | undefined;
      readonly onPage: (url: string, title: string | null, failure: PageFailure | null) => void;
    },
  ): Promise<{
    readonly documents: readonly Document[];
    readonly failures: readonly PageFailure[];
    readonly warnings: readonly Warning[];
    readonly timings: { readonly fetchMs: number; readonly extractMs: number };
  }>;
  references(
    question: Question,
    documents: readonly Document[],
    options: CallOptions & { readonly maxReferences: number },
  ): Promise<{
    readonly references: readonly Reference[];
    readonly answerability: number;
    /** What opening the ranker reported; it concerns every answer. */
    readonly warnings?: readonly Warning[];
  }>;
  /** Left out: answers are in the language of their sources. */
  readonly translate?:
    | {
        /** Null where there is no translation in time. */
        question(text: string, to: 'en' | 'zh', options: CallOptions): Promise<string | null>;
        /** Null where a translation would lose a number or name, or there is none. */
        sentence(text: string, to: string, options: CallOptions): Promise<string | null>;
      }
    | undefined;
  /** Left out: drafts are not shown as they are written, but judged as wholes. */
  readonly writer?: Writer | undefined;
  prompt(question: Question, references: readonly Reference[]): Prompt;
  extractiveDrafts(question: Question, references: readonly Reference[]): readonly Draft[];
  /** Generator null: none could be loaded, the answer is made of quotations alone. */
  generator(options: CallOptions): Promise<{
    readonly generator: Generator | null;
    /** What opening it reported, such as a model that was passed over. */
    readonly warnings: readonly Warning[];
  }>;
  judge(
    input: {
      readonly question: Question;
      readonly drafts: readonly Draft[];
      readonly references: readonly Reference[];
      readonly answerability: number;
      /** How many pages were read. */
      readonly pages: number;
    },
    options: CallOptions,
  ): Promise<{
    readonly best: ScoredAnswer | null;
    readonly abstained: boolean;
    /** All supported answers, best first. */
    readonly candidates?: readonly ScoredAnswer[];
    /** 0..1: that the references hold an answer, calibrated. */
    readonly confidence?: number | null;
    /** What the sources say against the premise of a question that is not answered. */
    readonly premise?: LooseSentence | null;
    /** What opening the judge reported, such as a cross-encoder that is missing. */
    readonly warnings?: readonly Warning[];
  }>;
  /** What to say, and show, when the references do not hold the answer. */
  abstention(
    question: Question,
    references: readonly Reference[],
    premise?: LooseSentence | null,
  ): SpokenAnswer;
  /** The URL of a page that opens it at a quote. */
  linkTo(url: string, quote: string): string;
}

export interface PipelineOptions extends CallOptions {
  readonly maxResults: number;
  readonly maxReferences: number;
  /** Drafts that the generator writes next to the extractive ones; 0: none. */
  readonly drafts: number;
  readonly generateTimeoutMs: number;
  readonly seed: number;
  /** 0 or undefined: one greedy draft, the others sampled moderately. */
  readonly temperature?: number | undefined;
  readonly topP?: number | undefined;
  /** Other supported answers that are wanted next to the best one; default 0: those that come by the way. */
  readonly alternatives?: number | undefined;
  /** Numbers that pages have in the conversation so far; they keep them where they can. */
  readonly earlier?: ReadonlyMap<string, number> | undefined;
  /** Pages that earlier answers of the conversation rest on: read before anything is searched for. */
  readonly readBefore?: readonly Document[] | undefined;
  /** Nothing is searched for: `readBefore` is all there is. */
  readonly onlyKnown?: boolean | undefined;
}
