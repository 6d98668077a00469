/**
 * JSON Lines in, JSON Lines out: the frame of the stage commands. One line out for each line in, in
 * order, with the same `id`; a bad line gives an error line and the rest goes on.
 */
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { FootnoteError, toFootnoteError } from '../core/errors.ts';

export interface JsonLine {
  readonly id: unknown;
  readonly [field: string]: unknown;
}

export interface JsonLinesOptions {
  readonly input: Readable;
  readonly output: Writable;
  readonly signal: AbortSignal;
  /** Lines worked on at the same time; the order of the output does not change. */
  readonly concurrency: number;
  readonly work: (line: JsonLine, signal: AbortSignal) => Promise<object> | object;
}

/** @returns how many lines gave an error. Throws only when the input itself cannot be read. */
export async function runJsonLines(options: JsonLinesOptions): Promise<number> {
  const { input, output, signal, concurrency, work } = options;
  let failures = 0;
  const one = async (text: string): Promise<object> => {
    let id: unknown = null;
    try {
      const line = parseLine(text);
      id = line.id ?? null;
      return await work(line, signal);
    } catch (error) {
      failures += 1;
      const typed = toFootnoteError(error);
      return { id, error: { code: typed.code, message: typed.message } };
    }
  };
  /** Ends when the line before has gone out: lines keep their order, and none waits for a later one. */
  let written: Promise<void> = Promise.resolve();
  let open = 0;
  let place: (() => void) | undefined;
  let broken: { readonly error: unknown } | null = null;
  const write = async (before: Promise<void>, result: Promise<object>): Promise<void> => {
    try {
      const line = `${JSON.stringify(await result)}\n`;
      await before;
      if (!output.write(line)) {
        await new Promise<void>((resolve) => output.once('drain', () => resolve()));
      }
    } catch (error) {
      broken ??= { error };
    } finally {
      open -= 1;
      place?.();
    }
  };
  let first = true;
  for await (const raw of createInterface({ input, crlfDelay: Infinity })) {
    const text = first ? raw.replace(/^\uFEFF/u, '') : raw;
    first = false;
    if (text.trim() === '') continue;
    // Back-pressure: no more lines are read than are worked on or wait for the reader.
    while (open >= concurrency) {
      await new Promise<void>((resolve) => {
        place = resolve;
      });
    }
    open += 1;
    written = write(written, one(text));
  }
  await written;
  if (broken !== null) throw (broken as { readonly error: unknown }).error;
  return failures;
}

function parseLine(text: string): JsonLine {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new FootnoteError('bad-json', `not a JSON line: ${(error as Error).message}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new FootnoteError('bad-request', 'a line must be a JSON object');
  }
  return value as JsonLine;
}
