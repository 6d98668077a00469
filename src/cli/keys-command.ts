import type { Writable } from 'node:stream';
import { newApiKey, scryptForm } from '../http/bearer-check.ts';

/**
 * `footnote keys new`: prints a new random key once, and its hash for `FOOTNOTE_API_KEYS`. With `own` the
 * scrypt form of a key that was made up elsewhere; the key itself is not printed.
 */
export function keysNewCommand(
  options: { readonly json?: boolean; readonly own?: string | undefined },
  stdout: Writable,
): void {
  const made =
    options.own === undefined ? newApiKey() : { key: null, stored: scryptForm(options.own) };
  const key = made.key;
  const stored = 'sha256' in made ? made.sha256 : made.stored;
  if (options.json === true) {
    stdout.write(`${JSON.stringify({ ...(key === null ? {} : { key }), stored })}\n`);
    return;
  }
  if (key !== null) stdout.write(`key, shown only now:  ${key}\n`);
  stdout.write(`for FOOTNOTE_API_KEYS: ${stored}\n`);
}
