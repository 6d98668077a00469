/** API keys: hashed at rest, compared in constant time. */
import { createHash, randomBytes, scrypt, scryptSync, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import type { NextFunction, Request, Response } from 'express';
import { LRUCache } from 'lru-cache';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { FootnoteError } from '../core/errors.ts';

/** A key's hash: SHA-256 for random keys, scrypt (RFC 7914) for keys that people made up. */
type StoredKey =
  | { readonly kind: 'sha256'; readonly digest: Buffer }
  | { readonly kind: 'scrypt'; readonly salt: Buffer; readonly digest: Buffer };

const SCRYPT_BYTES = 32;
const hashSlowly = promisify(scrypt) as (
  key: string,
  salt: Buffer,
  bytes: number,
) => Promise<Buffer>;
/** Wrong keys of one address in a minute before its unknown keys are no longer looked at. */
const WRONG_KEYS = 20;
/** Unknown keys that are hashed at once, and that may wait for it; each costs some 50 ms of another thread. */
const MOST_WAITING = 16;

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();

/**
 * One entry of the configured keys: `sha256:HEX`, `scrypt:SALT:HASH` (base64url), or a key as it is,
 * which is hashed here and not kept.
 * @throws FootnoteError `config-invalid` for a hash that is not one; the message does not repeat it
 */
function parseKey(entry: string, index: number): StoredKey {
  const wrong = (reason: string): FootnoteError =>
    new FootnoteError(
      'config-invalid',
      `API key ${index + 1}: ${reason}; footnote keys new makes one`,
    );
  if (entry.startsWith('sha256:')) {
    const hex = entry.slice(7);
    if (!/^[0-9a-f]{64}$/iu.test(hex)) throw wrong('sha256: needs 64 hexadecimal digits');
    return { kind: 'sha256', digest: Buffer.from(hex, 'hex') };
  }
  if (entry.startsWith('scrypt:')) {
    const [, salt = '', hash = ''] = entry.split(':');
    const digest = Buffer.from(hash, 'base64url');
    if (salt === '' || digest.length !== SCRYPT_BYTES) throw wrong('scrypt: needs SALT:HASH');
    return { kind: 'scrypt', salt: Buffer.from(salt, 'base64url'), digest };
  }
  return { kind: 'sha256', digest: sha256(entry) };
}

/** A new random key and the two forms in which it can be kept. */
export function newApiKey(): {
  readonly key: string;
  readonly sha256: string;
  readonly scrypt: string;
} {
  const key = `fn_${randomBytes(24).toString('base64url')}`;
  return { key, sha256: `sha256:${sha256(key).toString('hex')}`, scrypt: scryptForm(key) };
}

/** The scrypt form of a key of one's own. */
export function scryptForm(key: string): string {
  const salt = randomBytes(16);
  const hash = scryptSync(key, salt, SCRYPT_BYTES);
  return `scrypt:${salt.toString('base64url')}:${hash.toString('base64url')}`;
}

/** Where the middleware leaves who asks, for rate limits and logs: never the key itself. */
export const CLIENT = 'client';

/**
 * A middleware that wants a known key as `Authorization: Bearer KEY` (or `X-API-Key`, as some agents
 * send it) where any keys are configured, and marks who asks: the key's number, or the address. A key costs
 * this thread one SHA-256; for keys that people made up, scrypt runs on another thread, one key at a time,
 * and each address has a bounded number of wrong ones a minute.
 * @throws FootnoteError `config-invalid` at once; `unauthorized`, `rate-limited`, `overloaded` for a request
 */
export function bearerCheck(keys: readonly string[]) {
  const stored = keys.map((entry, index) => parseKey(entry, index));
  const slow = stored.some(({ kind }) => kind === 'scrypt');
  // scrypt is slow by design: a key that was looked up once is known by its digest afterwards.
  const passed = new LRUCache<string, number>({ max: 1_000 });
  const failed = new LRUCache<string, true>({ max: 1_000 });
  const wrong = new RateLimiterMemory({ points: WRONG_KEYS, duration: 60 });
  let waiting = 0;
  let turn: Promise<unknown> = Promise.resolve();

  const fastIndex = (digest: Buffer): number => {
    let found = -1;
    // All are compared, so that the time does not tell which one was nearly right; the same below.
    for (const [index, key] of stored.entries()) {
      if (key.kind === 'sha256' && timingSafeEqual(key.digest, digest) && found < 0) found = index;
    }
    return found;
  };
  const slowIndex = async (token: string): Promise<number> => {
    let found = -1;
    for (const [index, key] of stored.entries()) {
      if (key.kind !== 'scrypt') continue;
      const made = await hashSlowly(token, key.salt, SCRYPT_BYTES);
      if (timingSafeEqual(key.digest, made) && found < 0) found = index;
    }
    return found;
  };
  const inTurn = async (token: string): Promise<number> => {
    if (waiting >= MOST_WAITING) {
      throw new FootnoteError('overloaded', 'too many unknown keys are being checked', {
        retryAfterSeconds: 2,
      });
    }
    waiting += 1;
    try {
      const mine = turn.then(() => slowIndex(token));
      turn = mine.catch(() => undefined);
      return await mine;
    } finally {
      waiting -= 1;
    }
  };
  const indexOf = async (token: string, address: string): Promise<number> => {
    const digest = sha256(token);
    const fast = fastIndex(digest);
    if (fast >= 0 || !slow) return fast;
    const name = digest.toString('base64');
    const before = passed.get(name);
    if (before !== undefined) return before;
    // Right keys of an address that sent many wrong ones wait as well, unless they are known already.
    const state = await wrong.get(address);
    if (state !== null && state.consumedPoints >= WRONG_KEYS) throw tooMany(state);
    const found = failed.has(name) ? -1 : await inTurn(token);
    if (found >= 0) passed.set(name, found);
    else {
      failed.set(name, true);
      await wrong.consume(address).catch((thrown: unknown) => {
        throw thrown instanceof RateLimiterRes ? tooMany(thrown) : thrown;
      });
    }
    return found;
  };
  return async (request: Request, response: Response, next: NextFunction): Promise<void> => {
    const address = request.socket.remoteAddress ?? '';
    if (stored.length === 0) {
      response.locals[CLIENT] = `address:${address}`;
      next();
      return;
    }
    // The scheme's name has no case (RFC 9110, section 11.1).
    const token =
      /^Bearer +(\S.{0,199})$/iu.exec(request.get('authorization') ?? '')?.[1] ??
      request.get('x-api-key') ??
      '';
    const index = token === '' || token.length > 200 ? -1 : await indexOf(token, address);
    if (index < 0) {
      throw new FootnoteError('unauthorized', 'send a valid key as `Authorization: Bearer KEY`');
    }
    response.locals[CLIENT] = `key:${index}`;
    next();
  };
}

function tooMany({ msBeforeNext }: RateLimiterRes): FootnoteError {
  const seconds = Math.max(1, Math.ceil(msBeforeNext / 1_000));
  return new FootnoteError('rate-limited', `too many wrong keys; wait ${seconds} seconds`, {
    retryAfterSeconds: seconds,
  });
}
