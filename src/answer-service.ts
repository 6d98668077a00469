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
import { understand } from './conversation/understand.ts';
import { FootnoteError } from './core/errors.ts';
import type {
  Answer,
  AnswerEvent,
  AnswerReference,
  AnswerStep,
  Asker,
  Freshness,
  Question,
  Turn,
} from './core/nouns.ts';
import { questionLanguage } from './core/question-language.ts';
import type { CallOptions } from './core/seams.ts';
import { publicReference } from './spoken-answer.ts';

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

type Finished = Extract<AnswerEvent, { type: 'step' | 'search-end' | 'page-end' | 'references' }>;

/** Upper bound of the answer cache in characters of its JSON. */
const CACHE_CHARACTERS = 32_000_000;

export class AnswerService {
  readonly #parts: PipelineParts;
  readonly #options: AnswerServiceOptions;
  readonly #queue: PQueue;
  readonly #answers: LRUCache<string, { readonly events: Finished[]; readonly answer: Answer }>;
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
   * Answers a question; the last event is `answer-end`.
   * @throws FootnoteError `bad-request`, `overloaded`, `shutting-down`, `search-failed`, `cancelled`, …
   */
  async *answer(request: AnswerRequest, { signal }: CallOptions): AsyncGenerator<AnswerEvent> {
    const { question, steps } = await this.#question(request);
    const own = { question: request.question.trim(), steps };
    for (const step of steps) yield { type: 'step', step };
    const { askedAt: _, ...identity } = question;
    const key = JSON.stringify([identity, request.maxReferences, request.drafts, request.seed]);
    const kept = this.#options.answerCacheSeconds > 0 ? this.#answers.get(key) : undefined;
    if (kept !== undefined) {
      yield* kept.events;
      yield* replay({ ...kept.answer, ...own });
      return;
    }
    const release = await this.#slot(signal);
    try {
      const events: Finished[] = [];
      for await (const event of answerQuestion(
        question,
        this.#parts,
        this.#pipelineOptions(request, signal),
      )) {
        if (event.type === 'answer-end') {
          // An answer that a passing failure thinned out must not be repeated for ten minutes.
          const whole = !event.answer.abstained || event.answer.warnings.length === 0;
          if (whole) this.#answers.set(key, { events, answer: event.answer });
          yield { type: 'answer-end', answer: { ...event.answer, ...own } };
          continue;
        }
        if (event.type !== 'answer-delta') events.push(event);
        yield event;
      }
    } finally {
      release();
    }
  }

  /** References only. Events are those of `answer` up to `references`. */
  async *search(
    request: AnswerRequest,
    { signal }: CallOptions,
  ): AsyncGenerator<AnswerEvent, readonly AnswerReference[]> {
    const { question, steps } = await this.#question(request);
    for (const step of steps) yield { type: 'step', step };
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
  ): Promise<{ readonly question: Question; readonly steps: readonly AnswerStep[] }> {
    const message = checkQuestion(request.question);
    const { freshness } = request;
    if (freshness !== undefined && !FRESHNESS.test(freshness)) {
      throw new FootnoteError(
        'bad-request',
        `freshness is ${JSON.stringify(freshness)}; it takes day, week, month, year or a date such as 2026-01-31`,
      );
    }
    const language =
      request.language?.split('-')[0]?.toLowerCase() ?? (await questionLanguage(message));
    const { question: text, steps } = understand(message, request.messages ?? []);
    const question: Question = {
      text,
      language,
      askedAt: new Date().toISOString(),
      freshness,
      sites: request.sites ?? [],
    };
    return { question, steps };
  }

  #pipelineOptions(request: AnswerRequest, signal: AbortSignal): PipelineOptions {
    return {
      signal,
      maxResults: this.#options.maxResults,
      maxReferences: request.maxReferences ?? this.#options.maxReferences,
      drafts: request.drafts ?? this.#options.drafts,
      generateTimeoutMs: this.#options.generateTimeoutMs,
      seed: request.seed ?? 0,
    };
  }

  /** Waits for a place; the returned function gives it back. */
  async #slot(signal: AbortSignal): Promise<() => void> {
    if (this.#draining) throw new FootnoteError('shutting-down', 'the service is stopping');
    if (this.#queue.size >= this.#options.maxQueued) {
      throw new FootnoteError('overloaded', `${this.#queue.size} questions are already waiting`, {
        retryAfterSeconds: 10,
      });
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

/** A kept answer under a new id; its stages took no time now. */
function* replay(answer: Answer): Generator<AnswerEvent> {
  yield { type: 'answer-delta', text: answer.answer };
  yield {
    type: 'answer-end',
    answer: {
      ...answer,
      id: `ans_${randomUUID()}`,
      timings_ms: { search: 0, fetch: 0, extract: 0, rank: 0, generate: 0, score: 0, total: 0 },
    },
  };
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
