import type { Response } from 'express';
import { toFootnoteError, toProblem } from '../core/errors.ts';
import type { AnswerEvent } from '../core/nouns.ts';

const KEEP_ALIVE_MS = 10_000;
/** How long a stream waits for its first event, so that an early failure keeps its HTTP status. */
const PATIENCE_MS = 8_000;

export interface EventStream {
  /** Writes one event's lines (without the blank line); waits while the client reads too slowly. */
  send(lines: string): Promise<void>;
  end(): void;
}

/** Begins a response of Server-Sent Events (WHATWG HTML, section 9.2) with comments as keep-alive. */
export function openEventStream(response: Response): EventStream {
  response.status(200).set({
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    // Proxies that buffer would turn the stream into one late block.
    'x-accel-buffering': 'no',
  });
  response.flushHeaders();
  const keepAlive = setInterval(() => {
    if (!response.writableNeedDrain) response.write(': keep-alive\n\n');
  }, KEEP_ALIVE_MS);
  return {
    send: async (lines) => {
      if (response.destroyed) return;
      if (!response.write(`${lines}\n\n`)) {
        await new Promise<void>((resolve) => {
          response.once('drain', resolve);
          response.once('close', resolve);
        });
      }
    },
    end: () => {
      clearInterval(keepAlive);
      response.end();
    },
  };
}

/** What each event is called and carries on the wire. */
export interface WireEvent {
  readonly event: string;
  readonly data: unknown;
}

/** An answer's events; `answer-end` carries the whole Answer. */
export function answerWire(event: AnswerEvent): WireEvent {
  const { type, ...data } = event;
  return { event: type, data: event.type === 'answer-end' ? event.answer : data };
}

/**
 * Waits until the first event is there, or for some seconds; then all events, from the first.
 * @throws what the events throw in that time
 */
export async function firstEvent<Event>(
  events: AsyncIterable<Event>,
): Promise<AsyncIterable<Event>> {
  const iterator = events[Symbol.asyncIterator]();
  const first = iterator.next();
  let timer: NodeJS.Timeout | undefined;
  const waited = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, PATIENCE_MS);
  });
  try {
    await Promise.race([first, waited]);
  } finally {
    clearTimeout(timer);
  }
  return (async function* () {
    try {
      for (let step = await first; step.done !== true; step = await iterator.next()) {
        yield step.value;
      }
    } finally {
      await iterator.return?.();
    }
  })();
}

/**
 * Writes events as Server-Sent Events. Once the stream has begun a failure can only be an
 * `error` event, whose data is the problem document.
 */
export async function writeEventStream<Event>(
  response: Response,
  events: AsyncIterable<Event>,
  toWire: (event: Event) => WireEvent,
  signal: AbortSignal,
): Promise<void> {
  const started = await firstEvent(events);
  const stream = openEventStream(response);
  const send = async (event: string, data: unknown): Promise<void> => {
    if (!signal.aborted) await stream.send(`event: ${event}\ndata: ${JSON.stringify(data)}`);
  };
  try {
    for await (const event of started) {
      const { event: name, data } = toWire(event);
      await send(name, data);
    }
  } catch (error) {
    await send('error', toProblem(toFootnoteError(error)));
  } finally {
    stream.end();
  }
}
