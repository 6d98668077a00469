/**
 * What every door of the house (REST, CLI, web page, eval) calls: turns a request into a Question,
 * bounds how many are worked on at once, and keeps recent answers.
 */
import { randomUUID } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import PQueue from 'p-queue';
import {
  answerQuestion,
  findReferences,
  type PipelineOptions,
  type PipelineParts,
} from './answer-pipeline.ts';
import { ConversationMemory } from './conversation-memory.ts';
import { planOf, runPlan } from './plan/run-plan.ts';
import { shapeAnswer } from './present/shape-answer.ts';
import { understand, type Understood } from './understand/understand.ts';
import { FootnoteError } from '../core/errors.ts';
import type {
  Answer,
  AnswerEvent,
  AnswerReference,
  Asker,
  Document,
  Freshness,
  Question,
  Turn,
} from '../core/nouns.ts';
import { questionLanguage } from '../core/question-language.ts';
import type { CallOptions } from '../core/seams.ts';
import { publicReference, sentenceDeltas, type SpokenAnswer } from './present/spoken-answer.ts';

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
  /** 0..2; default: a greedy draft beside moderately sampled ones. */
  readonly temperature?: number | undefined;
  /** Above 0, at most 1. */
  readonly topP?: number | undefined;
  /** Other supported answers that are wanted beside the best one. */
  readonly alternatives?: number | undefined;
}

export interface AnswerServiceOptions {
  readonly maxResults: number;
  readonly maxReferences: number;
  readonly drafts: number;
  readonly generateTimeoutMs: number;
  readonly maxConcurrent: number;
  readonly maxQueued: number;
  readonly answerCacheSeconds: number;
}

const FRESHNESS = /^(?:day|week|month|year|\d{4}-\d{2}-\d{2})$/u;

type EarlyEvent = Extract<AnswerEvent, { type: 'step' | 'search-end' | 'page-end' | 'references' }>;

interface Finished {
  readonly answer: Answer;
  readonly alternatives: readonly SpokenAnswer[];
}

interface Kept {
  readonly events: EarlyEvent[];
  readonly read: readonly Document[];
}

/** What the conversation gives a question, and takes from it. */
interface Surroundings {
  /** Numbers of pages in the answers before. */
  readonly earlier: ReadonlyMap<string, number>;
  readonly readBefore: readonly Document[];
  /** Filled with what is read. */
  readonly read: Map<string, Document>;
}

/** Upper bound of the answer cache in characters of its JSON. */
const CACHE_CHARACTERS = 32_000_000;

export class AnswerService {
  readonly #parts: PipelineParts;
  readonly #options: AnswerServiceOptions;
  readonly #queue: PQueue;
  readonly #answers: LRUCache<string, Finished & Kept>;
  readonly #memory = new ConversationMemory();
  #draining = false;

  constructor(parts: PipelineParts, options: AnswerServiceOptions) {
    this.#parts = parts;
    this.#options = options;
    this.#queue = new PQueue({ concurrency: options.maxConcurrent });
    this.#answers = new LRUCache({
      max: 1_000,
      maxSize: CACHE_CHARACTERS,
      sizeCalculation: (entry) => JSON.stringify(entry).length,
      ttl: Math.max(1, options.answerCacheSeconds) * 1_000,
    });
  }

  /** Questions being answered and waiting. */
  get load(): { readonly running: number; readonly waiting: number } {
    return { running: this.#queue.pending, waiting: this.#queue.size };
  }

  /** From now on new questions get `shutting-down`; resolves when those in hand are done. */
  async drain(): Promise<void> {
    this.#draining = true;
    await this.#queue.onIdle();
  }

  /**
   * Answers a question, in the light of the conversation before it; the last event is `answer-end`.
   * @throws FootnoteError `bad-request`, `overloaded`, `shutting-down`, `search-failed`, `cancelled`, …
   */
  async *answer(request: AnswerRequest, { signal }: CallOptions): AsyncGenerator<AnswerEvent> {
    const { question, understood } = await this.#question(request, signal);
    for (const step of understood.steps) yield { type: 'step', step };
    const own = { id: `ans_${randomUUID()}`, question: request.question.trim() };
    if (understood.reply !== null) {
      if (this.#draining) throw new FootnoteError('shutting-down', 'the service is stopping');
      const { language } = question;
      yield* replied({ ...own, reply: understood.reply, language, steps: understood.steps });
      return;
    }
    const earlier = this.#memory.numbers(request.messages ?? []);
    const readBefore = this.#readBefore(request, understood);
    const read = new Map<string, Document>();
    const plan = planOf(question.text);
    let finished: Finished | null = null;
    let steps = understood.steps;
    if (plan !== null) {
      const carried = yield* runPlan(plan, {
        ask: (text, quotes) =>
          withoutAlternatives(
            this.#one({ ...question, text }, quotes ? { ...request, drafts: 0 } : request, {
              signal,
              earlier,
              readBefore: [],
              read,
            }),
          ),
        language: question.language,
        earlier,
        linkTo: (url, quote) => this.#parts.linkTo(url, quote),
        maxReferences: request.maxReferences ?? this.#options.maxReferences,
      });
      steps = [...steps, ...carried.steps];
      if (carried.answer !== null)
        finished = { answer: { ...carried.answer, ...own }, alternatives: [] };
    }
    // A style is laid over the whole answer: its sentences are held until they have their places.
    const { style } = understood;
    if (finished === null) {
      const events = this.#one(question, request, { signal, earlier, readBefore, read });
      for (;;) {
        const next = await events.next();
        if (next.done === true) {
          finished = next.value;
          break;
        }
        if (style === null || next.value.type !== 'answer-delta') yield next.value;
      }
    }
    let { answer, alternatives } = finished;
    const warnings = [...understood.warnings, ...answer.warnings];
    if (style !== null && !answer.abstained) {
      const shaped = shapeAnswer(answer, alternatives, style, question.language);
      answer = { ...answer, answer: shaped.answer, sentences: shaped.sentences };
      alternatives = alternatives.map((one) => shapeAnswer(one, [], style, question.language));
      warnings.push(...shaped.warnings);
    }
    if (style !== null) {
      for (const text of sentenceDeltas(answer)) yield { type: 'answer-delta', text };
    }
    answer = { ...answer, ...own, steps, warnings };
    this.#memory.keep(answer, read.values());
    yield { type: 'answer-end', answer, alternatives };
  }

  /** Answers one question that stands by itself, from memory where it was just answered. */
  async *#one(
    question: Question,
    request: AnswerRequest,
    { signal, earlier, readBefore, read }: CallOptions & Surroundings,
  ): AsyncGenerator<AnswerEvent, Finished> {
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
    const kept = this.#options.answerCacheSeconds > 0 ? this.#answers.get(key) : undefined;
    if (kept !== undefined) {
      for (const document of kept.read) read.set(document.url, document);
      yield* kept.events;
      yield { type: 'answer-delta', text: kept.answer.answer };
      const timings_ms = { ...NO_TIME };
      return { answer: { ...kept.answer, timings_ms }, alternatives: kept.alternatives };
    }
    const release = await this.#slot(signal);
    try {
      const events: EarlyEvent[] = [];
      let finished: Finished | null = null;
      for await (const event of answerQuestion(question, this.#parts, {
        ...this.#pipelineOptions(request, signal),
        earlier,
        readBefore,
        onRead: (documents) => {
          for (const document of documents) read.set(document.url, document);
        },
      })) {
        if (event.type === 'answer-end') {
          finished = { answer: event.answer, alternatives: event.alternatives ?? [] };
          // An answer that a passing failure thinned out must not be repeated for ten minutes.
          const whole = !event.answer.abstained || event.answer.warnings.length === 0;
          if (whole) this.#answers.set(key, { events, read: [...read.values()], ...finished });
          continue;
        }
        if (event.type !== 'answer-delta') events.push(event);
        yield event;
      }
      if (finished === null) throw new FootnoteError('internal', 'the answer has no end');
      return finished;
    } finally {
      release();
    }
  }

  /**
   * The pages of the last answer, for a follow-up that goes on about them: one that was rewritten from
   * the conversation and asks for nothing newer or elsewhere.
   */
  #readBefore(request: AnswerRequest, { steps }: Understood): readonly Document[] {
    const { messages = [], freshness, sites = [], excludedSites = [] } = request;
    const rewritten = steps.some(({ kind }) => kind === 'rewrite');
    if (!rewritten || freshness !== undefined || sites.length + excludedSites.length > 0) return [];
    return this.#memory.lastPages(messages);
  }

  /** References only. Events are those of `answer` up to `references`. */
  async *search(
    request: AnswerRequest,
    { signal }: CallOptions,
  ): AsyncGenerator<AnswerEvent, readonly AnswerReference[]> {
    const { question, understood } = await this.#question(request, signal);
    for (const step of understood.steps) yield { type: 'step', step };
    const release = await this.#slot(signal);
    try {
      const found = yield* findReferences(
        question,
        this.#parts,
        this.#pipelineOptions(request, signal),
      );
      return found.references.map(publicReference);
    } finally {
      release();
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

  /** Waits for a place; the returned function gives it back. */
  async #slot(signal: AbortSignal): Promise<() => void> {
    if (this.#draining) throw new FootnoteError('shutting-down', 'the service is stopping');
    // With a place free nobody waits: a bound of 0 then means that none may.
    const { concurrency, pending, size } = this.#queue;
    if (pending + size >= concurrency + this.#options.maxQueued) {
      throw new FootnoteError(
        'overloaded',
        `${pending} questions are being answered and ${size} wait`,
        {
          retryAfterSeconds: 10,
        },
      );
    }
    return new Promise<() => void>((resolve, reject) => {
      this.#queue
        .add(
          () =>
            new Promise<void>((release) => {
              resolve(release);
            }),
          { signal },
        )
        .catch(() => {
          reject(new FootnoteError('cancelled', 'cancelled while waiting for a place'));
        });
    });
  }
}

const primary = (tag: string): string => tag.split('-')[0]?.toLowerCase() ?? tag;

const NO_TIME = { search: 0, fetch: 0, extract: 0, rank: 0, generate: 0, score: 0, total: 0 };

/** A reply without a search: one uncited text, since it says nothing about the world. */
function* replied(
  given: Pick<Answer, 'id' | 'question' | 'language' | 'steps'> & { readonly reply: string },
): Generator<AnswerEvent> {
  const { reply, ...own } = given;
  yield { type: 'answer-delta', text: reply };
  const answer: Answer = {
    ...own,
    answer: reply,
    abstained: false,
    sentences: [{ text: reply, start: 0, end: reply.length, citations: [] }],
    references: [],
    score: null,
    model: 'rules',
    usage: { prompt_tokens: 0, completion_tokens: 0 },
    timings_ms: { ...NO_TIME },
    warnings: [],
  };
  yield { type: 'answer-end', answer };
}

/** The answer alone, for plans. */
async function* withoutAlternatives(
  events: AsyncGenerator<AnswerEvent, Finished>,
): AsyncGenerator<AnswerEvent, Answer> {
  const { answer } = yield* events;
  return answer;
}

/** @throws FootnoteError `bad-request` */
function checkQuestion(text: string): string {
  const trimmed = text.trim();
  if (trimmed === '') throw new FootnoteError('bad-request', 'question must not be empty');
  if (trimmed.length > 4_000) {
    throw new FootnoteError(
      'bad-request',
      `question has ${trimmed.length} characters; at most 4000 are accepted`,
    );
  }
  return trimmed;
}
