/**
 * The only orchestrator: Question → … → Answer, as a stream of events. It names no concrete class
 * (`app.ts` does) and holds no state between questions.
 */
import { randomUUID } from 'node:crypto';
import { numberReferences } from './present/keep-numbers.ts';
import { deadline } from '../core/deadline.ts';
import { toFootnoteError } from '../core/errors.ts';
import type {
  Answer,
  AnswerEvent,
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
import { EventChannel } from '../core/event-channel.ts';
import type { CallOptions, GenerateOptions } from '../core/seams.ts';
import { Stopwatch } from '../core/stopwatch.ts';
import {
  foreignWarnings,
  publicReference,
  sentenceDeltas,
  type SpokenAnswer,
} from './present/spoken-answer.ts';

/** A sentence with its citations, not yet in its place. */
type Premise = Pick<CitedSentence, 'text' | 'citations'>;

/** The rooms' work as the pipeline needs it. */
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
  ): Promise<{ readonly references: readonly Reference[]; readonly answerability: number }>;
  prompt(question: Question, references: readonly Reference[]): Prompt;
  extractiveDrafts(question: Question, references: readonly Reference[]): readonly Draft[];
  /** Null when no generator could be loaded; the answer is then made of quotations alone. */
  generator(options: CallOptions): Promise<{
    readonly model: string;
    generate(prompt: Prompt, options: GenerateOptions): Promise<readonly Draft[]>;
  } | null>;
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
    readonly premise?: Premise | null;
  }>;
  /** What to say, and show, when the references do not hold the answer. */
  abstention(
    question: Question,
    references: readonly Reference[],
    premise?: Premise | null,
  ): SpokenAnswer;
  /** The URL of a page that opens it at a quote. */
  linkTo(url: string, quote: string): string;
}

export interface PipelineOptions extends CallOptions {
  readonly maxResults: number;
  readonly maxReferences: number;
  /** Drafts the generator writes beside the extractive ones; 0: none. */
  readonly drafts: number;
  readonly generateTimeoutMs: number;
  readonly seed: number;
  /** 0 or undefined: one greedy draft, the others sampled moderately. */
  readonly temperature?: number | undefined;
  readonly topP?: number | undefined;
  /** Other supported answers that are wanted beside the best one; default 0: those that come by the way. */
  readonly alternatives?: number | undefined;
  /** Numbers that pages have in the conversation so far; they keep them where they can. */
  readonly earlier?: ReadonlyMap<string, number> | undefined;
  /** Pages that earlier answers of the conversation rest on: read before anything is searched for. */
  readonly readBefore?: readonly Document[] | undefined;
  /** Told once which pages the references come from. */
  readonly onRead?: ((documents: readonly Document[]) => void) | undefined;
}

/** From this answerability on, the pages that were read before are enough and nothing is searched for. */
const SURE_WITHOUT_SEARCH = 0.9;

const MAX_ANSWER_TOKENS = 64;
/** At temperature 0 the first draft is greedy and the others are sampled (`GenerateOptions`). */
const SAMPLING = { temperature: 0, topP: 0.95, topK: 40 } as const;

/** References only: the first half of the pipeline (`POST /v1/search`). */
export async function* findReferences(
  question: Question,
  parts: PipelineParts,
  options: PipelineOptions,
  watch = new Stopwatch(),
  warnings: Warning[] = [],
): AsyncGenerator<
  AnswerEvent,
  {
    readonly references: readonly Reference[];
    readonly answerability: number;
    readonly pages: number;
  }
> {
  const { signal, readBefore = [], maxReferences } = options;
  const rank = (documents: readonly Document[]) =>
    watch.time('rank', () => parts.references(question, documents, { signal, maxReferences }));
  const known = readBefore.length === 0 ? null : await rank(readBefore);
  if (known !== null && known.answerability >= SURE_WITHOUT_SEARCH) {
    const references = numberReferences(known.references, options.earlier ?? new Map());
    options.onRead?.(readBefore);
    yield { type: 'references', references: references.map(publicReference) };
    return { ...known, references, pages: readBefore.length };
  }
  const found = await watch.time('search', () =>
    parts.search(question, { signal, limit: options.maxResults }),
  );
  warnings.push(...found.warnings);
  const results = found.results.filter(({ url }) => !isExcluded(url, question.excludedSites));
  yield { type: 'search-end', queries: found.queries, results };
  const events = new EventChannel<AnswerEvent>();
  const reading = parts.readPages(results, {
    signal,
    onPage: (url, title, failure) => {
      events.push({ type: 'page-end', url, title, failure });
    },
  });
  reading.then(
    () => events.close(),
    (error: unknown) => events.close({ error }),
  );
  yield* events;
  const pages = await reading;
  watch.add('fetch', pages.timings.fetchMs);
  watch.add('extract', pages.timings.extractMs);
  warnings.push(...pages.warnings, ...pages.failures.map(pageWarning));
  // What was read before stands beside what is new: the follow-up may ask of both.
  const fresh = new Set(pages.documents.map(({ url }) => url));
  const documents = [...pages.documents, ...readBefore.filter(({ url }) => !fresh.has(url))];
  const ranked = await rank(documents);
  options.onRead?.(documents);
  const references = numberReferences(ranked.references, options.earlier ?? new Map());
  yield { type: 'references', references: references.map(publicReference) };
  return { ...ranked, references, pages: documents.length };
}

/**
 * Answers one question. The last event is `answer-end`. Text is only ever streamed after its
 * citations were checked, sentence by sentence: what a client shows never has to be taken back.
 * @throws FootnoteError when no answer at all can be given (search failed, cancelled, deadline)
 */
export async function* answerQuestion(
  question: Question,
  parts: PipelineParts,
  options: PipelineOptions,
): AsyncGenerator<AnswerEvent, Answer> {
  const watch = new Stopwatch();
  const warnings: Warning[] = [];
  const { signal } = options;
  const { references, answerability, pages } = yield* findReferences(
    question,
    parts,
    options,
    watch,
    warnings,
  );
  const { generated, model } = await watch.time('generate', () =>
    generateDrafts(question, references, parts, options, warnings),
  );
  const drafts = [...generated, ...parts.extractiveDrafts(question, references)];
  const judged = await watch.time('score', () =>
    references.length === 0
      ? Promise.resolve({ best: null, abstained: true, candidates: [] })
      : parts.judge({ question, drafts, references, answerability, pages }, { signal }),
  );
  const abstained = judged.abstained || judged.best === null;
  const cited =
    abstained || judged.best === null
      ? parts.abstention(question, references, judged.premise)
      : judged.best.cited;
  if (!abstained) warnings.push(...foreignWarnings(question, cited, references));
  for (const text of sentenceDeltas(cited)) yield { type: 'answer-delta', text };
  const answer: Answer = {
    id: `ans_${randomUUID()}`,
    question: question.text,
    answer: cited.answer,
    abstained,
    language: question.language,
    sentences: cited.sentences,
    references: references.map(publicReference),
    score: abstained ? null : (judged.best?.score ?? null),
    model,
    usage: {
      prompt_tokens: generated[0]?.promptTokens ?? 0,
      completion_tokens: generated.reduce((sum, draft) => sum + draft.completionTokens, 0),
    },
    timings_ms: watch.timings(),
    warnings,
    steps: [],
  };
  const known = abstained ? [] : (judged.candidates ?? []).map(({ cited: other }) => other);
  const others = differing(known, [cited.answer]);
  if (!abstained && others.length < (options.alternatives ?? 0)) {
    // The judge composes the best from all drafts; each draft by itself may be another answer.
    for (const draft of generated) {
      const alone = { question, drafts: [draft], references, answerability, pages };
      const { best } = await parts.judge(alone, { signal });
      if (best !== null) others.push(...differing([best.cited], [cited, ...others].map(textOf)));
    }
  }
  yield { type: 'answer-end', answer, alternatives: others };
  return answer;
}

const textOf = ({ answer }: SpokenAnswer): string => answer;

/** Those whose text is none of `texts`, each text once. */
function differing(answers: readonly SpokenAnswer[], texts: readonly string[]): SpokenAnswer[] {
  const seen = new Set(texts);
  return answers.filter(({ answer }) => !seen.has(answer) && seen.add(answer));
}

/** The generator's drafts; a generator that fails costs its drafts, not the answer. */
async function generateDrafts(
  question: Question,
  references: readonly Reference[],
  parts: PipelineParts,
  options: PipelineOptions,
  warnings: Warning[],
): Promise<{ readonly generated: readonly Draft[]; readonly model: string }> {
  const none = { generated: [], model: 'extractive' };
  if (options.drafts === 0 || references.length === 0) return none;
  let limit: ReturnType<typeof deadline> | null = null;
  try {
    // Opening may have to fetch the weights, the first time: that is not the generator's own time.
    const generator = await parts.generator({ signal: options.signal });
    if (generator === null) return none;
    limit = deadline(options.generateTimeoutMs, options.signal, 'generate');
    const generated = await generator.generate(parts.prompt(question, references), {
      signal: limit.signal,
      drafts: options.drafts,
      maxTokens: MAX_ANSWER_TOKENS,
      ...SAMPLING,
      temperature: options.temperature ?? SAMPLING.temperature,
      topP: options.topP ?? SAMPLING.topP,
      seed: options.seed,
    });
    return { generated, model: generator.model };
  } catch (error) {
    const typed = toFootnoteError(error);
    if (options.signal.aborted || typed.code === 'overloaded') throw typed;
    warnings.push({ code: typed.code, message: `the generator failed: ${typed.message}` });
    return none;
  } finally {
    limit?.clear();
  }
}

function isExcluded(url: string, hosts: readonly string[] = []): boolean {
  if (hosts.length === 0 || !URL.canParse(url)) return false;
  const { hostname } = new URL(url);
  return hosts.some((host) => hostname === host || hostname.endsWith(`.${host}`));
}

function pageWarning(failure: PageFailure): Warning {
  return { code: failure.code, message: `${failure.url}: ${failure.message}` };
}
