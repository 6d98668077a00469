import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { FootnoteError } from '../core/errors.ts';
import type { Answer } from '../core/nouns.ts';

const SECONDS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 16, 32, 64];

/** Prometheus metrics of one service (its own registry, so that tests can run several). */
export class Metrics {
  readonly registry = new Registry();
  readonly #requests: Histogram<'route' | 'method' | 'status'>;
  readonly #answers: Counter<'outcome'>;
  readonly #stages: Histogram<'stage'>;
  readonly #tokens: Counter<'kind'>;

  constructor(load: () => { readonly running: number; readonly waiting: number }) {
    collectDefaultMetrics({ register: this.registry });
    const registers = [this.registry];
    this.#requests = new Histogram({
      name: 'footnote_http_request_duration_seconds',
      help: 'Duration of HTTP requests',
      labelNames: ['route', 'method', 'status'],
      buckets: SECONDS,
      registers,
    });
    this.#answers = new Counter({
      name: 'footnote_answers_total',
      help: 'Questions by outcome: answered, abstained, refused, failed, cancelled',
      labelNames: ['outcome'],
      registers,
    });
    this.#stages = new Histogram({
      name: 'footnote_stage_duration_seconds',
      help: 'Duration of the stages of an answer',
      labelNames: ['stage'],
      buckets: SECONDS,
      registers,
    });
    this.#tokens = new Counter({
      name: 'footnote_tokens_total',
      help: 'Tokens read and written by the generator',
      labelNames: ['kind'],
      registers,
    });
    void new Gauge({
      name: 'footnote_questions',
      help: 'Questions running and waiting',
      labelNames: ['state'],
      registers,
      collect() {
        const { running, waiting } = load();
        this.set({ state: 'running' }, running);
        this.set({ state: 'waiting' }, waiting);
      },
    });
  }

  request(route: string, method: string, status: number, seconds: number): void {
    this.#requests.observe({ route, method, status: String(status) }, seconds);
  }

  answer(answer: Answer): void {
    this.#answers.inc({ outcome: answer.abstained ? 'abstained' : 'answered' });
    for (const [stage, ms] of Object.entries(answer.timings_ms)) {
      this.#stages.observe({ stage }, ms / 1_000);
    }
    this.#tokens.inc({ kind: 'prompt' }, answer.usage.prompt_tokens);
    this.#tokens.inc({ kind: 'completion' }, answer.usage.completion_tokens);
  }

  /** @param error what ended the question; a refusal is no failure of the service */
  failure(error: FootnoteError, cancelled: boolean): void {
    const refused =
      error.status < 500 || error.code === 'overloaded' || error.code === 'shutting-down';
    this.#answers.inc({ outcome: cancelled ? 'cancelled' : refused ? 'refused' : 'failed' });
  }
}
