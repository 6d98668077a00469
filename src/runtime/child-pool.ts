/**
 * Child processes for everything heavy: native inference that blocks its thread and may abort the
 * process, parsers that may hang. A pool forks `size` children of one module lazily, gives each at
 * most `concurrency` calls, queues a bounded number more, kills a child that overruns its deadline
 * or ignores a cancel, and forks a new one. A crash fails the calls in hand, nothing else.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { abortReason } from '../core/deadline.ts';
import { ERROR_TABLE, FootnoteError, type ErrorCode } from '../core/errors.ts';
import type { ChildMessage, ParentMessage } from './serve-child.ts';

export interface ChildPoolOptions {
  /** URL of the module to fork (it calls `serveChild`): `new URL('./x-child.ts', import.meta.url)`. */
  readonly module: URL;
  /** For messages: `extract`, `generate`, … */
  readonly stage: string;
  readonly size?: number;
  /** Calls one child handles at a time. */
  readonly concurrency?: number;
  /** Calls that may wait; the next one gets `overloaded`. */
  readonly maxQueued?: number;
  /** How long a cancelled call may still run before its child is killed. */
  readonly cancelGraceMs?: number;
  /** Added to a call's deadline while its child still loads its code; default 15,000. */
  readonly startupMs?: number;
  /**
   * Whether a call whose child died of itself is made once more, in a new child, where it has told nothing
   * yet; default true. What kills a child by itself fails at the second time.
   */
  readonly retryCrash?: boolean;
  /** V8 heap limit of a child in MB. */
  readonly maxHeapMb?: number;
  /** Forwards the children's stderr; default: inherited. */
  readonly silent?: boolean;
}

export interface ChildCallOptions {
  readonly signal: AbortSignal;
  /** Hard deadline of the call, queueing and the child's start excluded; the child is killed when it passes. */
  readonly timeoutMs: number;
  readonly onEvent?: (event: never) => void;
}

interface Job {
  readonly method: string;
  readonly params: unknown;
  readonly options: ChildCallOptions;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: FootnoteError) => void;
  onAbort: () => void;
  timer?: NodeJS.Timeout;
  /** It has told an event, or was made a second time: a crash ends it. */
  final: boolean;
}

interface Child {
  readonly process: ChildProcess;
  readonly jobs: Map<number, Job>;
  ready: boolean;
  dead: boolean;
}

export class ChildPool {
  readonly #options: Required<Omit<ChildPoolOptions, 'maxHeapMb'>> & { maxHeapMb?: number };
  readonly #children: Child[] = [];
  readonly #queue: Job[] = [];
  /** Killed, not yet gone. */
  readonly #ending = new Set<ChildProcess>();
  #nextId = 1;
  #closed = false;

  constructor(options: ChildPoolOptions) {
    this.#options = {
      size: 1,
      concurrency: 1,
      maxQueued: 256,
      cancelGraceMs: 2_000,
      startupMs: 15_000,
      silent: false,
      retryCrash: true,
      ...options,
    };
  }

  /** Process ids of the living children, for tests and metrics. */
  get pids(): readonly number[] {
    return this.#children.flatMap((child) => child.process.pid ?? []);
  }

  get queued(): number {
    return this.#queue.length;
  }

  /**
   * Runs `method(params)` in a child.
   * @throws FootnoteError `overloaded` (queue full), `timeout` (the child was killed), `cancelled`,
   *   `worker-crashed`, or whatever typed error the handler threw.
   */
  call<Result>(method: string, params: unknown, options: ChildCallOptions): Promise<Result> {
    const { stage } = this.#options;
    if (this.#closed) {
      return Promise.reject(new FootnoteError('shutting-down', `${stage}: shut down`, { stage }));
    }
    if (options.signal.aborted) return Promise.reject(abortReason(options.signal));
    const idle = this.#idleChild();
    if (idle === undefined && this.#queue.length >= this.#options.maxQueued) {
      return Promise.reject(
        new FootnoteError('overloaded', `${stage}: ${this.#queue.length} calls already wait`, {
          stage,
          retryAfterSeconds: 5,
        }),
      );
    }
    return new Promise<Result>((resolve, reject) => {
      const job: Job = {
        method,
        params,
        options,
        resolve: resolve as (value: unknown) => void,
        reject,
        final: !this.#options.retryCrash,
        onAbort: () => {
          const place = this.#queue.indexOf(job);
          if (place >= 0) this.#queue.splice(place, 1);
          reject(abortReason(options.signal));
        },
      };
      options.signal.addEventListener('abort', job.onAbort, { once: true });
      if (idle === undefined) this.#queue.push(job);
      else this.#start(idle, job);
    });
  }

  /** Kills all children and waits for their end; calls in hand are rejected with `shutting-down`. */
  async close(): Promise<void> {
    this.#closed = true;
    const error = new FootnoteError('shutting-down', `${this.#options.stage}: shut down`);
    for (const job of this.#queue.splice(0)) this.#settle(job, error);
    for (const child of this.#children.slice()) this.#retire(child, error);
    await Promise.all(
      [...this.#ending].map(
        (child) =>
          new Promise<void>((resolve) => {
            // Children are unref'ed: without this the program could end before they have.
            child.ref();
            child.once('exit', () => resolve());
          }),
      ),
    );
  }

  #idleChild(): Child | undefined {
    const free = this.#children.find((child) => child.jobs.size < this.#options.concurrency);
    if (free !== undefined) return free;
    return this.#children.length < this.#options.size ? this.#fork() : undefined;
  }

  #fork(): Child {
    const { module, maxHeapMb, silent } = this.#options;
    const path = fileURLToPath(module);
    const execArgv = [
      ...(path.endsWith('.ts') ? ['--import', import.meta.resolve('tsx')] : []),
      ...(maxHeapMb === undefined ? [] : [`--max-old-space-size=${maxHeapMb}`]),
    ];
    const child: Child = {
      process: fork(path, [], {
        execArgv,
        serialization: 'advanced',
        stdio: ['ignore', silent ? 'ignore' : 2, silent ? 'ignore' : 2, 'ipc'],
      }),
      jobs: new Map(),
      ready: false,
      dead: false,
    };
    child.process.on('message', (message: ChildMessage) => {
      this.#onMessage(child, message);
    });
    child.process.on('error', (error) => {
      this.#retire(child, this.#crash(`could not run: ${error.message}`));
    });
    child.process.on('exit', (code, signal) => {
      this.#retire(child, this.#crash(`exited (${signal ?? code})`), true);
    });
    // A pool must not keep a finished program alive.
    child.process.unref();
    child.process.channel?.unref();
    this.#children.push(child);
    return child;
  }

  #start(child: Child, job: Job): void {
    const id = this.#nextId++;
    const { cancelGraceMs } = this.#options;
    child.jobs.set(id, job);
    child.process.channel?.ref();
    job.options.signal.removeEventListener('abort', job.onAbort);
    job.onAbort = () => {
      job.reject(abortReason(job.options.signal));
      this.#send(child, { type: 'cancel', id });
      clearTimeout(job.timer);
      job.timer = setTimeout(() => {
        if (child.jobs.has(id)) this.#retire(child, this.#crash('ignored a cancel'));
      }, cancelGraceMs);
    };
    job.options.signal.addEventListener('abort', job.onAbort, { once: true });
    this.#arm(child, job, job.options.timeoutMs + (child.ready ? 0 : this.#options.startupMs));
    this.#send(child, { type: 'call', id, method: job.method, params: job.params });
  }

  #arm(child: Child, job: Job, timeoutMs: number): void {
    const { stage } = this.#options;
    clearTimeout(job.timer);
    job.timer = setTimeout(() => {
      job.reject(
        new FootnoteError('timeout', `${stage}: no result within ${job.options.timeoutMs} ms`, {
          stage,
        }),
      );
      this.#retire(child, this.#crash('overran a deadline'));
    }, timeoutMs);
  }

  #send(child: Child, message: ParentMessage): void {
    if (!child.dead && child.process.connected) child.process.send(message, () => undefined);
  }

  #onMessage(child: Child, message: ChildMessage): void {
    if (message.type === 'ready') {
      child.ready = true;
      for (const job of child.jobs.values()) {
        if (!job.options.signal.aborted) this.#arm(child, job, job.options.timeoutMs);
      }
      return;
    }
    const job = child.jobs.get(message.id);
    if (job === undefined) return;
    if (message.type === 'event') {
      job.final = true;
      if (!job.options.signal.aborted) job.options.onEvent?.(message.event as never);
      return;
    }
    child.jobs.delete(message.id);
    if (message.type === 'result') this.#settle(job, undefined, message.result);
    else {
      const { code, message: text, stage, extra } = message.error;
      const known = code !== null && code in ERROR_TABLE ? (code as ErrorCode) : 'internal';
      this.#settle(
        job,
        new FootnoteError(known, text, {
          stage: stage ?? this.#options.stage,
          ...(extra === undefined ? {} : { extra }),
        }),
      );
    }
    if (child.jobs.size === 0) child.process.channel?.unref();
    this.#pump();
  }

  #settle(job: Job, error: FootnoteError | undefined, result?: unknown): void {
    clearTimeout(job.timer);
    job.options.signal.removeEventListener('abort', job.onAbort);
    if (error === undefined) job.resolve(result);
    else job.reject(error);
  }

  #crash(what: string): FootnoteError {
    const { stage } = this.#options;
    return new FootnoteError('worker-crashed', `the ${stage} process ${what}`, {
      stage,
      retryAfterSeconds: 2,
    });
  }

  /** @param again whether its calls may be made once more */
  #retire(child: Child, error: FootnoteError, again = false): void {
    if (child.dead) return;
    child.dead = true;
    this.#children.splice(this.#children.indexOf(child), 1);
    const { process: ended } = child;
    if (ended.pid !== undefined && ended.exitCode === null && ended.signalCode === null) {
      this.#ending.add(ended);
      ended.once('exit', () => this.#ending.delete(ended));
    }
    ended.kill('SIGKILL');
    for (const job of [...child.jobs.values()].reverse()) {
      if (again && !job.final && !this.#closed && !job.options.signal.aborted) this.#requeue(job);
      else this.#settle(job, error);
    }
    child.jobs.clear();
    this.#pump();
  }

  #requeue(job: Job): void {
    clearTimeout(job.timer);
    job.options.signal.removeEventListener('abort', job.onAbort);
    job.final = true;
    job.onAbort = () => {
      const place = this.#queue.indexOf(job);
      if (place >= 0) this.#queue.splice(place, 1);
      job.reject(abortReason(job.options.signal));
    };
    job.options.signal.addEventListener('abort', job.onAbort, { once: true });
    this.#queue.unshift(job);
  }

  #pump(): void {
    while (!this.#closed && this.#queue.length > 0) {
      const child = this.#idleChild();
      if (child === undefined) return;
      const job = this.#queue.shift();
      if (job === undefined) return;
      job.options.signal.removeEventListener('abort', job.onAbort);
      this.#start(child, job);
    }
  }
}
