/**
 * A fetcher on the loopback web, and what its tests share: everything opened is closed after the test.
 */
import { setMaxListeners } from 'node:events';
import { afterEach, expect } from 'vitest';
import { HttpFetcher, type HttpFetcherOptions } from '../../retriever/fetch/http-fetcher.ts';
import type { Resolve } from '../../retriever/fetch/checked-resolver.ts';
import { parseFetchAllow } from '../../retriever/fetch/guard-policy.ts';
import {
  makeGuardedDispatcher,
  type GuardedDispatcher,
} from '../../retriever/fetch/guarded-dispatcher.ts';
import { Robots } from '../../retriever/fetch/robots.ts';
import type { ProxySettings } from '../../src/core/proxy-settings.ts';
import { FootnoteError } from '../../src/core/errors.ts';
import { startLoopbackWeb, type LoopbackWeb, type LoopbackWebOptions } from '../loopback-web.ts';

export const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** A loopback web that is closed after the test. */
export async function openWeb(options: LoopbackWebOptions = {}): Promise<LoopbackWeb> {
  const web = await startLoopbackWeb(options);
  closing.unshift(() => web.close());
  return web;
}

export interface FetcherSetup extends Partial<HttpFetcherOptions> {
  readonly allow: readonly string[];
  readonly resolve?: Resolve;
  readonly ca?: string;
  readonly proxy?: ProxySettings;
}

/** A fetcher that may reach what `allow` lists, with robots.txt and short deadlines. */
export function makeFetcher(setup: FetcherSetup): {
  fetcher: HttpFetcher;
  dispatcher: GuardedDispatcher;
} {
  const { allow, resolve, ca, proxy, ...options } = setup;
  const dispatcher = makeGuardedDispatcher({ policy: parseFetchAllow(allow), resolve, ca, proxy });
  closing.unshift(() => dispatcher.close());
  const fetcher = new HttpFetcher({
    dispatcher,
    robots: new Robots({ dispatcher, timeoutMs: 1_000 }),
    maxBytes: 1_000_000,
    timeoutMs: 5_000,
    ...options,
  });
  return { fetcher, dispatcher };
}

/** A signal that never aborts. */
export const never = new AbortController().signal;
setMaxListeners(0, never);

/** The typed error that a promise rejects with; anything else fails the test. */
export async function failure(promise: Promise<unknown>): Promise<FootnoteError> {
  try {
    await promise;
  } catch (error) {
    expect(error).toBeInstanceOf(FootnoteError);
    return error as FootnoteError;
  }
  throw new Error('nothing was thrown');
}

export const textOf = (body: Uint8Array): string => Buffer.from(body).toString('utf8');
