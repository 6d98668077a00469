/** CORS (WHATWG Fetch, section 3.2), closed unless origins are configured. */
import type { NextFunction, Request, Response } from 'express';

/**
 * A middleware that lets pages of the named origins read responses, and answers their preflights.
 * Without origins no CORS header is ever sent. Credentials are never allowed: keys go in a header.
 * @param origins exact origins such as `https://app.example.org`; `*` is any
 */
export function crossOrigin(origins: readonly string[]) {
  const any = origins.includes('*');
  return (request: Request, response: Response, next: NextFunction): void => {
    if (origins.length === 0) {
      next();
      return;
    }
    response.vary('origin');
    const origin = request.get('origin');
    const allowed = origin !== undefined && (any || origins.includes(origin));
    if (allowed) {
      response.set({
        'access-control-allow-origin': any ? '*' : origin,
        'access-control-expose-headers':
          'x-request-id, retry-after, ratelimit, ratelimit-policy, x-ratelimit-limit, x-ratelimit-remaining, x-ratelimit-reset',
      });
    }
    const preflight =
      request.method === 'OPTIONS' && request.get('access-control-request-method') !== undefined;
    if (!allowed || !preflight) {
      next();
      return;
    }
    response
      .set({
        'access-control-allow-methods': 'GET, POST',
        'access-control-allow-headers':
          request.get('access-control-request-headers') ?? 'authorization, content-type',
        'access-control-max-age': '600',
      })
      .status(204)
      .end();
  };
}
