/** API keys: hashed at rest, compared in constant time. */
import { createHash, randomBytes, scryptSync, timingSafeEqual } from 'node:crypto';
import type { NextFunction, Request, Response } from 'express';
import { LRUCache } from 'lru-cache';
import { FootnoteError } from '../core/errors.ts';

/** A key's hash: SHA-256 for random keys, scrypt (RFC 7914) for keys that people made up. */
type StoredKey =
  | { readonly kind: 'sha256'; readonly digest: Buffer }
  | { readonly kind: 'scrypt'; readonly salt: Buffer; readonly digest: Buffer };

const SCRYPT_BYTES = 32;

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
 * send it) where any keys are configured, and marks who asks: the key's number, or the address.
 * @throws FootnoteError `config-invalid` at once, `unauthorized` for a request
 */
export function bearerCheck(keys: readonly string[]) {
  const stored = keys.map((entry, index) => parseKey(entry, index));
  // scrypt is slow by design: a key that passed once is known by its digest afterwards.
  const passed = new LRUCache<string, number>({ max: 1_000 });
  const find = (token: string): number => {
    const digest = sha256(token);
    const name = digest.toString('base64');
    const known = passed.get(name);
    if (known !== undefined) return known;
    let found = -1;
    // All are compared, so that the time does not tell which one was nearly right.
    for (const [index, key] of stored.entries()) {
      const made = key.kind === 'sha256' ? digest : scryptSync(token, key.salt, SCRYPT_BYTES);
      if (timingSafeEqual(key.digest, made) && found < 0) found = index;
    }
    if (found >= 0) passed.set(name, found);
    return found;
  };
  return (request: Request, response: Response, next: NextFunction): void => {
    if (stored.length === 0) {
      response.locals[CLIENT] = `address:${request.socket.remoteAddress ?? ''}`;
      next();
      return;
    }
    const token =
      /^Bearer (.{1,200})$/u.exec(request.get('authorization') ?? '')?.[1] ??
      request.get('x-api-key') ??
      '';
    const index = token === '' || token.length > 200 ? -1 : find(token);
    if (index < 0) {
      throw new FootnoteError('unauthorized', 'send a valid key as `Authorization: Bearer KEY`');
    }
    response.locals[CLIENT] = `key:${index}`;
    next();
  };
}
