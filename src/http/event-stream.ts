import type { Response } from 'express';
import { toFootnoteError, toProblem } from '../core/errors.ts';
import type { AnswerEvent } from '../core/nouns.ts';

const KEEP_ALIVE_MS = 10_000;

/**
 * Writes pipeline events as Server-Sent Events (WHATWG HTML, section 9.2). Once the stream has begun
 * a failure can only be an `error` event, whose data is the problem document.
 */
export async function writeEventStream(
  response: Response,
  events: AsyncIterable<AnswerEvent>,
  signal: AbortSignal,
): Promise<void> {
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
  const send = async (event: string, data: unknown): Promise<void> => {
    if (signal.aborted || response.destroyed) return;
    if (!response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)) {
      await new Promise<void>((resolve) => {
        response.once('drain', resolve);
        response.once('close', resolve);
      });
    }
  };
  try {
    for await (const event of events) {
      const { type, ...data } = event;
      await send(type, event.type === 'answer-end' ? event.answer : data);
    }
  } catch (error) {
    if (!signal.aborted) await send('error', toProblem(toFootnoteError(error)));
  } finally {
    clearInterval(keepAlive);
    response.end();
  }
}
