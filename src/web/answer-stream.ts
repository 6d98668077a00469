/** Asks the service and yields its events; failures are typed by what the page does about them. */
import type { AnswerEvent } from '../core/nouns.ts';
import { ServerEventParser } from './server-events.ts';

/** The service sends a comment at least every 10 s: silence of this length is a dead line. */
const SILENCE_MS = 35_000;

export interface ChatTurn {
  readonly role: 'user' | 'assistant';
  readonly content: string;
}

export interface AskBody {
  readonly question: string;
  /** The conversation before this question, oldest first. */
  readonly messages?: readonly ChatTurn[];
  /** What the browser tells of who asks: what "today" means. */
  readonly asker?: { readonly language: string; readonly timezone: string };
}

/** What the page shows of an RFC 9457 problem document. */
export interface ShownProblem {
  readonly code: string;
  readonly detail: string;
  readonly retryable: boolean;
  readonly retryAfterSeconds: number | null;
}

export class ProblemError extends Error {
  readonly problem: ShownProblem;

  constructor(problem: ShownProblem) {
    super(problem.detail);
    this.problem = problem;
  }
}

/** The network went away before the answer was whole. */
export class ConnectionLost extends Error {}

/**
 * Streams one answer. The last event is `answer-end`.
 * @throws ProblemError, ConnectionLost; whatever the signal was aborted with
 */
export async function* streamAnswer(
  body: AskBody,
  options: { readonly signal: AbortSignal; readonly apiKey: string | null },
): AsyncGenerator<AnswerEvent> {
  const line = new AbortController();
  const stop = (): void => {
    line.abort();
  };
  options.signal.addEventListener('abort', stop, { once: true });
  let timer: ReturnType<typeof setTimeout> | undefined;
  const alive = (): void => {
    clearTimeout(timer);
    timer = setTimeout(stop, SILENCE_MS);
  };
  try {
    alive();
    const response = await fetch('v1/answer', {
      method: 'POST',
      signal: line.signal,
      headers: {
        'content-type': 'application/json',
        accept: 'text/event-stream',
        ...(options.apiKey === null ? {} : { authorization: `Bearer ${options.apiKey}` }),
      },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new ProblemError(await readProblem(response));
    if (response.body === null) throw new ConnectionLost();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    const parser = new ServerEventParser();
    for (;;) {
      const { value, done } = await reader.read();
      if (done) throw new ConnectionLost();
      alive();
      for (const { event, data } of parser.push(value)) {
        const parsed = JSON.parse(data) as Record<string, unknown>;
        if (event === 'error') throw new ProblemError(toProblem(parsed, 500));
        if (event === 'answer-end') {
          yield { type: event, answer: parsed } as unknown as AnswerEvent;
          return;
        }
        yield { type: event, ...parsed } as unknown as AnswerEvent;
      }
    }
  } catch (error) {
    if (options.signal.aborted || error instanceof ProblemError) throw error;
    throw new ConnectionLost();
  } finally {
    clearTimeout(timer);
    options.signal.removeEventListener('abort', stop);
    // However the reader left (an error, a break), the service must not work for nobody.
    stop();
  }
}

async function readProblem(response: Response): Promise<ShownProblem> {
  try {
    return toProblem((await response.json()) as Record<string, unknown>, response.status);
  } catch {
    // A proxy's own error page.
    const detail = `HTTP ${response.status} ${response.statusText}`.trim();
    return {
      code: response.status === 413 ? 'body-too-large' : 'other',
      detail,
      retryable: response.status >= 500 || response.status === 429,
      retryAfterSeconds: Number(response.headers.get('retry-after')) || null,
    };
  }
}

function toProblem(body: Record<string, unknown>, status: number): ShownProblem {
  const wait = body['retry_after_seconds'];
  return {
    code: typeof body['code'] === 'string' ? body['code'] : 'other',
    detail: typeof body['detail'] === 'string' ? body['detail'] : `HTTP ${status}`,
    retryable: body['retryable'] === true,
    retryAfterSeconds: typeof wait === 'number' ? wait : null,
  };
}
