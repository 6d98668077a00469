/** Requests a minute of one key, or of one address where no keys are wanted. */
import type { NextFunction, Request, Response } from 'express';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { FootnoteError } from '../core/errors.ts';
import { CLIENT } from './bearer-check.ts';

const WINDOW_SECONDS = 60;

/**
 * A middleware after `bearerCheck`. Each response tells the limit in the `RateLimit` fields of the
 * IETF draft (draft-ietf-httpapi-ratelimit-headers) and in the older `X-RateLimit-*`.
 * @param perMinute 0: no limit
 * @throws FootnoteError `rate-limited` with the seconds to wait
 */
export function rateLimit(perMinute: number) {
  const limiter = new RateLimiterMemory({
    points: Math.max(1, perMinute),
    duration: WINDOW_SECONDS,
  });
  return async (_: Request, response: Response, next: NextFunction): Promise<void> => {
    if (perMinute === 0) {
      next();
      return;
    }
    let state: RateLimiterRes;
    let refused = false;
    try {
      state = await limiter.consume(String(response.locals[CLIENT]));
    } catch (thrown) {
      if (!(thrown instanceof RateLimiterRes)) throw thrown;
      [state, refused] = [thrown, true];
    }
    const seconds = Math.max(1, Math.ceil(state.msBeforeNext / 1_000));
    response.set({
      'RateLimit-Policy': `"default";q=${perMinute};w=${WINDOW_SECONDS}`,
      RateLimit: `"default";r=${state.remainingPoints};t=${seconds}`,
      'X-RateLimit-Limit': String(perMinute),
      'X-RateLimit-Remaining': String(state.remainingPoints),
      'X-RateLimit-Reset': String(seconds),
    });
    if (refused) {
      throw new FootnoteError(
        'rate-limited',
        `more than ${perMinute} requests in a minute; wait ${seconds} seconds`,
        { retryAfterSeconds: seconds },
      );
    }
    next();
  };
}
