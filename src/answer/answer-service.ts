/**
 * What every door of the house (REST, CLI, web page, eval) calls: turns a request into a Question,
 * bounds how many are worked on at once, and keeps recent answers.
 */
import { randomUUID } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { AnswerBody, AnswerWork, ProgressEvent, SearchBody } from './answer-body.ts';
import { NO_TIME } from './answer-body.ts';
import { answerQuestion } from './answer-pipeline.ts';
import { ConversationMemory } from './conversation-memory.ts';
import { passEvents } from './pass-events.ts';
import { findReferences } from './find-references.ts';
import type { PipelineOptions, PipelineParts } from './pipeline-parts.ts';
import { quoteSource } from './plan/quote-source.ts';
import { planOf, runPlan } from './plan/run-plan.ts';
import { presentAnswer } from './present/present-answer.ts';
import { publicReference } from './present/public-reference.ts';
import { QuestionQueue, type Seat } from './question-queue.ts';
import { listedSource } from './understand/about-answer.ts';
import { chatTask, type ChatTask } from './understand/chat-task.ts';
import { understand, type SourceQuestion, type Understood } from './understand/understand.ts';
import { writeTask } from './write-task.ts';
import { FootnoteError } from '../core/errors.ts';
import type { AnswerEvent, Asker, Document, Freshness, Question, Turn } from '../core/nouns.ts';
import { questionLanguage } from '../core/question-language.ts';
import type { CallOptions } from '../core/seams.ts';

/** A question as a client puts it; absent options come from the configuration. */
export interface AnswerRequest {
  readonly question: string;
  /** BCP 47 tag to answer in; default: the question's own language. */
  readonly language?: string | undefined;
  readonly maxReferences?: number | undefined;
  readonly drafts?: number | undefined;
  readonly freshness?: Freshness | undefined;
  readonly sites?: readonly string[] | undefined;
  readonly seed?: number | undefined;
  /** The conversation so far, oldest first, without the question. */
  readonly messages?: readonly Turn[] | undefined;
  readonly asker?: Asker | undefined;
  /** Host names to leave out. */
  readonly excludedSites?: readonly string[] | undefined;
  /** 0..2; default: a greedy draft next to moderately sampled ones. */
  readonly temperature?: number | undefined;
  /** Above 0, at most 1. */
  readonly topP?: number | undefined;
  /** Other supported answers that are wanted next to the best one. */
  readonly alternatives?: number | undefined;
}

export interface AnswerServiceOptions {
  readonly maxResults: number;
  readonly maxReferences: number;
  readonly drafts: number;
  readonly generateTimeoutMs: number;
  readonly maxConcurrent: number;
  readonly maxQueued: number;
  readonly maxWaitSeconds: number;
  readonly answerCacheSeconds: number;
}

/** How a request is carried out. */
export interface AnswerCall extends CallOptions {
  /** Who asks, for turns in the queue: a key's number or an address. */
  readonly client?: string;
}

interface SeatedCall extends CallOptions {
  readonly seat: Seat;
}

const FRESHNESS = /^(?:day|week|month|year|\d{4}-\d{2}-\d{2})$/u;

interface Kept {
  readonly events: readonly ProgressEvent[];
  readonly body: AnswerBody;
}

/** What the conversation gives a question. */
interface Known {
  /** Numbers of pages in the answers before. */
  readonly earlier: ReadonlyMap<string, number>;
  readonly readBefore: readonly Document[];
  /** It is searched for again even where it was just answered. */
  readonly anew: boolean;
}

/** Upper bound of the answer cache in characters of its JSON. */
const CACHE_CHARACTERS = 32_000_000;

export class AnswerService {
  readonly #parts: PipelineParts;
  readonly #options: AnswerServiceOptions;
  readonly #queue: QuestionQueue;
  readonly #answers: LRUCache<string, Kept>;
  readonly #memory = new ConversationMemory();

  constructor(parts: PipelineParts, options: AnswerServiceOptions) {
    this.#parts = parts;
    this.#options = options;
    this.#queue = new QuestionQueue(options);
    this.#answers = new LRUCache({
      max: 1_000,
      maxSize: CACHE_CHARACTERS,
      sizeCalculation: (entry) => JSON.stringify(entry).length,
      ttl: Math.max(1, options.answerCacheSeconds) * 1_000,
    });
  }

  /** Questions being answered and waiting. */
  get load(): { readonly running: number; readonly waiting: number } {
    return this.#queue.load;
  }

  /** From now on new questions get `shutting-down`; resolves when those in hand are done. */
  drain(): Promise<void> {
    return this.#queue.drain();
  }

  /**
   * Answers a question, in the light of the conversation before it; the last event is `answer-end`.
   * @throws FootnoteError `bad-request`, `overloaded`, `shutting-down`, `search-failed`, `cancelled`, …
   */
  async *answer(
    request: AnswerRequest,
    { signal, client = '' }: AnswerCall,
  ): AsyncGenerator<AnswerEvent> {
    // A chat program's own prompt is no question: the generator replies without a search.
    const task = chatTask(request.question);
    const asked = task === null ? await this.#question(request, signal) : null;
    const seat = this.#queue.seat(client, { signal });
    try {
      const work =
        asked === null
          ? seat.run(() =>
              writeTask(task as ChatTask, this.#parts, this.#pipelineOptions(request, signal)),
            )
          : this.#work(asked.question, asked.understood, request, { signal, seat });
      const { end, read } = yield* presentAnswer(work, {
        id: `ans_${randomUUID()}`,
        question: request.question.trim(),
        language: asked?.question.language ?? primary(request.language ?? 'en'),
        style: asked?.understood.style ?? null,
      });
      this.#memory.keep(end.answer, read);
      yield end;
    } finally {
      seat.leave();
    }
  }

  /** The way to the body: a reply without a search, a plan, or one question as it stands. */
  async *#work(
    question: Question,
    understood: Understood,
    request: AnswerRequest,
    call: SeatedCall,
  ): AnswerWork {
    this.#queue.checkOpen();
    for (const step of understood.steps) yield { type: 'step', step };
    if (understood.reply !== null) return replyBody(understood.reply, understood);
    const earlier = this.#memory.numbers(request.messages ?? []);
    const { steps, warnings, source, anew } = understood;
    const page = source === null ? null : yield* this.#page(source, request, call);
    if (source !== null && page !== null) {
      const work = this.#fromPage(source, page, question, request, call);
      const body = yield* call.seat.run(() => work);
      return { ...body, steps, warnings: [...warnings, ...body.warnings] };
    }
    const plan = planOf(question.text);
    const planned =
      plan === null
        ? { body: null, steps: [] }
        : yield* runPlan(plan, {
            ask: (text, quotes) =>
              this.#one({ ...question, text }, quotes ? { ...request, drafts: 0 } : request, {
                ...call,
                earlier,
                readBefore: [],
                anew,
              }),
            earlier,
            linkTo: (url, quote) => this.#parts.linkTo(url, quote),
            maxReferences: request.maxReferences ?? this.#options.maxReferences,
          });
    const readBefore = this.#readBefore(request, understood);
    const body =
      planned.body ?? (yield* this.#one(question, request, { ...call, earlier, readBefore, anew }));
    return {
      ...body,
      steps: [...steps, ...planned.steps],
      warnings: [...warnings, ...body.warnings],
    };
  }

  /** The page of a source of the last answer: remembered, or read again where its list names it. */
  async *#page(
    { number }: SourceQuestion,
    { messages = [] }: AnswerRequest,
    { signal }: CallOptions,
  ): AsyncGenerator<ProgressEvent, Document | null> {
    const kept = this.#memory.page(messages, number);
    if (kept !== null) return kept;
    const last = messages.findLast(({ role }) => role === 'assistant');
    const url = listedSource(last?.content ?? '', number);
    if (url === null) return null;
    const result = { url, title: '', snippet: '', publishedAt: null, provider: 'given', rank: 1 };
    const { documents } = await this.#parts.readPages([result], {
      signal,
      onPage: () => undefined,
    });
    const [page] = documents;
    yield { type: 'page-end', url, title: page?.title ?? null, failure: null };
    return page ?? null;
  }

  /** What one page says: of a question, or besides the answer that rests on it. */
  #fromPage(
    source: SourceQuestion,
    page: Document,
    question: Question,
    request: AnswerRequest,
    { signal }: CallOptions,
  ): AnswerWork {
    const said = request.messages?.findLast(({ role }) => role === 'assistant')?.content ?? '';
    const options = {
      ...this.#pipelineOptions(request, signal),
      earlier: new Map([[page.url, source.number]]),
      readBefore: [page],
      onlyKnown: true,
    };
    return source.question === null
      ? quoteSource(question, page, said, this.#parts, options)
      : answerQuestion(question, this.#parts, options);
  }

  /** Answers one question that stands by itself, from memory where it was just answered. */
  async *#one(
    question: Question,
    request: AnswerRequest,
    { signal, seat, earlier, readBefore, anew }: SeatedCall & Known,
  ): AnswerWork {
    const { askedAt: _, ...identity } = question;
    const { maxReferences, drafts, seed, temperature, topP, alternatives } = request;
    const key = JSON.stringify([
      identity,
      maxReferences,
      drafts,
      seed,
      temperature,
      topP,
      alternatives,
      [...earlier],
      readBefore.map(({ url }) => url),
    ]);
    const lasts = this.#options.answerCacheSeconds > 0;
    const kept = lasts && !anew ? this.#answers.get(key) : undefined;
    if (kept !== undefined) {
      yield* kept.events;
      return { ...kept.body, timings_ms: NO_TIME };
    }
    const events: ProgressEvent[] = [];
    const options = { ...this.#pipelineOptions(request, signal), earlier, readBefore };
    const work = seat.run(() => answerQuestion(question, this.#parts, options));
    const body = yield* passEvents(work, (event) => {
      if (event.type !== 'sentence') events.push(event);
      return event;
    });
    // An answer that a passing failure thinned out must not be repeated for ten minutes.
    if (lasts && isLasting(body)) this.#answers.set(key, { events, body });
    return body;
  }

  /**
   * The pages of the last answer, for a follow-up that goes on about them: one that was rewritten from
   * the conversation and asks for nothing newer or elsewhere.
   */
  #readBefore(request: AnswerRequest, { steps, anew }: Understood): readonly Document[] {
    const { messages = [], freshness, sites = [], excludedSites = [] } = request;
    const rewritten = !anew && steps.some(({ kind }) => kind === 'rewrite');
    if (!rewritten || freshness !== undefined || sites.length + excludedSites.length > 0) return [];
    return this.#memory.lastPages(messages);
  }

  /** References only. Events are those of `answer` up to `references`. */
  async *search(
    request: AnswerRequest,
    { signal, client = '' }: AnswerCall,
  ): AsyncGenerator<ProgressEvent, SearchBody> {
    const { question, understood } = await this.#question(request, signal);
    for (const step of understood.steps) yield { type: 'step', step };
    const options = this.#pipelineOptions(request, signal);
    const work = () => findReferences(question, this.#parts, options);
    const seat = this.#queue.seat(client, { signal });
    try {
      const { references, queries, warnings } = yield* seat.run(work);
      return {
        queries,
        references: references.map(publicReference),
        warnings: [...understood.warnings, ...warnings],
      };
    } finally {
      seat.leave();
    }
  }

  async #question(
    request: AnswerRequest,
    _signal: AbortSignal,
  ): Promise<{ readonly question: Question; readonly understood: Understood }> {
    const message = checkQuestion(request.question);
    const { freshness, asker = {} } = request;
    if (freshness !== undefined && !FRESHNESS.test(freshness)) {
      throw new FootnoteError(
        'bad-request',
        `freshness is ${JSON.stringify(freshness)}; it takes day, week, month, year or a date such as 2026-01-31`,
      );
    }
    const now = new Date();
    const own = request.language ?? (await questionLanguage(message));
    const understood = await understand(message, {
      turns: request.messages ?? [],
      asker,
      now,
      language: primary(own),
    });
    // A style has the last word: "answer in German" is said of this very answer.
    const language = primary(understood.style?.language ?? own);
    const question: Question = {
      text: understood.question,
      language,
      askedAt: now.toISOString(),
      freshness,
      sites: request.sites ?? [],
      excludedSites: request.excludedSites,
    };
    return { question, understood };
  }

  #pipelineOptions(request: AnswerRequest, signal: AbortSignal): PipelineOptions {
    return {
      signal,
      maxResults: this.#options.maxResults,
      maxReferences: request.maxReferences ?? this.#options.maxReferences,
      drafts: request.drafts ?? this.#options.drafts,
      generateTimeoutMs: this.#options.generateTimeoutMs,
      seed: request.seed ?? 0,
      temperature: request.temperature,
      topP: request.topP,
      alternatives: request.alternatives,
    };
  }
}

const primary = (tag: string): string => tag.split('-')[0]?.toLowerCase() ?? tag;

/** Neither thinned out by what failed, nor made while a folder is still being indexed. */
const isLasting = ({ abstained, warnings }: AnswerBody): boolean =>
  abstained ? warnings.length === 0 : warnings.every(({ code }) => code !== 'index-incomplete');

/** A reply without a search: one uncited text, since it says nothing about the world. */
const replyBody = (reply: string, { steps, warnings }: Understood): AnswerBody => ({
  abstained: false,
  sentences: [{ text: reply, citations: [] }],
  alternatives: [],
  references: [],
  score: null,
  model: 'rules',
  usage: { prompt_tokens: 0, completion_tokens: 0 },
  timings_ms: NO_TIME,
  warnings,
  steps,
  read: [],
});

/** @throws FootnoteError `bad-request` */
function checkQuestion(text: string): string {
  const trimmed = text.trim();
  if (trimmed === '') throw new FootnoteError('bad-request', 'question must not be empty');
  if (!/[\p{L}\p{N}]/u.test(trimmed)) {
    throw new FootnoteError('bad-request', 'question has no letter and no digit to search for');
  }
  if (trimmed.length > 4_000) {
    throw new FootnoteError(
      'bad-request',
      `question has ${trimmed.length} characters; at most 4000 are accepted`,
    );
  }
  return trimmed;
}
